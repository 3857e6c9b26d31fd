"""People who do things with groups over HTTP, with real tokens."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from gateway.auth.keys import write_new_keys
from gateway.auth.tokens import issue_token
from gateway.db import Database, open_database
from gateway.directory.load import load_directory
from tests.graphql.copies import URL, gateway
from tests.valid import valid_response

PEOPLE = {"ada": 1, "ben": 2, "cleo": 3, "dan": 4, "site": 90}
PAGE = "https://example.org/groups/{id}"
ERRORS = "userErrors { code path message }"
CREATED = "userGroup { id joinLink { token } }"


class Clock:
    """Goes on by a second with each look at it."""

    def __init__(self) -> None:
        self.now = datetime(2026, 6, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


class Village:
    """A gateway that decides about groups, and everybody who asks it."""

    def __init__(self, client: httpx.AsyncClient, headers: dict[str, dict[str, str]]) -> None:
        self.client = client
        self.headers = headers

    async def post(self, who: str, query: str, **variables: Any) -> httpx.Response:
        body = {"query": query, "variables": variables}
        return valid_response(await self.client.post(URL, json=body, headers=self.headers[who]))

    async def answer(self, who: str, query: str, **variables: Any) -> dict[str, Any]:
        answer: dict[str, Any] = (await self.post(who, query, **variables)).json()
        return answer

    async def ask(self, who: str, query: str, **variables: Any) -> Any:
        """The data of an answer without errors."""
        answer = await self.answer(who, query, **variables)
        assert "errors" not in answer, answer
        return answer["data"]

    async def do(self, who: str, name: str, fields: str = "changed", /, **given: Any) -> Any:
        """The payload of one mutation without errors of any kind."""
        payload = await self.try_to(who, name, fields, **given)
        assert payload.pop("userErrors") == []
        return payload

    async def try_to(self, who: str, name: str, fields: str = "changed", /, **given: Any) -> Any:
        """The payload of one mutation, with what the person can mend."""
        data = await self.ask(who, mutation(name, fields), input=given)
        return data[name]

    async def refused(self, who: str, name: str, /, **given: Any) -> tuple[str, list[str]]:
        """Code and path of the one user error; nothing else is said."""
        payload = await self.try_to(who, name, "changed userGroup { id }", **given)
        (error,) = payload.pop("userErrors")
        assert payload == {"changed": False, "userGroup": None}
        return error["code"], error["path"]

    async def error(self, who: str, name: str, /, **given: Any) -> str:
        """The code of the field's error: the mutation is null, and nothing has changed."""
        answer = await self.answer(who, mutation(name), input=given)
        (error,) = answer["errors"]
        assert answer["data"] == {name: None}
        assert error["path"] == [name]
        return str(error["extensions"]["code"])

    async def create(self, who: str = "ada", *members: str, **given: Any) -> tuple[str, str]:
        """Id and join token of a new group, which these members have joined."""
        given.setdefault("displayName", "Moths of the North")
        made = (await self.do(who, "createUserGroup", CREATED, **given))["userGroup"]
        group, token = made["id"], made["joinLink"]["token"]
        for one in members:
            await self.do(one, "joinUserGroup", id=group, joinToken=token)
        return group, token


def mutation(name: str, fields: str = "changed") -> str:
    kind = f"{name[0].upper()}{name[1:]}Input"
    return f"mutation($input: {kind}!) {{ {name}(input: $input) {{ {fields} {ERRORS} }} }}"


@asynccontextmanager
async def village(
    database: Database, url: str, folder: Path, **settings: Any
) -> AsyncIterator[Village]:
    """The whole application over a database that knows everybody."""
    users = [{"id": number, "login": name} for name, number in PEOPLE.items()]
    await database.write(lambda connection: load_directory(connection, {"users": users}))
    keys = write_new_keys(folder / "keys")
    expires = datetime.now(UTC) + timedelta(days=1)
    headers = {"nobody": {}} | {
        name: {
            "authorization": "Bearer "
            + issue_token(
                keys.private.read_bytes(), number, name, name.title(), name == "site", expires
            )
        }
        for name, number in PEOPLE.items()
    }
    given = {
        "database_url": url,
        "groups": "own",
        "group_page_url": PAGE,
        "jwt_public_key_file": str(keys.public),
        "cost_per_minute": 0,
        "batch_limit": 5,
        **settings,
    }
    async with gateway(Clock(), **given) as client:
        yield Village(client, headers)


@asynccontextmanager
async def migrated(url: str) -> AsyncIterator[Database]:
    async with open_database(url) as database:
        await database.migrate()
        yield database
