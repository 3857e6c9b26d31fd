"""Bearer token of the current request, for the one service that it may be forwarded to.

Only a gateway whose groups are led elsewhere keeps it, for as long as a request takes and beside
the viewer: viewers are kept in caches, where no token belongs.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NoReturn

from gateway.auth.viewer import Viewer


class Bearer:
    """A verified token and its user's id. It cannot be printed or copied."""

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


class _RequestBearer:
    """Holds the token of one request until the request is over."""

    __slots__ = ("bearer", "is_over")

    def __init__(self) -> None:
        self.bearer: Bearer | None = None
        self.is_over = False


_REQUEST_BEARER: ContextVar[_RequestBearer | None] = ContextVar("bearer", default=None)


@contextmanager
def bearer_scope() -> Iterator[None]:
    """A scope that stores the token verified inside, for requests made inside, and no longer.

    Tasks that begin inside and go on afterwards find none: they share the holder, which is empty.
    """
    holder = _RequestBearer()
    before = _REQUEST_BEARER.set(holder)
    try:
        yield
    finally:
        holder.bearer, holder.is_over = None, True
        _REQUEST_BEARER.reset(before)


def store_bearer(bearer: Bearer | None) -> None:
    """Store the token of the current request, instead of any other.

    Outside of ``bearer_scope`` nothing is stored.
    """
    holder = _REQUEST_BEARER.get()
    if holder is not None and not holder.is_over:
        holder.bearer = bearer


def bearer_of(viewer: Viewer) -> str | None:
    """The token that the viewer has sent with this request; None without one to be forwarded."""
    holder = _REQUEST_BEARER.get()
    return None if holder is None or holder.bearer is None else holder.bearer.of(viewer)
