"""Cache of verified tokens: to check a signature takes longer than a small answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from hashlib import sha256

from gateway.auth.grants import Grant
from gateway.auth.token_keys import TokenKey
from gateway.auth.viewer import Viewer
from gateway.bounded_cache import BoundedCache

#: What a token that was verified takes up in memory: its digest, the viewer and their names.
_ENTRY_BYTES = 1_000


class VerifiedTokens:
    """Caches at most ``capacity`` tokens, by their digest, each until it expires.

    A token counts only as long as the key that has verified it does: a key that is taken away takes
    its tokens along at once. ``now`` gives seconds since the epoch.
    """

    def __init__(self, now: Callable[[], float], capacity: int = 1000) -> None:
        self._now = now
        self._grants: BoundedCache[bytes, Grant] = BoundedCache(_ENTRY_BYTES * capacity)

    @property
    def size(self) -> int:
        """The estimated memory of the cache, in bytes."""
        return self._grants.size

    def grant_of(self, token: str, keys: Iterable[TokenKey]) -> Grant | None:
        """The grant of a token that one of these keys has verified and that is still good."""
        digest = _digest(token)
        grant = self._grants.get(digest)
        if grant is None:
            return None
        if self.holds(grant, keys):
            return grant
        self._grants.drop(digest)
        return None

    def holds(self, grant: Grant, keys: Iterable[TokenKey]) -> bool:
        """Whether a token is still good that one of these keys has verified."""
        if grant.until is None or self._now() >= grant.until:
            return False
        for key in keys:  # noqa: SIM110 (`any` takes longer than all of it)
            if grant.key is key:
                return True
        return False

    def add(self, token: str, viewer: Viewer, key: TokenKey, until: float) -> Grant:
        """Add a token that this key has verified, until it expires."""
        grant = Grant(viewer, key, until)
        self._grants.put(_digest(token), grant, _ENTRY_BYTES)
        return grant


def _digest(token: str) -> bytes:
    # Tokens are secrets: none is stored.
    return sha256(token.encode()).digest()
