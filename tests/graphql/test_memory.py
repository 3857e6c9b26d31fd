"""What clients make the process keep has one budget in bytes, and nothing is kept in vain."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Callable
from typing import Any
from weakref import ref

import orjson
import pytest
from graphql import OperationType

from gateway.auth.viewer import ANONYMOUS
from gateway.changes.feed import ChangeFeed
from gateway.db import Database
from gateway.graphql.documents.document_cache import Documents
from gateway.graphql.documents.request import GraphQLRequest
from gateway.graphql.execution.executor import Executor
from gateway.graphql.execution.preparation import PreparedOperation
from gateway.graphql.execution.response_cache import ResponseCache
from gateway.graphql.masking import ErrorMask
from gateway.loaders.cache import ReadCache
from gateway.loaders.operation import Operation
from gateway.telemetry.record import RequestRecord
from resolvers.schema import graphql_schema
from tests.asking import NOW
from tests.graphql.copies import Clock, filled_gateway
from tests.loaders.test_never_stale import entries

Kind = Callable[[int], tuple[str, dict[str, Any]]]

PARTS = ("documents", "plans", "variables")
LOGIN = "query ($id: ID!) { usersByIds(ids: [$id]) { login } }"


class Process:
    """An executor with its documents and facts."""

    def __init__(self, database: Database, capacity: int) -> None:
        self.documents = Documents(graphql_schema, capacity_bytes=capacity)
        self.cache = ReadCache(1_000_000)
        self.changes = ChangeFeed(database)
        self.responses = ResponseCache(database, self.changes, lambda: NOW, 1_000_000)

        def open_operation(*_: object) -> Operation:
            return Operation(database, ANONYMOUS, NOW, cache=self.cache, feed=self.changes)

        self._executor = Executor(
            graphql_schema,
            self.documents,
            open_operation,
            ErrorMask(),
            60,
            responses=self.responses,
        )

    @property
    def size(self) -> int:
        return sum(self.documents.size(part) for part in PARTS)  # type: ignore[arg-type]

    async def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        answer = await self.ask_anything(query, **variables)
        assert "errors" not in answer
        return answer

    async def ask_anything(self, query: str, **variables: Any) -> dict[str, Any]:
        request, record = GraphQLRequest(query, variables), RequestRecord("", "")
        if query.startswith("subscription"):
            ready = await self._executor.live.open(request, ANONYMOUS, record)
            assert isinstance(ready, PreparedOperation), ready
            answer, *_ = await self._executor.live.evaluate(ready, ANONYMOUS, record)
        else:
            answer = await self._executor.execute(request, ANONYMOUS, {OperationType.QUERY}, record)
        found: dict[str, Any] = orjson.loads(orjson.dumps(answer))
        return found


def of_another_name(number: int) -> tuple[str, dict[str, Any]]:
    return f"query A{number} {{ projectsByIds(ids: [11]) {{ id }} }}", {}


def of_many_aliases(number: int) -> tuple[str, dict[str, Any]]:
    each = "projectsByIds(ids: [$id]) { id classifications(range: { start: $day }) { totalCount } }"
    fields = " ".join(f"a{alias}: {each}" for alias in range(45))
    variables = {"id": "11", "day": f"2024-01-{1 + number % 28:02}"}
    return f"query A{number}($id: ID!, $day: Date) {{ {fields} }}", variables


def of_other_variables(number: int) -> tuple[str, dict[str, Any]]:
    return LOGIN, {"id": str(number)}


def of_other_conditions(number: int) -> tuple[str, dict[str, Any]]:
    names = [f"c{bit}" for bit in range(8)]
    declared = ", ".join(f"${name}: Boolean!" for name in names)
    fields = " ".join(
        f"{name}: projectsByIds(ids: [11]) @include(if: ${name}) {{ id }}" for name in names
    )
    given = {name: bool(number >> bit & 1) for bit, name in enumerate(names)}
    return f"query ({declared}) {{ {fields} }}", given


def live(kind: Kind) -> Kind:
    """The same by subscriptions, whose fields stand in one more selection."""

    def of_subscriptions(number: int) -> tuple[str, dict[str, Any]]:
        query, variables = kind(number)
        before, fields = query.removeprefix("query").split("{", 1)
        return f"subscription {before} {{ live {{ {fields} }}", variables

    return of_subscriptions


LIVE = {kind: live(kind) for kind in (of_another_name, of_many_aliases, of_other_conditions)}
KINDS = (of_another_name, of_many_aliases, of_other_variables, of_other_conditions, *LIVE.values())


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("kind", KINDS)
async def test_documents_plans_and_variables_stay_within_the_budget(
    database: Database, kind: Kind
) -> None:
    capacity = 10_000_000
    process = Process(database, capacity)
    for number in range(1, 60):
        query, variables = kind(number)
        await process.ask(query, **variables)
        assert 0 < process.size <= capacity
        assert all(process.documents.size(part) >= 0 for part in PARTS)  # type: ignore[arg-type]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("kind", [*LIVE, *LIVE.values()])
async def test_the_estimate_is_of_the_memory_that_is_taken(database: Database, kind: Kind) -> None:
    process = Process(database, 1_000_000_000)
    for number in range(3):
        await process.ask(kind(number)[0], **kind(number)[1])
    gc.collect()
    tracemalloc.start()
    before, estimated = tracemalloc.get_traced_memory()[0], process.size
    facts = process.cache.entries.size + process.responses.size
    for number in range(10, 30):
        await process.ask(kind(number)[0], **kind(number)[1])
    gc.collect()
    taken = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    estimated = process.size - estimated
    facts = process.cache.entries.size + process.responses.size - facts
    assert taken <= 1.2 * (estimated + facts)
    assert estimated <= 4 * taken


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("kind", KINDS)
async def test_a_document_that_made_room_is_gone_at_once(database: Database, kind: Kind) -> None:
    """Not when the collector comes by, which looks at what is old very seldom."""
    process = Process(database, 10_000_000)
    query, variables = kind(1)
    for _ in range(2):
        await process.ask(query, **variables)
    document = ref(process.documents.parse(query))
    documents = [process.documents.parse(query), *process.documents.parse(query)._derived]
    plans = [ref(plan) for one in documents for plan in one.plans.values()]
    del documents
    # What is left of executing them is not kept by anything of ours.
    gc.collect()
    gc.disable()
    try:
        for number in range(501):
            process.documents.validate(process.documents.parse(f"{{ a{number}: __typename }}"))
        assert document() is None
        assert [plan() for plan in plans] == [None]
    finally:
        gc.enable()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_refusals_are_gone_at_once(database: Database) -> None:
    """Their tracebacks lead to the lists that hold them: cycles, as many as there are errors."""
    await database.write(entries(users=[{"id": 1, "login": "ada"}]))
    process = Process(database, 10_000_000)
    query = "query ($ids: [ID!]!) { usersByIds(ids: $ids) { classifications { totalCount } } }"
    await process.ask_anything(query, ids=["1"])
    gc.collect()
    gc.disable()
    try:
        answer = await process.ask_anything(query, ids=["1"] * 500)
        assert len(answer["errors"]) == 500
        del answer
        assert gc.collect() < 500
    finally:
        gc.enable()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_budget_of_nothing_keeps_nothing_and_answers(database: Database) -> None:
    process = Process(database, 0)
    for _ in range(2):
        assert await process.ask(LOGIN, id="1") == {"data": {"usersByIds": [None]}}
    assert process.size == 0


async def test_undeclared_variables_are_no_key(database: Database) -> None:
    await database.write(entries(users=[{"id": 1, "login": "ada"}]))
    process = Process(database, 10_000_000)
    await process.ask(LOGIN, id="1")
    async with process.changes:
        # The second time it is noted where the viewer's answer is.
        await process.ask(LOGIN, id="1")
        size, answers = process.size, process.responses.size
        for number in range(50):
            answer = await process.ask(LOGIN, id="1", other="x" * 8000, **{f"v{number}": number})
            assert answer == {"data": {"usersByIds": [{"login": "ada"}]}}
    assert (process.size, process.responses.size) == (size, answers)
    assert process.responses.hits == 51


async def test_undeclared_variables_make_no_other_copy(database_url: str) -> None:
    async with filled_gateway(Clock(), database_url=database_url) as client:
        query = {"query": "{ user(id: 1) { login } }"}
        first = await client.get("http://gateway/graphql", params=query)
        kept = client.responses.counts.entries  # type: ignore[attr-defined]
        for number in range(5):
            again = await client.get(
                "http://gateway/graphql",
                params={**query, "variables": orjson.dumps({"x": number}).decode()},
                headers={"if-none-match": first.headers["etag"]},
            )
            assert again.status_code == 304
        assert client.responses.counts.entries == kept  # type: ignore[attr-defined]
