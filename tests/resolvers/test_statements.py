"""What an operation costs: statements follow what is selected, never how many are listed."""

from typing import Any

import pytest
from sqlalchemy import Connection

from gateway.auth.viewer import ANONYMOUS, Viewer
from gateway.db import Database
from gateway.directory.load import load_directory
from tests.asking import ADMIN, ask
from tests.events_of import classification, comment, store

MANY = 200

#: Groups, and the viewer's memberships of them.
GROUPS = 2


async def fill(database: Database) -> None:
    """As many users, groups, projects and workflows; each did something for its neighbours."""

    def load(connection: Connection) -> None:
        load_directory(connection, directory())

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
BREAKDOWN = "classifications {{ memberBreakdown(first: 3) {{ {} }} }}".format

#: What is selected of each entity of a list, and how many statements it takes.
SELECTIONS: dict[str, dict[str, int]] = {
    "userGroups": {
        "id name displayName statsVisibility": GROUPS,
        "viewerMembership { state roles user { id } group { name } }": GROUPS,
        "viewerMembership { user { login } }": GROUPS + 1,
        "members { id }": GROUPS + 1,
        "members { displayName }": GROUPS + 2,
        "memberships { state roles user { id } group { name } }": GROUPS + 1,
        "memberships { user { displayName } }": GROUPS + 2,
        "members { id } memberships { state }": GROUPS + 1,
        STATS("totalCount"): GROUPS + 1,
        STATS("totalCount timeSpent"): GROUPS + 1,
        STATS("buckets(period: WEEK) { period count timeSpent }"): GROUPS + 1,
        STATS("activeUsers"): GROUPS + 1,
        STATS("projectCount"): GROUPS + 1,
        STATS('comparedWith(start: "2024-01-01") { totalCount }'): GROUPS + 1,
        CONTRIBUTIONS("count timeSpent project { id }"): GROUPS + 1,
        CONTRIBUTIONS("project { slug }"): GROUPS + 2,
        CONTRIBUTIONS("lastContributedOn"): GROUPS + 2,
        CONTRIBUTIONS("project { slug } lastContributedOn"): GROUPS + 3,
        STATS("projectContributions(orderBy: RECENTS) { count }"): GROUPS + 2,
        TOP("count timeSpent user { id }"): GROUPS + 1,
        TOP("user { login }"): GROUPS + 2,
        TOP("projectContributions { count project { id } }"): GROUPS + 2,
        TOP("projectContributions { project { slug } }"): GROUPS + 3,
        TOP("user { login } projectContributions { project { slug } }"): GROUPS + 4,
        BREAKDOWN("totalCount"): GROUPS + 1,
        BREAKDOWN("pageInfo { hasNextPage endCursor }"): GROUPS + 1,
        BREAKDOWN("nodes { count timeSpent user { id } }"): GROUPS + 1,
        BREAKDOWN("nodes { count } totalCount"): GROUPS + 2,
        BREAKDOWN("nodes { user { login } }"): GROUPS + 2,
        BREAKDOWN("edges { cursor node { user { login } } }"): GROUPS + 2,
        BREAKDOWN("edges { node { projectContributions { count } } }"): GROUPS + 2,
        BREAKDOWN("nodes { projectContributions(first: 1) { project { slug } } }"): GROUPS + 3,
    },
    "users": {
        "id login displayName": 1,
        STATS("totalCount timeSpent"): 2,
        STATS("buckets(period: YEAR) { count }"): 2,
        CONTRIBUTIONS("project { slug } lastContributedOn"): 4,
        "comments { totalCount }": 2,
        "comments { buckets(period: MONTH) { count } }": 2,
        "memberships { state roles user { id } group { name } }": 2 + GROUPS,
    },
    "projects": {
        "id slug displayName": 1,
        STATS("totalCount timeSpent anonymousCount anonymousShare"): 2,
        STATS("buckets(period: DAY) { count }"): 2,
        "comments { totalCount }": 2,
        "workflows { id displayName }": 2,
        "workflows { project { id } }": 2,
        "workflows { project { slug } }": 2,
        "workflows { classifications { totalCount } }": 3,
    },
    "workflows": {
        "id displayName active completeness subjectsCount retirementCount": 1,
        "project { id }": 1,
        "project { slug }": 2,
        STATS("totalCount timeSpent"): 2,
        STATS("buckets(period: MONTH) { count }"): 2,
        "estimatedDaysToCompletion": 3,
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


#: Parts of a group's page and what each adds.
PARTS = {
    "viewerMembership { user { login } }": 1,
    "members { id }": 1,
    STATS("totalCount"): 1,
    STATS("buckets(period: MONTH) { count }"): 1,
    STATS("activeUsers"): 1,
    STATS("projectContributions { count }"): 1,
    "recent: " + STATS("topContributors(first: 3) { count }"): 1,
    "other: classifications(filter: { projectIds: [1] }) { totalCount }": 1,
}


async def test_dropping_a_field_drops_its_statement(database: Database) -> None:
    await fill(database)
    whole = await statements(database, "userGroups", " ".join(PARTS), 20)
    assert whole == GROUPS + sum(PARTS.values())
    saved = {
        part: whole - await statements(database, "userGroups", " ".join(PARTS.keys() - {part}), 20)
        for part in PARTS
    }
    assert saved == PARTS


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("document", "viewer"),
    [
        ("{ __typename }", ADMIN),
        ("{ __schema { queryType { name } } }", ADMIN),
        ("{ classifications { __typename } comments { __typename } }", ADMIN),
        ("{ me { id } }", ANONYMOUS),
        ("{ users(ids: []) { id } userGroups(ids: []) { id } }", ADMIN),
        ("{ stats { ledgerSize } }", Viewer(id=2)),
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
        ("(filter: {})", "", True),
        ('(filter: { start: "2024-01-01" })', '(filter: { start: "2024-01-01" })', True),
        ('(filter: { projectIds: ["1", "2"] })', '(filter: { projectIds: ["2", "1"] })', True),
        ('(filter: { start: "2024-01-01" })', '(filter: { start: "2024-01-02" })', False),
        ("(filter: { projectIds: [1] })", "(filter: { workflowIds: [1] })", False),
    ],
)
async def test_fields_that_ask_the_same_share_a_statement(
    database: Database, left: str, right: str, shared: bool
) -> None:
    document = (
        f"{{ a: classifications{left} {{ totalCount }} b: classifications{right} {{ timeSpent }} }}"
    )
    assert (await ask(database, document)).statements == (1 if shared else 2)


async def test_entities_asked_for_one_by_one_share_their_statements(database: Database) -> None:
    await fill(database)
    fields = " ".join(
        f"g{one}: userGroup(id: {one}) {{ classifications {{ totalCount }} }}"
        for one in range(1, 21)
    )
    assert (await ask(database, f"{{ {fields} }}")).statements == GROUPS + 1


async def test_a_refused_field_reads_nothing_of_what_it_guards(database: Database) -> None:
    await fill(database)
    document = "{ user(id: 2) { classifications { totalCount } memberships { state } } }"
    asked = await ask(database, document, viewer=Viewer(id=3))
    assert [error.extensions for error in asked.errors] == [{"code": "FORBIDDEN"}] * 2
    assert asked.statements == 1
