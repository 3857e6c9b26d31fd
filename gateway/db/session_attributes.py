"""Target session attributes (``target_session_attrs``): the role that a host must have."""

from __future__ import annotations

from typing import Literal

SessionAttribute = Literal["any", "read-write", "read-only", "primary", "standby", "prefer-standby"]
