"""What a server must be to be the right one among several hosts (``target_session_attrs``)."""

from __future__ import annotations

from typing import Literal

SessionAttribute = Literal["any", "read-write", "read-only", "primary", "standby", "prefer-standby"]
