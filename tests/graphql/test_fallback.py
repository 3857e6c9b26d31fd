"""What cannot be executed breadth-first falls back to graphql-core, once and as a whole."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from typing import Any, cast

import pytest
import strawberry
from graphql import OperationType

from gateway.auth.viewer import ANONYMOUS
from gateway.execution_hints import HintError, batched_field
from gateway.graphql.documents.document_cache import Documents
from gateway.graphql.documents.request import GraphQLRequest
from gateway.graphql.documents.variables import Variables
from gateway.graphql.execution.counted_execution import CountedExecution
from gateway.graphql.execution.executor import Executor
from gateway.graphql.execution.operation_executor import OperationExecutor
from gateway.graphql.execution.production import COST_OF_A_FALLEN_FIELD, Production
from gateway.graphql.masking import ErrorMask
from gateway.graphql.refusals import OperationTimeout, TooManyValues
from gateway.telemetry.record import RequestRecord
from gateway.yielding import Yielding
from tests.asking import NOW
from tests.executing import compared, count_fallbacks, executed, prepared_for


async def too_few(objects: Any, info: strawberry.Info) -> list[int]:
    await asyncio.sleep(0)
    return [1] * (len(objects) - 1)


async def double(objects: Any, info: strawberry.Info) -> list[int]:
    await asyncio.sleep(0)
    return [2 * one.number for one in objects]


@strawberry.type
class Thing:
    number: int
    doubled: int = batched_field(double, description="Twice the number.")
    wrong: int = batched_field(too_few, description="One value is missing.")

    @strawberry.field
    def path(self, info: strawberry.Info) -> str | None:
        return ".".join(map(str, info.path.as_list()))

    @strawberry.field
    async def with_timeout(self) -> int | None:
        async with asyncio.timeout(60):
            await asyncio.sleep(0)
        return self.number

    @strawberry.field
    async def with_tasks(self) -> int | None:
        async with asyncio.TaskGroup() as group:
            task = group.create_task(asyncio.sleep(0, self.number))
        return task.result()

    @strawberry.field
    async def slept(self) -> int | None:
        for _ in range(self.number):
            await asyncio.sleep(0)
        return self.number

    @strawberry.field
    async def failed(self) -> int | None:
        await asyncio.sleep(0)
        raise RuntimeError(self.number)


@strawberry.type
class Box:
    thing: Thing | None


def wrong() -> Thing:
    return Thing(number=cast("int", "no number"))


@strawberry.type
class Query:
    @strawberry.field
    def boxes(self) -> list[Box]:
        return [Box(thing=wrong()), Box(thing=Thing(number=1)), Box(thing=None)]

    @strawberry.field
    def many(self) -> list[Thing]:
        return [Thing(number=n) for n in range(120)]

    @strawberry.field
    def many_wrong(self) -> list[Thing | None]:
        return [None, *[Thing(number=n) for n in range(120)], wrong()]

    @strawberry.field
    def wrong_things(self) -> list[Thing | None]:
        return [Thing(number=1), wrong(), None, Thing(number=2)]

    @strawberry.field
    def things(self) -> list[Thing]:
        return [Thing(number=n) for n in range(3)]

    @strawberry.field
    def counted(self, info: strawberry.Info) -> int:
        info.context.calls += 1
        return cast("int", info.context.calls)

    @strawberry.field
    async def no_number(self) -> int | None:
        await asyncio.sleep(0)
        return cast("int", "no number")

    @strawberry.field
    async def slow_at_second(self, info: strawberry.Info) -> int | None:
        """Falls back; called again, it is there once the time of the first call is over."""
        loop, context = asyncio.get_running_loop(), info.context
        if context.deadline is None:
            context.deadline = loop.time() + context.seconds
            return cast("int", "no number")
        while loop.time() <= context.deadline:
            time.sleep(0.01)  # noqa: ASYNC251 - it keeps the loop
        return 1


@strawberry.type
class Mutation:
    @strawberry.mutation
    def count(self, info: strawberry.Info) -> int | None:
        info.context.calls += 1
        return cast("int", "no number")


SCHEMA = strawberry.Schema(Query, Mutation)._schema


class Context:
    now = NOW
    deadline: float | None = None
    has_secret = False

    def __init__(self, seconds: float = 60) -> None:
        self.seconds = seconds
        self.calls = 0

    async def __aenter__(self) -> Context:
        return self

    async def __aexit__(self, *_: object) -> None: ...


@pytest.fixture
def fallbacks(monkeypatch: pytest.MonkeyPatch) -> list[OperationExecutor]:
    return count_fallbacks(monkeypatch)


async def ask(text: str, context: Context, **limits: Any) -> Any:
    executor = Executor(
        SCHEMA, Documents(SCHEMA), lambda *_: context, ErrorMask(), context.seconds, **limits
    )
    kinds, record = {OperationType.QUERY, OperationType.MUTATION}, RequestRecord("", "POST")
    return await executor.execute(GraphQLRequest(text), ANONYMOUS, kinds, record)


@pytest.mark.parametrize("field", ["path", "withTimeout", "withTasks", "failed"])
async def test_what_needs_a_path_or_a_task_of_its_own_falls_back(
    fallbacks: list[OperationExecutor], field: str
) -> None:
    await compared(SCHEMA, f"{{ things {{ number {field} }} }}", None, None, None)
    assert len(fallbacks) == 1


async def test_resolvers_may_wait_for_the_loop(fallbacks: list[OperationExecutor]) -> None:
    await compared(SCHEMA, "{ things { slept doubled } }", None, None, None)
    assert fallbacks == []


async def test_a_batched_field_without_a_value_for_each_object_is_an_error() -> None:
    with pytest.raises(HintError, match=r"^too_few returned 2 values for 3 objects\.$"):
        await executed(SCHEMA, "{ things { wrong } }", None, None)


async def test_an_operation_falls_back_once(fallbacks: list[OperationExecutor]) -> None:
    context = Context()
    await ask("{ counted noNumber }", context)
    assert len(fallbacks) == 1
    assert context.calls == 2


BESIDE = """query ($name: String = "Thing") {
    a: things { number } __schema { types { name fields { name } } } b: things { slept }
    __type(name: $name) { name ...kind } things { doubled } __typename
}
fragment kind on __Type { kind }
"""


async def test_the_schema_beside_other_fields_needs_no_fallback(
    fallbacks: list[OperationExecutor],
) -> None:
    result = await compared(SCHEMA, BESIDE, None, None, None)
    assert result.errors is None
    keys = ["a", "__schema", "b", "__type", "things", "__typename"]
    assert list(result.data or ()) == keys
    assert fallbacks == []


async def test_an_error_of_introspection_falls_back(fallbacks: list[OperationExecutor]) -> None:
    result = await compared(SCHEMA, BESIDE, {"name": None}, None, None)
    assert [error.path for error in result.errors or ()] == [["__type"]]
    assert len(fallbacks) == 1


async def test_the_schema_beside_other_fields_calls_resolvers_once() -> None:
    context = Context()
    await ask("{ counted __schema { queryType { name } } }", context)
    assert context.calls == 1


@pytest.mark.parametrize(
    ("document", "executed_types"),
    [
        # Nothing below needs a resolver.
        ("{ things { number } noNumber }", {"Query": 1}),
        ("{ many { number } noNumber }", {"Query": 1}),
        # One of the objects that are completed together is wrong, and an object in one of them.
        ("{ things { number } wrongThings { number } noNumber }", {"Query": 1, "Thing": 1}),
        ("{ boxes { thing { number } } noNumber }", {"Query": 1, "Box": 1, "Thing": 1}),
        ("{ manyWrong { number } noNumber }", {"Query": 1, "Thing": 1}),
        ("{ things { slept } noNumber }", {"Query": 1, "Thing": 3}),
    ],
)
async def test_graphql_core_executes_what_is_not_compiled(
    document: str,
    executed_types: dict[str, int],
    fallbacks: list[OperationExecutor],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    types: Counter[str] = Counter()
    execute_fields = CountedExecution.execute_fields

    def counted(self: CountedExecution, parent_type: Any, *given: Any) -> Any:
        types[parent_type.name] += 1
        return execute_fields(self, parent_type, *given)

    monkeypatch.setattr(CountedExecution, "execute_fields", counted)
    await compared(SCHEMA, document, None, None, None)
    assert types == executed_types
    assert len(fallbacks) == 1


async def test_what_graphql_core_executes_after_a_fallback_costs_more() -> None:
    """126 things; 5 for each of 4 fields of the root and 2 of 3 things that are not compiled."""
    text = "{ things { number slept } a: things { number } many { number } noNumber }"
    prepared = prepared_for(SCHEMA, text)
    operation = prepared.operation(None)
    values: Any = Variables(SCHEMA, operation).coerce({})
    for yielding in (Yielding(), Yielding(1)):
        production = Production(yielding)
        executor = OperationExecutor(SCHEMA, prepared, operation, values, None, production)
        await executor.run()
        assert production.cost == 126 + COST_OF_A_FALLEN_FIELD * (4 + 3 * 2)


async def test_a_mutation_is_never_executed_twice(fallbacks: list[OperationExecutor]) -> None:
    context = Context()
    await ask("mutation { count }", context)
    assert context.calls == 1


async def test_what_fell_back_has_the_time_that_is_left() -> None:
    with pytest.raises(OperationTimeout):
        await ask("{ slowAtSecond }", Context(seconds=0.1))


async def test_what_was_thrown_away_is_not_counted() -> None:
    """Each way makes 3 items with a field each, and 2 fields and an error beside."""
    text = "{ things { number } noNumber }"
    with pytest.raises(TooManyValues):
        await ask(text, Context(), value_limit=17)
    await ask(text, Context(), value_limit=18)
