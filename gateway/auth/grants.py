"""Grants: what a credential allowed, stored to check later whether it still does.

A grant holds no secret. Whoever answers somebody for a long time keeps it in place of the
credential.
"""

from __future__ import annotations

from typing import NamedTuple

from gateway.auth.token_keys import TokenKey
from gateway.auth.viewer import Viewer


class Grant(NamedTuple):
    """A token that ``key`` has verified is good ``until`` an instant in seconds since the epoch.

    An API key, which the viewer names, has neither, nor has the owner of a server.
    """

    viewer: Viewer
    key: TokenKey | None = None
    until: float | None = None

    def __hash__(self) -> int:
        # Public keys cannot be hashed.
        return hash((self.viewer, self.until))
