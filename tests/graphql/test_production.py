"""What operations produce is counted as it is produced: limited and charged."""

from __future__ import annotations

import time
from datetime import date
from typing import Any

import pytest
import strawberry
from graphql import OperationType

from gateway.auth.viewer import ANONYMOUS
from gateway.db import Database
from gateway.graphql.admission.admission import LETTERS_A_COST
from gateway.graphql.documents.document_cache import Documents
from gateway.graphql.documents.request import GraphQLRequest
from gateway.graphql.execution.executor import Executor
from gateway.graphql.execution.production import Production
from gateway.graphql.masking import ErrorMask
from gateway.graphql.refusals import (
    AnswerTooLarge,
    CostTooHigh,
    DocumentTooLarge,
    OperationTimeout,
    RateLimited,
    TooManyDirectives,
    TooManyTokens,
    TooManyValues,
    UnknownOperation,
)
from gateway.telemetry.record import RequestRecord
from gateway.yielding import Yielding
from tests.asking import NOW
from tests.graphql.charged import REFERENCES, TODAY, UNENDING, Gateway


async def test_a_list_that_turns_out_longer_is_charged_what_it_has(filled: Database) -> None:
    gateway = Gateway(filled)
    answer = await gateway.ask(UNENDING, ids=["1", "1"])
    (first, _) = answer["data"]["usersByIds"]
    buckets = len(first["classifications"]["buckets"])
    assert buckets == TODAY - (date(2020, 1, 1) - date(1970, 1, 1)).days + 1
    assert gateway.record.cost == await gateway.spent() == 2 * (1 + 1 + buckets)
    # The charge in advance was for 366 each.
    assert gateway.record.cost > 2 * (1 + 1 + 366)


async def test_a_list_that_turns_out_too_long_ends_the_operation(filled: Database) -> None:
    gateway = Gateway(filled, cost_limit=20_000)
    with pytest.raises(CostTooHigh) as refused:
        await gateway.ask(UNENDING, ids=["1"] * 50)
    assert refused.value.extensions["code"] == "COST_TOO_HIGH"
    assert refused.value.limit == 20_000
    # It ended with the list that went beyond, and this is what was charged.
    assert refused.value.value is not None
    assert 20_000 < refused.value.value < 22_000
    assert await gateway.spent() == refused.value.value


async def test_an_answer_of_too_many_values_ends_the_operation(filled: Database) -> None:
    gateway = Gateway(filled, value_limit=5000)
    assert "errors" not in await gateway.ask(UNENDING, ids=["1"])
    with pytest.raises(TooManyValues) as refused:
        await gateway.ask(UNENDING, ids=["1", "1", "1"])
    assert (refused.value.code, refused.value.limit) == ("TOO_MANY_VALUES", 5000)


async def test_an_answer_of_too_many_bytes_is_refused(filled: Database) -> None:
    gateway = Gateway(filled, answer_limit=20_000)
    assert "errors" not in await gateway.ask(UNENDING, ids=["1"])
    with pytest.raises(AnswerTooLarge) as refused:
        await gateway.ask(UNENDING, ids=["1", "1"])
    assert refused.value.extensions == {"code": "ANSWER_TOO_LARGE", "limit": 20_000}
    assert await gateway.spent() > 0


async def test_what_graphql_core_executes_is_limited_and_charged_alike(filled: Database) -> None:
    gateway = Gateway(filled, cost_limit=20_000)
    one = {"__typename": "User", "id": "1"}
    answer = await gateway.ask(REFERENCES, r=[one])
    buckets = len(answer["data"]["_entities"][0]["classifications"]["buckets"])
    assert await gateway.spent() == 1 + 1 + buckets
    with pytest.raises(CostTooHigh):
        await gateway.ask(REFERENCES, r=[one] * 50)
    assert await gateway.spent() > 20_000


REFUSED = {
    "no GraphQL": ("{ a: ", None),
    "an unknown field": ("{ nothing }", None),
    "too many tokens": ("{ me { id } }" + " me" * 2000, TooManyTokens),
    "too many directives": ("{ me " + "@skip(if: true) " * 51 + "{ id } }", TooManyDirectives),
    "too long": ("{ me { id } } #" + "." * 40_000, DocumentTooLarge),
    "too many bytes": ("{ me { id } } #" + "é" * 20_000, DocumentTooLarge),
    "no operation": ("query A { me { id } } query B { me { id } }", UnknownOperation),
    "too costly": (
        "{ usersByIds(ids: [%s]) { comments { buckets { count } } } }" % ('"1" ' * 900),
        CostTooHigh,
    ),
    "a variable is missing": ("query ($id: ID!) { user(id: $id) { id } }", None),
}


@pytest.mark.parametrize(("text", "kind"), REFUSED.values(), ids=REFUSED)
async def test_refused_documents_cost_the_budget(
    database: Database, text: str, kind: type[Exception] | None
) -> None:
    gateway = Gateway(database)
    if kind is None:
        assert "data" not in await gateway.ask(text)
    else:
        with pytest.raises(kind):
            await gateway.ask(text)
    assert await gateway.spent() == 1 + len(text) // LETTERS_A_COST


async def test_who_has_nothing_left_has_no_document_read(database: Database) -> None:
    gateway = Gateway(database, per_minute=10)
    known = "{ me { id } }"
    assert "data" in await gateway.ask(known)
    assert "data" not in await gateway.ask("{ nothing }" + " " * 200)
    for text in ("{ nothing }", known):
        with pytest.raises(RateLimited):
            await gateway.ask(text)
    assert gateway._executor.documents.counts.misses == 2


async def test_small_operations_are_not_cut_by_the_work_of_others() -> None:
    yielding = Yielding(100)
    yielding.work(1000)
    small, large = Production(yielding), Production(yielding)
    small.add(1, 9)
    assert not small.due
    large.add(1, 10)
    assert large.due


@strawberry.type
class Busy:
    @strawberry.field
    def busy(self, seconds: float) -> int:
        time.sleep(seconds)
        return 1


async def test_the_time_limit_counts_what_is_synchronous() -> None:
    schema: Any = strawberry.Schema(Busy)._schema

    class Context:
        now = NOW
        has_secret = False

        async def __aenter__(self) -> Context:
            return self

        async def __aexit__(self, *_: object) -> None: ...

    executor = Executor(schema, Documents(schema), lambda *_: Context(), ErrorMask(), 0.05)

    async def ask(seconds: float) -> Any:
        request = GraphQLRequest(f"{{ busy(seconds: {seconds}) }}")
        kinds = {OperationType.QUERY}
        return await executor.execute(request, ANONYMOUS, kinds, RequestRecord("", "POST"))

    assert "errors" not in await ask(0)
    with pytest.raises(OperationTimeout):
        await ask(0.06)
