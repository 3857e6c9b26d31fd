"""Tokens that were verified before: looking at a signature takes longer than a small answer."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from hashlib import sha256
from typing import NamedTuple

from gateway.auth.token_keys import TokenKey
from gateway.auth.viewer import Viewer


class _Verified(NamedTuple):
    viewer: Viewer
    key: TokenKey
    until: float


class VerifiedTokens:
    """Remembers at most ``capacity`` tokens, by their digest, each until it expires.

    A token counts only as long as the key that has verified it does: a key that is taken away takes
    its tokens along at once. ``now`` gives seconds since the epoch.
    """

    def __init__(self, now: Callable[[], float], capacity: int = 1000) -> None:
        self._now = now
        self._capacity = capacity
        self._known: OrderedDict[bytes, _Verified] = OrderedDict()

    def viewer_of(self, token: str, keys: Iterable[TokenKey]) -> Viewer | None:
        """The viewer of a token that one of these keys has verified and that is still good."""
        digest = _digest(token)
        known = self._known.get(digest)
        if known is None:
            return None
        if self._now() >= known.until or not any(known.key is key for key in keys):
            del self._known[digest]
            return None
        self._known.move_to_end(digest)
        return known.viewer

    def add(self, token: str, viewer: Viewer, key: TokenKey, until: float) -> None:
        """Remember a token that this key has verified, until then."""
        self._known[_digest(token)] = _Verified(viewer, key, until)
        if len(self._known) > self._capacity:
            self._known.popitem(last=False)


def _digest(token: str) -> bytes:
    # Tokens are secrets: none is kept.
    return sha256(token.encode()).digest()
