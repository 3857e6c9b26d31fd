"""What an operation costs: statements follow what is selected, never how many are listed.

What is known together goes out as one statement, which unites a Select for each question.
"""

from collections.abc import Iterable
from typing import Any

import pytest
from sqlalchemy import Connection

from gateway.auth.viewer import ANONYMOUS, Viewer
from gateway.changes.feed import ChangeFeed
from gateway.db import Database
from gateway.directory.load import load_directory
from gateway.graphql.page import Example
from gateway.graphql.page.examples import EXAMPLES
from gateway.groups.history import ChangeKind, note_changes
from gateway.loaders.cache import ReadCache
from gateway.loaders.operation import Operation
from resolvers.schema import graphql_schema
from tests.asking import ADMIN, NOW, Asked, ask
from tests.events_of import classification, comment, store
from tests.executing import executed

MANY = 200

#: Groups and the viewer's memberships of them, which go out together.
GROUPS = 1


async def fill(database: Database) -> None:
    """As many users, groups, projects and workflows; each did something for its neighbours."""

    def load(connection: Connection) -> None:
        load_directory(connection, directory())
        for one in range(1, MANY + 1):
            subjects = (None, one, one % MANY + 1)
            note_changes(connection, one, ChangeKind.TAKEN_OVER, one, subjects)

    await database.write(load)
    events: list[Any] = []
    for one in range(1, MANY + 1):
        following = one % MANY + 1
        for number, workflow in ((2 * one, one), (2 * one + 1, following)):
            events += [
                classification(
                    number, user=one, project=workflow, workflow=workflow, groups=(one, following)
                ),
                comment(number, user=one, project=workflow),
            ]
    await store(database, *events)


def directory() -> dict[str, Any]:
    numbers = range(1, MANY + 1)
    member = {"state": "active", "roles": ["group_member"]}
    return {
        "users": [{"id": one, "login": f"user-{one}"} for one in numbers],
        "user_groups": [
            {"id": one, "name": f"group-{one}", "stats_visibility": "public_show_all"}
            for one in numbers
        ],
        "memberships": [
            {"user_id": user, "user_group_id": one} | member
            for one in numbers
            for user in {1, one, one % MANY + 1}
        ],
        "projects": [{"id": one, "slug": f"zoo/{one}"} for one in numbers],
        "workflows": [
            {
                "id": one,
                "project_id": one,
                "subjects_count": 10,
                "completeness": 0.5,
                "retirement": {"criteria": "classification_count", "options": {"count": 5}},
            }
            for one in numbers
        ],
    }


STATS = "classifications {{ {} }}".format
CONTRIBUTIONS = "classifications {{ projectContributions {{ {} }} }}".format
TOP = "classifications {{ topContributors(first: 3) {{ {} }} }}".format
UNUSUAL = (
    'classifications(range: {{ start: "2024-01-01", end: "2024-12-31" }})'
    " {{ unusualVolunteers(classificationsPerDay: 0) {{ {} }} }}"
).format
OPERATORS = {
    TOP("count timeSpent user { id }"): 2,
    TOP("user { login }"): 3,
    UNUSUAL("totalCount"): 2,
    UNUSUAL("totalCount nodes { user { id } days { day count timeSpent } }"): 3,
    UNUSUAL("edges { cursor node { user { login } } }"): 3,
}
BREAKDOWN = "classifications {{ memberBreakdown(first: 3) {{ {} }} }}".format

MILESTONES = "milestones { reached { value reachedOn } next { value remaining expectedOn } }"
STREAK = STATS("streak { current longest currentStart longestStart longestEnd }")

#: What is selected of each entity of a list, and how many statements it takes.
SELECTIONS: dict[str, dict[str, int]] = {
    "userGroupsByIds": {
        "id name displayName statsVisibility": 1,
        "viewerMembership { state roles user { id } group { name } }": 1,
        "viewerMembership { user { login } }": 2,
        "members { nodes { id } }": 2,
        "members { nodes { displayName } }": 3,
        "memberships { nodes { state roles user { id } group { name } } }": 2,
        "memberships { nodes { user { displayName } } }": 3,
        "members { nodes { id } } memberships { nodes { state } }": 2,
        "active createdAt updatedAt revision viewerPermissions { edit leave seeTotals }": 1,
        "viewerMembership { id since endedAt endedBy }": 2,
        "memberCount hasAdmin membershipCounts { active invited inactive admins }": 2,
        "members { edges { since } }": 3,
        "members { nodes { login } edges { since } }": 3,
        "memberships { nodes { id since endedAt endedBy user { login } } }": 3,
        "memberships(states: [ACTIVE], roles: [GROUP_ADMIN]) { totalCount }": 2,
        'memberships(search: "a") { totalCount }': 3,
        "joinLink { token url }": 2,
        "history { totalCount }": 2,
        "history(first: 2) { nodes { at kind summary actor { id } subject { id } } }": 2,
        "history { totalCount edges { cursor node { actor { login } subject { login } } } }": 3,
        STATS("totalCount"): 2,
        STATS("totalCount timeSpent"): 2,
        STATS("buckets(period: WEEK) { startsOn count timeSpent }"): 2,
        STATS("activeUsers"): 2,
        STATS("totalCount meanTimeSpent firstDay lastDay"): 2,
        STATS("projectCount"): 2,
        STREAK: 2,
        STATS("streak(period: DAY) { longest } months: streak(period: MONTH) { longest }"): 2,
        # All of it lies in the last 14 days, of which days are read at once.
        MILESTONES: 2,
        STATS('comparedWith(range: { start: "2024-01-01" }) { totalCount }'): 2,
        CONTRIBUTIONS("count timeSpent project { id }"): 2,
        CONTRIBUTIONS("project { slug }"): 3,
        CONTRIBUTIONS("lastContributedOn"): 2,
        CONTRIBUTIONS("project { slug } lastContributedOn"): 3,
        STATS("projectContributions(orderBy: MOST_RECENT) { count }"): 2,
        STATS("workflowContributions { count timeSpent workflow { id } }"): 2,
        STATS("workflowContributions { workflow { displayName } lastContributedOn }"): 3,
        STATS("workflowContributions(orderBy: MOST_RECENT) { count }"): 2,
        STATS("topContributors(first: 3, orderBy: MOST_TIME) { timeSpent }"): 2,
        TOP("buckets(period: MONTH) { startsOn count timeSpent }"): 3,
        TOP("count timeSpent user { id }"): 2,
        TOP("user { login }"): 3,
        TOP("projectContributions { count project { id } }"): 3,
        TOP("projectContributions { project { slug } }"): 4,
        TOP("user { login } projectContributions { project { slug } }"): 5,
        BREAKDOWN("totalCount"): 2,
        BREAKDOWN("pageInfo { hasNextPage endCursor }"): 2,
        BREAKDOWN("nodes { count timeSpent user { id } }"): 2,
        BREAKDOWN("nodes { count } totalCount"): 2,
        BREAKDOWN("nodes { user { login } }"): 3,
        BREAKDOWN("edges { cursor node { user { login } } }"): 3,
        BREAKDOWN("edges { node { projectContributions { count } } }"): 3,
        BREAKDOWN("nodes { projectContributions(first: 1) { project { slug } } }"): 4,
        BREAKDOWN("nodes { projectContributions { count lastContributedOn } }"): 4,
        BREAKDOWN("nodes { projectContributions(orderBy: MOST_TIME) { count } }"): 4,
        BREAKDOWN("nodes { workflowContributions { count } }"): 3,
        BREAKDOWN("nodes { workflowContributions { workflow { displayName } } }"): 4,
        BREAKDOWN("edges { node { workflowContributions { count lastContributedOn } } }"): 4,
        BREAKDOWN(
            "nodes { projectContributions { project { slug } }"
            " workflowContributions { workflow { displayName } } }"
        ): 5,
        BREAKDOWN("nodes { buckets(period: DAY, fillGaps: true) { startsOn count } }"): 3,
        BREAKDOWN("nodes { a: buckets(period: DAY) { count } b: buckets { count } }"): 4,
        BREAKDOWN("nodes { timeSpent }").replace("first: 3", "first: 3, orderBy: MOST_TIME"): 2,
        BREAKDOWN("totalCount").replace("first: 3", 'search: "a"'): 3,
        BREAKDOWN("nodes { user { login } }").replace("first: 3", "orderBy: NAME"): 3,
        # One without a word finds nobody, and reads nothing.
        BREAKDOWN("totalCount nodes { user { login } }").replace("first: 3", 'search: "%"'): 1,
    },
    "usersByIds": {
        "id login displayName": 1,
        STATS("totalCount timeSpent"): 2,
        STATS("buckets(period: YEAR) { count }"): 2,
        STREAK: 2,
        MILESTONES: 2,
        CONTRIBUTIONS("project { slug } lastContributedOn"): 3,
        "comments { totalCount }": 2,
        "comments { projectContributions { count project { id } } }": 2,
        "comments { projectContributions(first: 2) { project { slug } } }": 3,
        STATS("workflowContributions { workflow { displayName } lastContributedOn }"): 3,
        "comments { buckets(period: MONTH) { count } }": 2,
        "memberships { nodes { state roles user { id } group { name } } }": 3,
    },
    "projectsByIds": {
        **OPERATORS,
        "id slug displayName": 1,
        STATS("totalCount timeSpent anonymousCount anonymousShare"): 2,
        STATS("buckets(period: DAY) { count }"): 2,
        MILESTONES: 2,
        "comments { totalCount }": 2,
        "workflows { totalCount nodes { id displayName } }": 2,
        "workflows { nodes { project { id } } }": 2,
        "workflows { nodes { project { slug } } }": 2,
        "workflows { nodes { classifications { totalCount } } }": 3,
        "workflows(orderBy: MOST_RECENT) { nodes { id } }": 3,
    },
    "workflowsByIds": {
        **OPERATORS,
        "id displayName active completeness subjectsCount retirementCount": 1,
        "project { id }": 1,
        "project { slug }": 2,
        STATS("totalCount timeSpent"): 2,
        STATS("buckets(period: MONTH) { count }"): 2,
        "estimatedDaysToCompletion": 2,
    },
}


async def statements(database: Database, entities: str, selection: str, many: int) -> int:
    document = f"query ($ids: [ID!]!) {{ {entities}(ids: $ids) {{ {selection} }} }}"
    asked = await ask(database, document, {"ids": [str(one) for one in range(1, many + 1)]})
    assert asked.errors == []
    assert len(asked.data[entities]) == many
    assert None not in asked.data[entities]
    return asked.statements


@pytest.mark.parametrize("entities", SELECTIONS)
async def test_a_list_of_200_takes_as_many_statements_as_one(
    database: Database, entities: str
) -> None:
    await fill(database)
    for many in (1, MANY):
        assert {
            selection: await statements(database, entities, selection, many)
            for selection in SELECTIONS[entities]
        } == SELECTIONS[entities]


#: Parts of a group's page and how many Selects each adds; all of them are one statement.
PARTS = {
    "viewerMembership { user { login } }": 1,
    "members { nodes { id } }": 1,
    STATS("totalCount"): 1,
    STATS("buckets(period: MONTH) { count }"): 1,
    STATS("activeUsers"): 1,
    STATS("projectContributions { count }"): 1,
    "recent: " + STATS("topContributors(first: 3) { count }"): 1,
    "other: classifications(within: { projectIds: [1] }) { totalCount }": 1,
}


async def test_dropping_a_field_drops_its_select(database: Database) -> None:
    await fill(database)

    async def asked(parts: Iterable[str]) -> Asked:
        document = f"{{ userGroupsByIds(ids: [1, 2, 3]) {{ {' '.join(parts)} }} }}"
        return await ask(database, document)

    whole = await asked(PARTS)
    assert (whole.statements, whole.selects) == (GROUPS + 1, 2 + sum(PARTS.values()))
    saved = {part: whole.selects - (await asked(PARTS.keys() - {part})).selects for part in PARTS}
    assert saved == PARTS


#: Statements of each page: when nothing is known, and when all is known that still holds.
PAGES = {
    "Group": (3, 1),
    "Group cards": (4, 1),
    "My groups": (4, 1),
    "Contributors": (5, 1),
    "Volunteer": (3, 1),
    "Home": (3, 1),
    "Your stats": (2, 1),
    "Certificate": (2, 1),
    "Project statistics": (3, 1),
    "Site counter": (1, 1),
    "The whole site by month": (1, 1),
    "Find projects and groups": (3, 1),
}


async def page(
    database: Database, feed: ChangeFeed, example: Example, cache: ReadCache | None
) -> int:
    days = {"start": "2024-01-01", "end": "2024-03-31"}
    given = {
        "id": "1",
        "project": "1",
        "monday": "2024-01-01",
        "search": "zoo",
        "range": days,
        **days,
    }
    variables = {name: given.get(name, value) for name, value in example.variables.items()}
    async with Operation(database, Viewer(id=1), NOW, cache=cache, feed=feed) as operation:
        result = await executed(graphql_schema, example.query, variables, operation)
        assert not result.errors
        return operation.snapshot.statements


async def test_a_page_takes_few_statements_and_one_when_it_is_known(
    database: Database, feed: ChangeFeed
) -> None:
    await fill(database)
    for written in (False, True):
        cache = ReadCache(10_000_000)
        for example in EXAMPLES:
            caches = (None, cache, cache, cache)
            taken = [await page(database, feed, example, one) for one in caches]
            cold, hot = PAGES[example.title]
            assert taken[0] == cold, example.title
            # Other pages may have read some of it.
            assert hot <= taken[1] <= cold, example.title
            assert taken[2:] == [hot, hot], example.title
            if written:
                # Nothing of this is on any page but the site's.
                await store(database, classification(5000, user=150, project=150, workflow=150))
                again = await page(database, feed, example, cache)
                assert again == hot, example.title
    assert PAGES.keys() == {example.title for example in EXAMPLES}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("document", "viewer"),
    [
        ("{ __typename }", ADMIN),
        ("{ __schema { queryType { name } } }", ADMIN),
        ("{ classifications { __typename } comments { __typename } }", ADMIN),
        ("{ me { id } }", ANONYMOUS),
        ("{ usersByIds(ids: []) { id } userGroupsByIds(ids: []) { id } }", ADMIN),
        ("{ gatewayStats { ledgerSize } }", Viewer(id=2)),
    ],
)
async def test_an_operation_that_selects_nothing_stored_runs_no_statement(
    database: Database, document: str, viewer: Viewer
) -> None:
    assert (await ask(database, document, viewer=viewer)).statements == 0


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("left", "right", "shared"),
    [
        ("", "", True),
        ("(range: {})", "", True),
        ('(range: { start: "2024-01-01" })', '(range: { start: "2024-01-01" })', True),
        ('(within: { projectIds: ["1", "2"] })', '(within: { projectIds: ["2", "1"] })', True),
        ('(range: { start: "2024-01-01" })', '(range: { start: "2024-01-02" })', False),
        ("(within: { projectIds: [1] })", "(within: { workflowIds: [1] })", False),
    ],
)
async def test_fields_that_ask_the_same_share_a_select(
    database: Database, left: str, right: str, shared: bool
) -> None:
    document = (
        f"{{ a: classifications{left} {{ totalCount }} b: classifications{right} {{ timeSpent }} }}"
    )
    asked = await ask(database, document)
    assert (asked.statements, asked.selects) == (1, 1 if shared else 2)


async def test_entities_asked_for_one_by_one_share_their_statements(database: Database) -> None:
    await fill(database)
    fields = " ".join(
        f"g{one}: userGroup(id: {one}) {{ classifications {{ totalCount }} }}"
        for one in range(1, 21)
    )
    assert (await ask(database, f"{{ {fields} }}")).statements == GROUPS + 1


async def test_a_refused_field_reads_nothing_of_what_it_guards(database: Database) -> None:
    await fill(database)
    document = "{ user(id: 2) { classifications { totalCount } memberships { nodes { state } } } }"
    asked = await ask(database, document, viewer=Viewer(id=3))
    assert [error.extensions for error in asked.errors] == [{"code": "FORBIDDEN"}] * 2
    assert asked.statements == 1
