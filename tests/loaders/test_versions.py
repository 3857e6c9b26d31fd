"""An operation tells the versions of all that it has read."""

from typing import Any

import pytest
from sqlalchemy import Connection, select

from gateway.auth.viewer import ANONYMOUS, Viewer
from gateway.db import Database
from gateway.db.tables import data_version
from gateway.directory.load import load_directory
from gateway.loaders.cache import FactCache
from gateway.loaders.operation import Operation
from gateway.stats.versions import Entity
from resolvers.schema import graphql_schema
from tests.asking import ADMIN, NOW
from tests.events_of import classification, store
from tests.executing import executed

DIRECTORY = {
    "users": [{"id": 1, "login": "ada"}],
    "user_groups": [{"id": 501, "name": "g", "stats_visibility": "public_show_all"}],
    "projects": [{"id": 11, "slug": "zoo/cats"}],
}


@pytest.fixture(params=["without a cache", "with a cache"])
def cache(request: pytest.FixtureRequest) -> FactCache | None:
    return FactCache(1_000_000) if request.param == "with a cache" else None


@pytest.fixture
async def filled(database: Database) -> Database:
    await database.write(lambda connection: load_directory(connection, DIRECTORY))
    await store(database, classification(1, user=1, groups=(501,)))
    return database


async def versions(
    database: Database, cache: FactCache | None, document: str, viewer: Viewer = ADMIN
) -> dict[Entity, int]:
    async with Operation(database, viewer, NOW, cache=cache) as operation:
        await executed(graphql_schema, document, None, operation)
        return await numbered(database, await operation.versions())


async def numbered(database: Database, found: dict[Entity, int]) -> dict[Entity, int]:
    """The same with each stored version replaced by its place in the order of commits."""
    async with database.read() as snapshot:
        rows = await snapshot.fetch(select(data_version.c.version).distinct())
    stored = sorted(row.version for row in rows)
    places = {version: place for place, version in enumerate(stored, 1)}
    return {entity: places.get(version, version) for entity, version in found.items()}


#: Of the directory, and of the event.
LOADED, COUNTED = 1, 2

READS: dict[str, dict[Entity, int]] = {
    "{ __typename }": {},
    "{ user(id: 1) { login } }": {("user_record", 1): LOADED},
    "{ user(id: 1) { classifications { totalCount } } }": {
        ("user_record", 1): LOADED,
        ("user", 1): COUNTED,
    },
    "{ user(id: 77) { login } }": {("user_record", 77): 0},
    "{ project(id: 11) { workflows { id } comments { totalCount } } }": {
        ("project_record", 11): LOADED,
        ("project", 11): COUNTED,
    },
    "{ workflow(id: 101) { id } }": {("workflow_record", 101): 0},
    "{ userGroup(id: 501) { name } }": {("user_group_record", 501): LOADED},
    "{ userGroup(id: 501) { classifications { topContributors { user { login } } } } }": {
        ("user_group_record", 501): LOADED,
        ("user_group", 501): COUNTED,
        ("user_record", 1): LOADED,
    },
    "{ classifications { totalCount } }": {("site", 0): COUNTED},
    "{ classifications(filter: { projectIds: [11, 12] }) { totalCount } }": {
        ("project", 11): COUNTED,
        ("project", 12): 0,
    },
    '{ classifications(filter: { start: "2024-03-01" }) { buckets { count } } }': {
        ("site", 0): COUNTED,
        ("today", 0): 19_786,
    },
    "{ stats { ledgerSize } }": {("site", 0): COUNTED},
    '{ userGroupCount(start: "2024-01-01", end: "2024-01-02") }': {("site", 0): COUNTED},
}


@pytest.mark.parametrize("document", READS)
async def test_versions_are_those_of_what_was_read(
    filled: Database, cache: FactCache | None, document: str
) -> None:
    for _ in range(2):
        assert await versions(filled, cache, document) == READS[document]


async def test_what_a_viewer_was_refused_by_is_among_them(
    filled: Database, cache: FactCache | None
) -> None:
    document = "{ userGroup(id: 501) { memberships { state } } }"
    found = await versions(filled, cache, document, ANONYMOUS)
    assert found == {("user_group_record", 501): LOADED}


async def test_versions_are_read_in_the_operations_snapshot(
    filled: Database, cache: FactCache | None
) -> None:
    document = "{ user(id: 1) { login classifications { totalCount } } }"

    def rename(connection: Connection) -> Any:
        return load_directory(connection, {"users": [{"id": 1, "login": "countess"}]})

    async with Operation(filled, ADMIN, NOW, cache=cache) as operation:
        result = await executed(graphql_schema, document, None, operation)
        await filled.write(rename)
        await store(filled, classification(2, user=1))
        before = await operation.versions()
    assert result.data == {"user": {"login": "ada", "classifications": {"totalCount": 1}}}
    assert await numbered(filled, before) == {("user_record", 1): LOADED, ("user", 1): COUNTED}
    async with Operation(filled, ADMIN, NOW, cache=cache) as operation:
        assert await numbered(filled, await operation.current_versions(before)) == {
            ("user_record", 1): COUNTED + 1,
            ("user", 1): COUNTED + 2,
        }


async def test_the_day_is_current_whatever_was_read(filled: Database) -> None:
    async with Operation(filled, ADMIN, NOW) as operation:
        assert await operation.current_versions([("today", 0)]) == {("today", 0): 19_786}
        assert operation.snapshot.statements == 0
