"""An operation tells the position of its snapshot, and the entities that its answer depends on."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from gateway.auth.viewer import ANONYMOUS, Viewer
from gateway.changes.entity import Entity
from gateway.changes.feed import ChangeFeed
from gateway.db import Database
from gateway.directory.load import load_directory
from gateway.directory.name_index import identifier_number
from gateway.directory.name_lists import NameList
from gateway.directory.panoptes.answers import MEMBERSHIPS, Scope
from gateway.loaders.cache import ReadCache
from gateway.loaders.directory import RequestedAtLoader
from gateway.loaders.operation import Operation
from resolvers.schema import graphql_schema
from tests.asking import ADMIN, NOW
from tests.changes.positions import current
from tests.events_of import classification, store
from tests.executing import executed
from tests.goals_of import made_goal, store_goals

DIRECTORY = {
    "users": [{"id": 1, "login": "ada"}],
    "user_groups": [{"id": 501, "name": "g", "stats_visibility": "public_show_all"}],
    "projects": [{"id": 11, "slug": "zoo/cats"}],
}


@pytest.fixture(params=["without a cache", "with a cache"])
def cache(request: pytest.FixtureRequest) -> ReadCache | None:
    return ReadCache(1_000_000) if request.param == "with a cache" else None


@pytest.fixture
async def filled(database: Database) -> Database:
    await database.write(lambda connection: load_directory(connection, DIRECTORY))
    await store(database, classification(1, user=1, groups=(501,)))
    await store_goals(
        database, made_goal(1, group=501, project_ids=(11,), created_by=1), made_goal(2, user=1)
    )
    return database


@asynccontextmanager
async def answered(
    database: Database,
    feed: ChangeFeed,
    cache: ReadCache | None,
    document: str,
    viewer: Viewer = ADMIN,
) -> AsyncIterator[Operation]:
    """An operation that has been executed and is still open."""
    async with Operation(database, viewer, NOW, cache=cache, feed=feed) as operation:
        await executed(graphql_schema, document, None, operation)
        yield operation


READS: dict[str, set[Entity]] = {
    "{ user(id: 1) { login } }": {("user_record", 1)},
    "{ user(id: 1) { classifications { totalCount } } }": {("user_record", 1), ("user", 1)},
    "{ user(id: 77) { login } }": {("user_record", 77)},
    "{ project(id: 11) { workflows { nodes { id } } comments { totalCount } } }": {
        ("project_record", 11),
        ("project", 11),
    },
    "{ workflow(id: 101) { id } }": {("workflow_record", 101)},
    "{ userGroup(id: 501) { name } }": {("user_group_record", 501)},
    "{ userGroup(id: 501) { active revision viewerPermissions { edit reactivate } } }": {
        ("user_group_record", 501)
    },
    "{ userGroup(id: 501) { memberCount hasAdmin membershipCounts { admins } } }": {
        ("user_group_record", 501)
    },
    "{ userGroup(id: 501) { members { edges { since } } } }": {("user_group_record", 501)},
    "{ user(id: 1) { invitations { nodes { since endedBy } } } }": {("user_record", 1)},
    "{ userGroup(id: 501) { classifications { topContributors { user { login } } } } }": {
        ("user_group_record", 501),
        ("user_group", 501),
        ("user_record", 1),
    },
    "{ userGroup(id: 501) { classifications { topContributors { buckets { count } } } } }": {
        ("user_group_record", 501),
        ("user_group", 501),
    },
    "{ user(id: 1) { classifications { workflowContributions { workflow { id active } } } } }": {
        ("user_record", 1),
        ("user", 1),
        ("workflow_record", 101),
    },
    "{ project(id: 11) { classifications { topContributors { user { login } } } } }": {
        ("project_record", 11),
        ("project", 11),
        ("user_record", 1),
    },
    """{ project(id: 11) { classifications(range: { start: "2024-01-01", end: "2024-12-31" }) {
        unusualVolunteers(hoursPerDay: 0.5) { totalCount nodes { user { id } } }
    } } }""": {("project_record", 11), ("project", 11)},
    "{ classifications { topContributors { count } } }": {("site", 0)},
    "{ classifications { totalCount } }": {("site", 0)},
    "{ projects { totalCount nodes { id } } }": {("name_list", NameList.PROJECTS)},
    "{ projects(orderBy: MOST_RECENT) { nodes { id } } }": {
        ("name_list", NameList.PROJECTS),
        ("site", 0),
    },
    '{ workflows(search: "x", active: true) { totalCount } }': {
        ("name_list", NameList.WORKFLOWS),
        ("name_list", NameList.ACTIVE_WORKFLOWS),
    },
    '{ userGroups(search: "x") { totalCount nodes { id } } }': {
        ("name_list", NameList.PUBLIC_GROUPS)
    },
    '{ userByLogin(login: "Nobody") { id } }': {
        ("identifier", identifier_number(NameList.LOGINS, "nobody"))
    },
    "{ classifications(within: { projectIds: [11, 12] }) { totalCount } }": {
        ("project", 11),
        ("project", 12),
    },
    '{ classifications(range: { start: "2024-03-01" }) { buckets { count } } }': {("site", 0)},
    "{ project(id: 11) { classifications { activeUsers newUsers { count } } } }": {
        ("project_record", 11),
        ("project", 11),
    },
    "{ userGroup(id: 501) { classifications { buckets { activeUsers } } } }": {
        ("user_group_record", 501),
        ("user_group", 501),
    },
    "{ classifications(within: { workflowIds: [101] }) { buckets { activeUsers } } }": {
        ("workflow", 101)
    },
    "{ userGroup(id: 501) { milestones { next { value } } } }": {
        ("user_group_record", 501),
        ("user_group", 501),
    },
    "{ user(id: 1) { milestones { reached { value } } classifications { streak { longest } } } }": {
        ("user_record", 1),
        ("user", 1),
    },
    "{ project(id: 11) { milestones { reached { reachedOn } } } }": {
        ("project_record", 11),
        ("project", 11),
    },
    "{ userGroup(id: 501) { goals { title createdBy { id } } } }": {("user_group_record", 501)},
    "{ userGroup(id: 501) { goals(statuses: [ENDED]) { id } } }": {
        ("user_group_record", 501),
        ("user_group", 501),
    },
    "{ userGroup(id: 501) { goals { status projects { slug } contributors { count } } } }": {
        ("user_group_record", 501),
        ("user_group", 501),
        ("project_record", 11),
    },
    "{ userGroup(id: 501) { goals { viewerContribution { value } createdBy { login } } } }": {
        ("user_group_record", 501),
        ("user_group", 501),
        ("user_record", 1),
    },
    "{ user(id: 1) { goals { id } } }": {("user_record", 1)},
    "{ user(id: 1) { goals { progress { value } } } }": {("user_record", 1), ("user", 1)},
    "{ gatewayStats { ledgerSize } }": {("site", 0)},
    '{ userGroupCounts(range: { start: "2024-01-01", end: "2024-01-02" }) { totalCount } }': {
        ("site", 0)
    },
}


@pytest.mark.parametrize("document", READS)
async def test_an_answer_depends_on_what_was_read(
    filled: Database, feed: ChangeFeed, cache: ReadCache | None, document: str
) -> None:
    for _ in range(2):
        async with answered(filled, feed, cache, document) as operation:
            assert operation.reads.entities == READS[document]
            assert operation.reads.cacheable
            assert operation.reads.position == await current(filled)


@pytest.mark.parametrize("field", ["joinLink { token }", "history { totalCount nodes { id } }"])
async def test_join_links_and_histories_are_read_each_time(
    filled: Database, feed: ChangeFeed, field: str
) -> None:
    cache = ReadCache(1_000_000)
    document = f"{{ userGroup(id: 501) {{ {field} }} }}"
    for _ in range(2):
        async with answered(filled, feed, cache, document) as operation:
            assert not operation.reads.cacheable
            assert operation.has_secret is ("joinLink" in field)
    # The group, and the viewer's membership of it.
    assert len(cache.entries) == 2


async def test_what_a_viewer_was_refused_by_is_among_it(
    filled: Database, feed: ChangeFeed, cache: ReadCache | None
) -> None:
    document = "{ userGroup(id: 501) { memberships { nodes { state } } } }"
    async with answered(filled, feed, cache, document, ANONYMOUS) as operation:
        assert operation.reads.entities == {("user_group_record", 501)}


async def test_the_position_is_that_of_the_snapshot(
    filled: Database, feed: ChangeFeed, cache: ReadCache | None
) -> None:
    before = await current(filled)
    document = "{ user(id: 1) { login classifications { totalCount } } }"
    async with answered(filled, feed, cache, document) as operation:
        await store(filled, classification(2, user=1))
        await operation.loaders.projects.load(11)
        assert operation.reads.position == before
    async with answered(filled, feed, cache, document) as operation:
        assert operation.reads.position == await current(filled) != before


async def test_nothing_is_read_where_nothing_is_asked(filled: Database, feed: ChangeFeed) -> None:
    async with answered(filled, feed, ReadCache(1_000_000), "{ __typename }") as operation:
        assert (operation.reads.position, operation.reads.entities) == (None, set())
        assert operation.snapshot.statements == 0


async def test_the_position_is_not_read_for_nobody(filled: Database) -> None:
    async with Operation(filled, ADMIN, NOW) as operation:
        await operation.loaders.users.load(1)
        assert operation.reads.position is None
        assert operation.snapshot.selects == 1


async def test_what_depends_on_no_entity_is_read_each_time_and_not_cacheable(
    filled: Database, feed: ChangeFeed
) -> None:
    cache = ReadCache(1_000_000)
    scope: Any = Scope(MEMBERSHIPS, frozenset({501}), frozenset())
    for _ in range(2):
        async with Operation(filled, ADMIN, NOW, cache=cache, feed=feed) as operation:
            assert operation.reads.cacheable
            assert await RequestedAtLoader(operation.reads).load(scope) == {}
            assert not operation.reads.cacheable
    assert (cache.hits, cache.misses, len(cache.entries)) == (0, 2, 0)
