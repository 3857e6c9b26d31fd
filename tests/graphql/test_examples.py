"""The examples of the page at /graphql work with whatever data is loaded."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner

from gateway.app import create_app
from gateway.auth.keys import KeyPair, write_new_keys
from gateway.auth.tokens import issue_token
from gateway.cli import main
from gateway.db import open_database
from gateway.directory.backfill_members import backfill_members
from gateway.directory.load import load_directory
from gateway.graphql.page.examples import EXAMPLES
from gateway.settings import Settings
from tests.valid import valid

#: A volunteer of the export, and somebody who has classified nothing.
VOLUNTEER, NEWCOMER = 1304710, 4242
PROJECT = 593


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> KeyPair:
    return write_new_keys(tmp_path_factory.mktemp("keys"))


@pytest.fixture
def own_export(database_url: str, tmp_path: Path) -> str:
    """A database with one real export, imported as its owner would."""
    export = tmp_path / "my-classifications.csv"
    content = (files("gateway") / "demo" / "wildlife-watch-kenya.csv.gz").read_bytes()
    export.write_bytes(gzip.decompress(content))
    words = ["import", str(export), "--project-id", str(PROJECT), "--database-url", database_url]
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 0, result.output
    return database_url


@pytest.fixture
async def client(own_export: str, keys: KeyPair) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(Settings(database_url=own_export, jwt_public_key_file=str(keys.public)))
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://gateway") as client,
    ):
        yield client


@pytest.fixture
def signed(keys: KeyPair) -> Any:
    def signed(user_id: int | None) -> dict[str, str]:
        if user_id is None:
            return {}
        expires = datetime.now(UTC) + timedelta(hours=1)
        token = issue_token(keys.private.read_bytes(), user_id, "x", "X", False, expires)
        return {"Authorization": f"Bearer {token}"}

    return signed


async def make_group(database_url: str, group_id: int, level: int, **more: Any) -> None:
    group = {"id": group_id, "name": f"g{group_id}", "stats_visibility": level, **more}
    member = {"user_group_id": group_id, "user_id": VOLUNTEER}
    membership = {**member, "state": "active", "roles": ["group_admin"]}
    async with open_database(database_url) as database:
        await database.write(
            lambda c: load_directory(c, {"user_groups": [group], "memberships": [membership]})
        )
        until = 2_000_000_000_000_000
        await database.write(lambda c: backfill_members(c, group_id, (), until))


async def fitted(client: httpx.AsyncClient, headers: dict[str, str]) -> list[dict[str, Any]]:
    response = await client.get("/graphql/examples", headers=headers)
    assert response.status_code == 200
    assert response.headers["cache-control"] == "private, no-store"
    examples: list[dict[str, Any]] = response.json()
    assert [one["title"] for one in examples] == [one.title for one in EXAMPLES]
    assert [one["query"] for one in examples] == [one.query for one in EXAMPLES]
    return examples


async def check(client: httpx.AsyncClient, headers: dict[str, str]) -> dict[str, str | None]:
    """Ask every example that is offered; the answer has no error and no null at its top."""
    examples = await fitted(client, headers)
    for example in examples:
        if example["missing"] is None:
            body = {"query": example["query"], "variables": example["variables"]}
            answer = (await client.post("/graphql", json=body, headers=headers)).json()
            assert "errors" not in valid(answer), example["title"]
            assert None not in answer["data"].values(), example["title"]
    return {example["title"]: example["missing"] for example in examples}


async def test_on_an_export_of_ones_own_each_example_answers_or_says_what_it_needs(
    client: httpx.AsyncClient, signed: Any
) -> None:
    missing = await check(client, {})
    assert missing == {
        "Group": "group",
        "Group cards": "token",
        "My groups": "token",
        "Contributors": "group",
        "Volunteer": "token",
        "Home": "token",
        "Your stats": "token",
        "Certificate": "token",
        "Project statistics": None,
        "Site counter": None,
        "The whole site by month": None,
        "Find projects and groups": None,
    }
    for viewer in (VOLUNTEER, NEWCOMER):
        missing = await check(client, signed(viewer))
        assert {title for title, what in missing.items() if what} == {"Group", "Contributors"}


async def test_variables_are_of_the_first_project_and_its_range(
    client: httpx.AsyncClient, signed: Any
) -> None:
    examples = {one["title"]: one for one in await fitted(client, signed(VOLUNTEER))}
    project = examples["Project statistics"]["variables"]
    assert project == {
        "id": str(PROJECT),
        "range": {"start": "2016-06-15", "end": project["range"]["end"]},
    }
    body = {"query": examples["Project statistics"]["query"], "variables": project}
    answer = (await client.post("/graphql", json=body)).json()["data"]["project"]
    whole = await client.get(f"/classifications?project_id={PROJECT}")
    assert answer["classifications"]["totalCount"] == whole.json()["total_count"]
    week = examples["Your stats"]["variables"]
    assert (datetime.fromisoformat(week["end"]) - datetime.fromisoformat(week["start"])).days == 6


async def test_the_group_is_the_first_that_shows_the_viewer_its_members_or_else_its_totals(
    client: httpx.AsyncClient, own_export: str, signed: Any
) -> None:
    async def group(viewer: int | None) -> str | None:
        examples = await fitted(client, signed(viewer))
        if examples[0]["missing"]:
            return None
        group_id: str = examples[0]["variables"]["id"]
        return group_id

    await make_group(own_export, 7, 0)
    assert [await group(viewer) for viewer in (None, NEWCOMER, VOLUNTEER)] == [None, None, "7"]
    await check(client, signed(VOLUNTEER))
    await make_group(own_export, 8, 2)
    assert [await group(viewer) for viewer in (None, NEWCOMER, VOLUNTEER)] == ["8", "8", "7"]
    await make_group(own_export, 9, 4)
    assert [await group(viewer) for viewer in (None, NEWCOMER, VOLUNTEER)] == ["9", "9", "7"]
    await check(client, {})
    await check(client, signed(NEWCOMER))


async def test_a_private_group_changes_nothing_that_a_stranger_is_told(
    client: httpx.AsyncClient, own_export: str, signed: Any
) -> None:
    before = await client.get("/graphql/examples")
    await make_group(own_export, 7, 0, private=True)
    after = await client.get("/graphql/examples")
    assert before.content == after.content


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_token_that_does_not_verify_is_refused(client: httpx.AsyncClient) -> None:
    response = await client.get("/graphql/examples", headers={"Authorization": "Bearer x"})
    assert (response.status_code, response.json()["errors"][0]["extensions"]["code"]) == (
        401,
        "UNAUTHENTICATED",
    )


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_without_any_data_nothing_fails(database_url: str) -> None:
    app = create_app(Settings(database_url=database_url))
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://gateway") as client,
    ):
        missing = await check(client, {})
    assert [title for title, what in missing.items() if not what] == [
        "Site counter",
        "The whole site by month",
        "Find projects and groups",
    ]


async def test_groups_that_ended_stand_before_no_group_that_goes_on(
    client: httpx.AsyncClient, own_export: str
) -> None:
    """However many there are, nobody learns of them: the answer is that of a site without them."""
    await make_group(own_export, 90, 4)
    without = await fitted(client, {})
    assert without[0]["variables"]["id"] == "90"
    ended = [
        {
            "id": one,
            "name": f"g{one}",
            "stats_visibility": 4,
            "state": ("deleted", "inactive")[one % 2],
        }
        for one in range(1, 60)
    ]
    async with open_database(own_export) as database:
        await database.write(lambda c: load_directory(c, {"user_groups": ended}))
    assert await fitted(client, {}) == without
