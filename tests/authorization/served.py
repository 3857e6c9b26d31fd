"""A server process over the filled database, with real tokens and API keys for everybody."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from gateway.auth.api_keys import NewApiKey, new_api_key
from gateway.auth.viewer import Scope
from gateway.db import open_database
from gateway.directory.api_keys import add_api_key, revoke_api_key
from tests.auth.conftest import Pair, pair
from tests.auth.signing import payload, seconds_from_now, signed
from tests.authorization.people import ASKING, fill
from tests.server import serving
from tests.valid import valid_response


class Served(NamedTuple):
    """The endpoint, and what to send it to be somebody."""

    url: str
    credentials: dict[str, str | None]

    def headers(self, asking: str) -> dict[str, str]:
        credential = self.credentials[asking]
        return {} if credential is None else {"authorization": f"Bearer {credential}"}

    def post(
        self,
        query: str,
        asking: str = "anonymous",
        variables: dict[str, Any] | None = None,
        **headers: str,
    ) -> httpx.Response:
        """What somebody is answered; headers replace those that carry their credentials."""
        body = {"query": query, "variables": variables}
        headers = self.headers(asking) | headers
        return valid_response(httpx.post(self.url, json=body, headers=headers, timeout=60))


@contextmanager
def served_to_everybody(folder: Path) -> Iterator[Served]:
    """A server in ``folder``, also with a key that is revoked and a token that has expired."""
    ours = pair()
    (folder / "public.pem").write_bytes(ours.public_pem)
    now_us = time.time_ns() // 1000
    keys = {
        name: new_api_key(name, viewer.scopes, now_us)
        for name, viewer in ASKING.items()
        if viewer.api_key_id is not None
    }
    keys["revoked API key"] = new_api_key("revoked", [Scope.STATS_READ], now_us)
    asyncio.run(_store(f"sqlite:///{folder}/served.db", keys, now_us))
    credentials = {"anonymous": None, **tokens_of(ours), **{k: key.text for k, key in keys.items()}}
    settings = {
        "STATS_GATEWAY_JWT_PUBLIC_KEY_FILE": f"{folder}/public.pem",
        # Documents of the tests ask for whole types at once.
        "STATS_GATEWAY_COST_LIMIT": "2000000",
    }
    with serving(folder, **settings) as server:
        yield Served(server.url, credentials)


async def _store(url: str, keys: dict[str, NewApiKey], now_us: int) -> None:
    async with open_database(url) as database:
        await database.migrate()
        await fill(database)
        for key in keys.values():
            await database.write(lambda connection, key=key: add_api_key(connection, key.stored))
        await database.write(lambda connection: revoke_api_key(connection, "revoked", now_us))


def tokens_of(ours: Pair) -> dict[str, str]:
    """A token of everybody who has one, and one that has expired."""
    claims = {
        name: {"id": viewer.id, "login": f"user-{viewer.id}", "admin": viewer.is_site_admin}
        for name, viewer in ASKING.items()
        if viewer.id is not None
    }
    expired = signed(ours, payload(claims["site admin"], exp=seconds_from_now(-60)))
    tokens = {name: signed(ours, payload(one)) for name, one in claims.items()}
    return {**tokens, "expired token": expired}
