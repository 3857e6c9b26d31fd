"""Whatever an operation does for long, others have a turn of the loop meanwhile."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Any

import strawberry
from graphql import OperationType

from gateway.auth.viewer import ANONYMOUS
from gateway.execution_hints import batched_field
from gateway.graphql.documents.document_cache import Documents
from gateway.graphql.documents.request import GraphQLRequest
from gateway.graphql.execution.executor import Executor
from gateway.graphql.masking import ErrorMask
from gateway.telemetry.record import RequestRecord
from gateway.yielding import WORK_PER_YIELD
from tests.asking import NOW

LENGTH = 500


class Context:
    """Counts what resolvers make between two turns of the loop."""

    now = NOW
    has_secret = False

    def __init__(self) -> None:
        self.turn = 0
        self.made: Counter[int] = Counter()

    def opened(self, *_: object) -> Context:
        return self

    async def __aenter__(self) -> Context:
        return self

    async def __aexit__(self, *_: object) -> None: ...

    async def watch(self) -> None:
        while True:
            await asyncio.sleep(0)
            self.turn += 1


async def together(charts: Sequence[Chart], info: strawberry.Info) -> list[list[int]]:
    info.context.made[info.context.turn] += LENGTH * len(charts)
    return [[*range(LENGTH)] for _ in charts]


@strawberry.type
class Chart:
    batched: list[int] = batched_field(together, description="Made for several charts.")

    @strawberry.field
    async def awaiting_nothing(self, info: strawberry.Info) -> list[int]:
        info.context.made[info.context.turn] += LENGTH
        return [*range(LENGTH)]

    @strawberry.field
    def at_once(self, info: strawberry.Info) -> list[int]:
        info.context.made[info.context.turn] += LENGTH
        return [*range(LENGTH)]


@strawberry.type
class Query:
    @strawberry.field
    async def charts(self) -> list[Chart]:
        return [Chart() for _ in range(1000)]


async def test_lists_of_resolvers_that_wait_for_nothing_give_turns() -> None:
    """As those do whose loaders have answered before."""
    schema: Any = strawberry.Schema(Query)._schema
    # The lists of a batched field are made for two objects at a time.
    for field, lists in (("awaitingNothing", 1), ("atOnce", 1), ("batched", 2)):
        context = Context()
        executor = Executor(schema, Documents(schema), context.opened, ErrorMask(), 60)
        watching = asyncio.create_task(context.watch())
        request = GraphQLRequest(f"{{ charts {{ {field} }} }}")
        kinds, record = {OperationType.QUERY}, RequestRecord("", "POST")
        answer = await executor.execute(request, ANONYMOUS, kinds, record)
        watching.cancel()
        assert "errors" not in answer
        assert sum(context.made.values()) == 1000 * LENGTH
        assert max(context.made.values()) <= WORK_PER_YIELD + lists * LENGTH
