"""The pages are executed breadth-first: none falls back to graphql-core."""

from __future__ import annotations

import pytest

from gateway.auth.viewer import ANONYMOUS, Viewer
from gateway.db import Database
from gateway.graphql.endpoint.html import Example
from gateway.graphql.execution.operation_executor import OperationExecutor
from gateway.graphql.page.examples import EXAMPLES
from gateway.loaders.operation import Operation
from resolvers.schema import graphql_schema
from tests.asking import ADMIN, NOW
from tests.executing import count_fallbacks, executed
from tests.resolvers.test_statements import fill


@pytest.fixture
def fallbacks(monkeypatch: pytest.MonkeyPatch) -> list[OperationExecutor]:
    return count_fallbacks(monkeypatch)


@pytest.fixture
async def filled(database: Database) -> Database:
    await fill(database)
    return database


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.title)
async def test_every_page_is_executed_breadth_first(
    filled: Database, fallbacks: list[OperationExecutor], example: Example
) -> None:
    for viewer in (ADMIN, Viewer(id=2, login="user-2"), ANONYMOUS):
        async with Operation(filled, viewer, NOW) as operation:
            result = await executed(
                graphql_schema, example.query, dict(example.variables), operation
            )
        assert result.data is not None
    assert fallbacks == []


async def test_refusals_of_nullable_fields_are_met_breadth_first(
    filled: Database, fallbacks: list[OperationExecutor]
) -> None:
    document = (
        '{ user(id: "1") { login classifications { totalCount } } userGroup(id: 9999) { id } }'
    )
    async with Operation(filled, ANONYMOUS, NOW) as operation:
        result = await executed(graphql_schema, document, None, operation)
    assert result.data == {"user": {"login": "user-1", "classifications": None}, "userGroup": None}
    assert sorted(error.path or [] for error in result.errors or ()) == [
        ["user", "classifications"],
        ["userGroup"],
    ]
    assert fallbacks == []


async def test_an_error_that_spreads_to_its_parent_is_left_to_graphql_core(
    filled: Database, fallbacks: list[OperationExecutor]
) -> None:
    document = (
        "{ project(id: 1) { classifications { buckets(period: DAY, fillGaps: true) { count } } } }"
    )
    filtered = document.replace(
        "classifications {", 'classifications(range: { start: "1900-01-01" }) {'
    )
    async with Operation(filled, ADMIN, NOW) as operation:
        result = await executed(graphql_schema, filtered, None, operation)
    assert result.data == {"project": {"classifications": None}}
    assert len(fallbacks) == 1
