"""What a scope covers: some projects or some workflows, nothing where the list is empty."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.db import Database
from gateway.directory.load import load_directory
from gateway.graphql.documents.document_cache import InvalidDocument
from tests.asking import ADMIN, ask
from tests.events_of import classification, comment, store

DIRECTORY = {
    "users": [{"id": 1, "login": "ada"}],
    "user_groups": [{"id": 501, "name": "g", "stats_visibility": 4}],
    "projects": [{"id": 11, "slug": "zoo/cats"}],
    "workflows": [{"id": 101, "project_id": 11}],
}
#: Everything that takes lists of ids to count in, what is counted, and an id that there is.
SCOPED = [
    ("classifications(within: { projectIds: $ids }) { %s }", "totalCount", 11),
    ("classifications(within: { workflowIds: $ids }) { %s }", "totalCount", 101),
    ("comments(projectIds: $ids) { %s }", "totalCount", 11),
    ("comments(userIds: $ids) { %s }", "totalCount", 1),
    ("project(id: 11) { classifications(workflowIds: $ids) { %s } }", "totalCount", 101),
    ("project(id: 11) { comments(userIds: $ids) { %s } }", "totalCount", 1),
    *(
        (f"{entity} {{ classifications(within: {{ {scope}: $ids }}) {{ %s }} }}", count, known)
        for scope, known in (("projectIds", 11), ("workflowIds", 101))
        for entity, count in (
            ("user(id: 1)", "projectCount"),
            ("userGroup(id: 501)", "activeUsers"),
        )
    ),
    ("user(id: 1) { comments(projectIds: $ids) { %s } }", "totalCount", 11),
]


async def fill(database: Database) -> None:
    await database.write(lambda connection: load_directory(connection, DIRECTORY))
    await store(database, classification(1, groups=(501,)), comment(1))


def leaf(data: Any) -> Any:
    while isinstance(data, dict):
        (data,) = data.values()
    return data


@pytest.mark.parametrize(("path", "count", "known"), SCOPED)
async def test_an_empty_list_counts_nothing_and_no_list_everything(
    database: Database, path: str, count: str, known: int
) -> None:
    await fill(database)
    asked = "query ($ids: [ID!]!) { " + path % count + " }"
    assert await answer(database, asked, {"ids": []}) == 0
    assert await answer(database, asked, {"ids": [str(known)]}) == 1
    assert await answer(database, asked, {"ids": ["999"]}) == 0
    without = path % count
    for given in ("(within: { projectIds: $ids })", "(within: { workflowIds: $ids })"):
        without = without.replace(given, "(within: null)")
    for name in ("projectIds", "workflowIds", "userIds"):
        without = without.replace(f"{name}: $ids", f"{name}: null")
    assert await answer(database, "{ " + without + " }", {}) == 1


async def answer(database: Database, document: str, variables: dict[str, Any]) -> Any:
    asked = await ask(database, document, variables, ADMIN)
    assert asked.errors == []
    return leaf(asked.data)


async def test_an_empty_list_has_empty_buckets_and_lists(database: Database) -> None:
    await fill(database)
    asked = await ask(
        database,
        """{ userGroup(id: 501) {
          classifications(within: { projectIds: [] }, range: { start: "2024-02-29" }) {
            buckets(period: YEAR) { count }
            filled: buckets(period: YEAR, fillGaps: true) { count }
            projectContributions { count }
            topContributors { count }
          }
        } }""",
    )
    assert asked.data["userGroup"]["classifications"] == {
        "buckets": [],
        "filled": [{"count": 0}],
        "projectContributions": [],
        "topContributors": [],
    }


ONE_OF = "exactly one field must be specified"


@pytest.mark.parametrize(
    "scope",
    ["{ projectIds: [11], workflowIds: [101] }", "{}", "{ projectIds: null }"],
    ids=["both", "neither", "null"],
)
async def test_a_scope_is_one_list_as_the_document_is_valid(database: Database, scope: str) -> None:
    with pytest.raises(InvalidDocument) as refused:
        await ask(database, f"{{ classifications(within: {scope}) {{ totalCount }} }}")
    assert ONE_OF in refused.value.errors[0].message


@pytest.mark.parametrize(
    "scope", [{"projectIds": ["11"], "workflowIds": ["101"]}, {}, {"projectIds": None}]
)
async def test_a_scope_in_a_variable_is_one_list(database: Database, scope: Any) -> None:
    document = "query ($in: StatsScope) { classifications(within: $in) { totalCount } }"
    asked = await ask(database, document, {"in": scope})
    assert (asked.data, asked.statements) == ({}, 0)
    assert ONE_OF in asked.errors[0].message
