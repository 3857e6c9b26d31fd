"""The bearer token of whoever asks, for the one service that it may be forwarded to.

Only a gateway whose groups are led elsewhere keeps it, for as long as a request takes and beside
the viewer: viewers are kept in caches, where no token belongs.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import NoReturn

from gateway.auth.viewer import Viewer


class Bearer:
    """A token that has verified here, and whose it is. It shows and copies itself to nobody."""

    __slots__ = ("_token", "_user_id")

    def __init__(self, user_id: int, token: str) -> None:
        self._user_id = user_id
        self._token = token

    def of(self, viewer: Viewer) -> str | None:
        """The token, if it is this viewer's own; a machine has none."""
        is_own = viewer.id == self._user_id and not viewer.only_reads
        return self._token if is_own else None

    def __repr__(self) -> str:
        return "Bearer(…)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("A token is not to be copied.")


_SENT: ContextVar[Bearer | None] = ContextVar("bearer", default=None)


def keep_bearer(bearer: Bearer | None) -> None:
    """Keep the token of the request that is answered now, in place of any other."""
    _SENT.set(bearer)


def bearer_of(viewer: Viewer) -> str | None:
    """The token that the viewer has sent with this request; None without one to be forwarded."""
    sent = _SENT.get()
    return None if sent is None else sent.of(viewer)
