"""Tokens that were verified before: looking at a signature takes longer than a small answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from hashlib import sha256
from typing import NamedTuple

from gateway.auth.token_keys import TokenKey
from gateway.auth.viewer import Viewer
from gateway.bounded_cache import BoundedCache

#: What a token that was verified takes up in memory: its digest, the viewer and their names.
_ENTRY_BYTES = 1_000


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
        self._known: BoundedCache[bytes, _Verified] = BoundedCache(_ENTRY_BYTES * capacity)

    @property
    def size(self) -> int:
        """The bytes of what is remembered, by estimate."""
        return self._known.size

    def viewer_of(self, token: str, keys: Iterable[TokenKey]) -> Viewer | None:
        """The viewer of a token that one of these keys has verified and that is still good."""
        digest = _digest(token)
        known = self._known.get(digest)
        if known is None:
            return None
        if self._now() < known.until:
            for key in keys:
                if known.key is key:
                    return known.viewer
        self._known.drop(digest)
        return None

    def add(self, token: str, viewer: Viewer, key: TokenKey, until: float) -> None:
        """Remember a token that this key has verified, until then."""
        self._known.put(_digest(token), _Verified(viewer, key, until), _ENTRY_BYTES)


def _digest(token: str) -> bytes:
    # Tokens are secrets: none is kept.
    return sha256(token.encode()).digest()
