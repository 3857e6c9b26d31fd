"""Revocations: which grants have expired or been revoked, looked up for many at once."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from gateway.auth.authenticator import Authenticator
from gateway.auth.grants import Grant
from gateway.auth.viewer import Viewer
from gateway.changes.entity import SITE
from gateway.changes.feed import ChangeFeed
from gateway.changes.position import LogPosition
from gateway.directory.erased_users import ErasedUsers


class Revocations:
    """Revocations as of the state that the change feed ``changes`` has read last."""

    def __init__(
        self, authenticator: Authenticator, erased: ErasedUsers, changes: ChangeFeed
    ) -> None:
        self._authenticator = authenticator
        self._erased = erased
        self._changes = changes
        self._keys_in_use: set[str] = set()
        self._keys_read_at: LogPosition | None = None

    def grant(self, headers: Iterable[tuple[str, str]], viewer: Viewer) -> Grant | None:
        """The grant of the credentials in these header lines, whose ``viewer`` was just identified.

        None without credentials; Unauthenticated if they do not verify any more.
        """
        return self._authenticator.grant(headers, viewer)

    def expired(self, grants: Iterable[Grant]) -> list[Grant]:
        """Those whose token has expired, or was signed by a key that is no longer trusted."""
        return [grant for grant in grants if self._authenticator.is_expired(grant)]

    async def ended(self, grants: Collection[Grant]) -> list[Grant]:
        """Those whose volunteer was erased, or whose API key was revoked.

        One statement for all API keys, if anything was written since it was asked last, and one
        for all volunteers, if anybody was erased. Unavailable if the database cannot tell.
        """
        users = {grant.viewer.id for grant in grants if grant.viewer.id is not None}
        keys = {grant.viewer.api_key_id for grant in grants if grant.viewer.api_key_id is not None}
        erased = await self._erased.among(users) if users else set()
        revoked = keys - await self._api_keys_in_use() if keys else set()
        if not erased and not revoked:
            return []
        return [
            grant
            for grant in grants
            if grant.viewer.id in erased or grant.viewer.api_key_id in revoked
        ]

    async def _api_keys_in_use(self) -> set[str]:
        # What is read is no older than this.
        position = self._changes.position
        read_at = self._keys_read_at
        if (
            read_at is None
            or not self._changes.is_readable()
            or not self._changes.holds((SITE,), read_at)
        ):
            self._keys_in_use = await self._authenticator.api_keys_in_use()
        self._keys_read_at = position
        return self._keys_in_use
