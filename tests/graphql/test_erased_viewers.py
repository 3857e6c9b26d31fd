"""Whoever was erased is refused from then on, whatever answers it and however often they ask."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.auth.keys import write_new_keys
from gateway.auth.tokens import issue_token
from gateway.db import Database, open_database
from gateway.directory.erase_user import erase_user
from gateway.graphql.execution.preparation import Preparation
from tests.events_of import classification, store
from tests.graphql.copies import SITE, URL, Clock, filled_gateway

ME = "{ me { id login } }"
NOTHING_READ = "{ __typename }"
REFUSED = "The account of this token was erased."
PARTS = {"accept": "multipart/mixed, application/json"}

Client = httpx.AsyncClient


@pytest.fixture
def clock() -> Clock:
    clock = Clock()
    clock.now = datetime.now(UTC).replace(hour=12)
    return clock


@pytest.fixture
def keys(tmp_path: Path) -> Any:
    return write_new_keys(tmp_path / "keys")


@pytest.fixture
async def client(
    request: pytest.FixtureRequest, database_url: str, clock: Clock, keys: Any
) -> AsyncIterator[Client]:
    caches = getattr(request, "param", {})
    async with filled_gateway(
        clock,
        database_url=database_url,
        jwt_public_key_file=str(keys.public),
        groups="own",
        incremental_delivery=True,
        **caches,
    ) as client:
        yield client


@pytest.fixture
async def database(database_url: str, client: Client) -> AsyncIterator[Database]:
    """The same database as another process opens it."""
    async with open_database(database_url) as database:
        yield database


@pytest.fixture
def signed_in(keys: Any) -> dict[str, str]:
    token = issue_token(
        keys.private.read_bytes(), 2, "ada", None, False, datetime.now(UTC) + timedelta(hours=1)
    )
    return {"authorization": f"Bearer {token}"}


async def erase(database: Database) -> None:
    await database.write(partial(erase_user, user_id=2))


async def post(client: Client, query: str, headers: dict[str, str]) -> httpx.Response:
    return await client.post(URL, json={"query": query}, headers=headers)


def refusal(response: httpx.Response) -> tuple[int, str, str]:
    ((error),) = response.json()["errors"]
    assert "data" not in response.json()
    return response.status_code, error["extensions"]["code"], error["message"]


@pytest.mark.parametrize(
    "client",
    [{}, {"answer_cache_bytes": 0}, {"answer_cache_bytes": 0, "cache_bytes": 0}],
    indirect=True,
    ids=["cached", "without-answers", "uncached"],
)
@pytest.mark.parametrize("query", [ME, SITE, NOTHING_READ])
async def test_the_first_query_after_the_erasure_is_refused(
    client: Client, database: Database, signed_in: dict[str, str], query: str
) -> None:
    for _ in range(3):
        assert (await post(client, query, signed_in)).status_code == 200
    await erase(database)
    for _ in range(3):
        response = await post(client, query, signed_in)
        assert refusal(response) == (401, "UNAUTHENTICATED", REFUSED)
    assert (await post(client, query, {})).status_code == 200


async def test_what_another_writes_meanwhile_leads_nobody_past_it(
    client: Client, database: Database, signed_in: dict[str, str]
) -> None:
    await post(client, SITE, signed_in)
    await erase(database)
    await store(database, classification(99))
    # An answer that everybody shares is in the cache again.
    for _ in range(2):
        await post(client, SITE, {})
    assert refusal(await post(client, SITE, signed_in))[0] == 401


async def test_nothing_is_read_for_who_was_not_erased(
    client: Client,
    database: Database,
    signed_in: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for _ in range(2):
        await post(client, SITE, signed_in)
    prepared = []
    whole = Preparation.prepare

    async def counted(self: Preparation, *arguments: Any) -> Any:
        prepared.append(self)
        return await whole(self, *arguments)

    monkeypatch.setattr(Preparation, "prepare", counted)
    for _ in range(3):
        assert (await post(client, SITE, signed_in)).status_code == 200
    assert prepared == []


async def test_mutations_say_the_same(
    client: Client, database: Database, signed_in: dict[str, str]
) -> None:
    await erase(database)
    create = 'mutation { createUserGroup(input: { displayName: "Cats" }) { changed } }'
    response = await post(client, create, signed_in)
    ((error),) = response.json()["errors"]
    assert (error["extensions"]["code"], error["message"]) == ("UNAUTHENTICATED", REFUSED)


async def test_answers_in_parts_are_refused(
    client: Client, database: Database, signed_in: dict[str, str]
) -> None:
    deferred = "{ me { id ... @defer { login } } }"
    assert (await post(client, deferred, signed_in | PARTS)).status_code == 200
    await erase(database)
    assert refusal(await post(client, deferred, signed_in | PARTS))[0] == 401


@pytest.mark.parametrize(
    "path",
    [
        "/api/user_groups",
        "/classifications/users/2?project_contributions=true",
        "/graphql/examples",
    ],
)
async def test_other_doors_are_closed_as_well(
    client: Client, database: Database, signed_in: dict[str, str], path: str
) -> None:
    url = f"http://gateway{path}"
    assert (await client.get(url, headers=signed_in)).status_code == 200
    await erase(database)
    answered = await client.get(url, headers=signed_in)
    assert answered.status_code in (401, 403)
