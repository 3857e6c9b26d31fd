"""A gateway with live answers, whose keys and clock a test moves, and credentials for it."""

from __future__ import annotations

from typing import Any

from gateway.auth.api_key_uses import ApiKeyUses
from gateway.auth.api_keys import ApiKeys, new_api_key
from gateway.auth.authenticator import Authenticator
from gateway.auth.key_ring import KeyRing, KeySource
from gateway.auth.revocations import Revocations
from gateway.auth.token_keys import TokenKey
from gateway.auth.tokens import TokenVerifier
from gateway.auth.viewer import Scope
from gateway.db import Database
from gateway.directory.api_keys import add_api_key
from gateway.graphql.documents.request import GraphQLRequest
from gateway.graphql.live.live_answers import LiveAnswers
from gateway.graphql.live.stream import LiveStream
from gateway.telemetry.record import RequestRecord
from tests.auth.conftest import Pair
from tests.auth.signing import payload, seconds_from_now, signed
from tests.graphql.cached_gateway import Gateway
from tests.graphql.live.followers import NEVER

NOW_US = 1_700_000_000_000_000

#: Header lines that carry a credential.
Lines = tuple[tuple[str, str], ...]


class World:
    """Its gateway, authenticator and live answers are to be entered; ticks come when called."""

    def __init__(self, database: Database, *keys: TokenKey) -> None:
        self.database = database
        self.keys = list(keys)
        #: Seconds by which the clock of tokens is ahead.
        self.passed = 0.0
        self.gateway = Gateway(database)
        self.source = KeySource(
            lambda: list(self.keys), every_seconds=3600, pause_seconds=10, timeout_seconds=5
        )
        ring, uses = KeyRing([self.source]), ApiKeyUses(database)
        tokens = TokenVerifier(ring, now=lambda: seconds_from_now(0) + self.passed)
        self.authenticator = Authenticator(
            tokens, ring, ApiKeys(database, uses, lambda: NOW_US), uses
        )
        revocations = Revocations(self.authenticator, self.gateway.erased, self.gateway.changes)
        self.live = LiveAnswers(
            self.gateway.executor.live,
            self.gateway.changes,
            lambda: self.gateway.now,
            NEVER,
            revocations,
        )

    async def open(self, selection: str, lines: Lines = ()) -> LiveStream:
        """A stream of whoever has these credentials."""
        viewer = await self.authenticator.identify(lines)
        request = GraphQLRequest(f"subscription {{ live {{ {selection} }} }}")
        stream: Any = await self.live.open(request, viewer, lines, RequestRecord("", "POST"))
        assert isinstance(stream, LiveStream), stream
        return stream


def bearer(key: Pair, user_id: int = 7, seconds: int = 3600) -> Lines:
    """A token of a volunteer that expires in so many seconds."""
    content = payload({"id": user_id, "login": None, "dname": None}, exp=seconds_from_now(seconds))
    return (("authorization", f"Bearer {signed(key, content)}"),)


async def api_key(database: Database, name: str) -> Lines:
    """A new API key that sees everything."""
    made = new_api_key(name, [Scope.STATS_READ], NOW_US)
    await database.write(lambda connection: add_api_key(connection, made.stored))
    return (("authorization", f"Bearer {made.text}"),)
