"""Authenticator: identifies the viewer of a request by its headers."""

from __future__ import annotations

from collections.abc import Iterable
from types import TracebackType
from typing import Self

from gateway.auth.api_key_uses import ApiKeyUses
from gateway.auth.api_keys import ApiKeys
from gateway.auth.bearer import Bearer, store_bearer
from gateway.auth.credentials import sent_credential
from gateway.auth.grants import Grant
from gateway.auth.key_ring import KeyRing
from gateway.auth.owner import Owner
from gateway.auth.tokens import TokenVerifier
from gateway.auth.unverified import UnknownKey, Unverified, Wrong
from gateway.auth.viewer import ANONYMOUS, Viewer
from gateway.errors import Unavailable


class Authenticator:
    """Verifies tokens with the keys of ``ring``, through ``tokens``, API keys, and an ``owner``.

    Entered while the server runs: it refreshes the ring, and finishes writing uses. With
    ``forwards_bearers`` a verified token may be forwarded for as long as its request takes.
    """

    def __init__(
        self,
        tokens: TokenVerifier,
        ring: KeyRing,
        api_keys: ApiKeys,
        uses: ApiKeyUses,
        owner: Owner | None = None,
        *,
        forwards_bearers: bool = False,
    ) -> None:
        self._tokens = tokens
        self._ring = ring
        self._api_keys = api_keys
        self._uses = uses
        self._owner = owner
        self._forwards_bearers = forwards_bearers

    @property
    def cached_bytes(self) -> int:
        """The estimated memory of verified tokens, in bytes."""
        return self._tokens.cached_bytes

    async def identify(self, headers: Iterable[tuple[str, str]]) -> Viewer:
        """The viewer of a request with these header lines, their names in lower case.

        Without credentials the anonymous one; Unverified, always alike, if what was sent does
        not verify; Unavailable if it cannot be verified yet: an issuer's keys were never loaded.
        """
        if self._forwards_bearers:
            store_bearer(None)
        credential = sent_credential(headers)
        if credential is None:
            return ANONYMOUS
        if credential.is_api_key:
            return await self._api_keys.verify(credential.text)
        if self._owner is not None and self._owner.sent(credential.text):
            return self._owner.viewer
        try:
            viewer = self._tokens.verify(credential.text)
        except UnknownKey as unknown:
            viewer = await self._verify_with_new_keys(credential.text, unknown)
        if self._forwards_bearers and viewer.id is not None:
            store_bearer(Bearer(viewer.id, credential.text))
        return viewer

    def grant(self, headers: Iterable[tuple[str, str]], viewer: Viewer) -> Grant | None:
        """The grant of the credentials in these header lines, whose ``viewer`` was just identified.

        None without credentials; Unverified if they do not verify any more.
        """
        credential = sent_credential(headers)
        if credential is None:
            return None
        if credential.is_api_key or (self._owner and self._owner.sent(credential.text)):
            return Grant(viewer)
        return self._tokens.grant(credential.text)

    def is_expired(self, grant: Grant) -> bool:
        """Whether a token has expired since, or the key that has signed it is no longer trusted.

        Never for an API key, nor for the owner.
        """
        return grant.key is not None and not self._tokens.holds(grant)

    async def api_keys_in_use(self) -> set[str]:
        """The ids of all API keys that are not revoked; read in one statement."""
        return await self._api_keys.in_use()

    async def check_ready(self) -> None:
        """Return if tokens can be verified; Unavailable before each issuer's keys are loaded."""
        if not self._ring.is_complete:
            # Load them now: otherwise they would be missing until a token comes.
            await self._ring.look_for(None)
        if not self._ring.is_complete:
            raise Unavailable("The gateway has no keys yet to verify tokens with.")

    async def _verify_with_new_keys(self, token: str, unknown: UnknownKey) -> Viewer:
        changed = await self._ring.look_for(unknown.kid)
        try:
            if changed:
                return self._tokens.verify(token)
        except UnknownKey:
            pass
        if not self._ring.is_complete:
            raise Unavailable("The gateway cannot verify tokens at the moment: try again later.")
        raise Unverified(Wrong.KEY)

    async def __aenter__(self) -> Self:
        await self._ring.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._ring.__aexit__(kind, error, trace)
        await self._uses.close()
