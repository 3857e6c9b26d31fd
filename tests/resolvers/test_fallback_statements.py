"""Pages that fall back at their last field: no statement runs twice, no value counts twice."""

from __future__ import annotations

import asyncio
import sys
from typing import Any, cast

import pytest
import strawberry
from graphql import ExecutionResult, parse, print_ast
from strawberry.schema.config import StrawberryConfig

from gateway.auth.viewer import Viewer
from gateway.db import Database
from gateway.graphql.documents.variables import Variables
from gateway.graphql.endpoint.html import Example
from gateway.graphql.execution.operation_executor import OperationExecutor
from gateway.graphql.execution.production import COST_OF_A_FALLEN_FIELD, Production
from gateway.graphql.page.examples import EXAMPLES
from gateway.loaders.operation import Operation
from gateway.yielding import Yielding
from resolvers.query import Query
from resolvers.scalars import SCALARS
from resolvers.schema import FederatedSchema
from tests.asking import ADMIN, NOW
from tests.executing import count_fallbacks, prepared_for, written
from tests.resolvers.test_statements import fill

#: More than any page waits for its loaders.
ROUNDS = 30


@strawberry.type
class Falling(Query):
    """The schema, and a field that is answered last, by something else than a number."""

    @strawberry.field
    async def last(self) -> int | None:
        for _ in range(ROUNDS):
            await asyncio.sleep(0)
        return cast("int", "no number")


SCHEMA = FederatedSchema(query=Falling, config=StrawberryConfig(scalar_map=SCALARS))._schema


def falling(document: str) -> str:
    """The document of one operation, which asks for the last field too."""
    operation, *fragments = map(print_ast, parse(document).definitions)
    return "\n".join((operation.removesuffix("}"), "last }", *fragments))


async def as_after_a_fallback(executor: OperationExecutor) -> ExecutionResult:
    executor.field_cost = COST_OF_A_FALLEN_FIELD
    return await executor._as_graphql_core()


class Executed:
    """One execution of a page: its result, and what it took."""

    def __init__(self, database: Database, viewer: Viewer) -> None:
        self._database = database
        self._viewer = viewer

    async def run(
        self, text: str, variables: dict[str, Any], way: Any = OperationExecutor.run
    ) -> Executed:
        prepared = prepared_for(SCHEMA, text)
        operation = prepared.operation(None)
        values: Any = Variables(SCHEMA, operation).coerce(variables)
        async with Operation(self._database, self._viewer, NOW) as context:
            production = Production(Yielding(sys.maxsize))
            executor = OperationExecutor(SCHEMA, prepared, operation, values, context, production)
            self.result = await way(executor)
            self.statements = context.snapshot.statements
        self.produced = production.cost, production.values
        return self


@pytest.fixture
async def filled(database: Database) -> Database:
    await fill(database)
    return database


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.title)
async def test_a_page_that_falls_back_reads_and_counts_once(
    filled: Database, example: Example, monkeypatch: pytest.MonkeyPatch
) -> None:
    fallbacks = count_fallbacks(monkeypatch)
    variables = dict(example.variables)
    for viewer in (ADMIN, Viewer(id=2, login="user-2")):
        whole = await Executed(filled, viewer).run(example.query, variables)
        assert fallbacks == []
        text = falling(example.query)
        fallen = await Executed(filled, viewer).run(text, variables)
        assert len(fallbacks) == 1
        assert fallen.result.data == {**whole.result.data, "last": None}
        assert fallen.statements == whole.statements
        alone = await Executed(filled, viewer).run(text, variables, as_after_a_fallback)
        fallbacks.clear()
        assert written(fallen.result) == written(alone.result)
        assert fallen.produced == alone.produced
