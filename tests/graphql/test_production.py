"""What operations produce is counted as it is produced: limited, charged, and cut into turns."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import orjson
import pytest
import strawberry
from graphql import (
    FieldNode,
    GraphQLObjectType,
    OperationType,
    SelectionSetNode,
    get_named_type,
    is_leaf_type,
    is_required_argument,
)
from sqlalchemy import update
from starlette.requests import Request

from gateway.auth.viewer import ANONYMOUS, Viewer
from gateway.db import Database
from gateway.db.compiled import Compiled, Union
from gateway.db.tables import membership
from gateway.directory.memberships import encode_roles
from gateway.graphql.admission.admission import LETTERS_A_COST, Admission
from gateway.graphql.admission.budget import Budget
from gateway.graphql.admission.cost import CostModel, declared, is_list
from gateway.graphql.admission.document_limits import DocumentLimits
from gateway.graphql.documents.document_cache import Documents
from gateway.graphql.documents.request import GraphQLRequest, read_post
from gateway.graphql.documents.variables import Variables
from gateway.graphql.execution import writing
from gateway.graphql.execution.compiled_selection import ReadyObject
from gateway.graphql.execution.executor import Executor
from gateway.graphql.execution.incremental import IncrementalOperationExecutor
from gateway.graphql.execution.operation_executor import OperationExecutor
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
from gateway.http.refusals import BadRequest
from gateway.loaders.operation import Operation
from gateway.settings import Settings
from gateway.telemetry.record import RequestRecord
from gateway.turns import ROWS_IN_LOOP, WORK_A_TURN, Turns
from resolvers.schema import graphql_schema
from tests.asking import ADMIN, NOW
from tests.events_of import classification, comment, store
from tests.executing import prepared_for
from tests.loaders.test_never_stale import entries

TODAY = (NOW.date() - date(1970, 1, 1)).days
PER_MINUTE = 10_000_000
#: The tests' own, which nobody watches.
WRITE = orjson.dumps
#: More than any list is assumed to have.
DAYS, PROJECTS, GROUPS, WORKFLOWS = 400, 60, 30, 25


@pytest.fixture
async def filled(database: Database) -> Database:
    """One volunteer of long ago, with more of everything than lists are assumed to have."""
    member = {"user_id": 1, "state": "active", "roles": ["group_admin", "group_member"]}
    await database.write(
        entries(
            users=[{"id": 1, "login": "ada"}],
            projects=[{"id": one, "slug": f"zoo/{one}"} for one in range(1, PROJECTS + 1)],
            workflows=[{"id": one, "project_id": 1} for one in range(1, WORKFLOWS + 1)],
            user_groups=[{"id": one, "name": f"group-{one}"} for one in range(1, GROUPS + 1)],
            memberships=[{**member, "user_group_id": one} for one in range(1, GROUPS + 1)],
        )
    )
    # A file's roles are those that mean something; Panoptes may have more.
    roles = encode_roles([*member["roles"], "x"])
    await database.write(
        lambda connection: connection.execute(update(membership), {"roles": roles})
    )
    first = datetime(2020, 1, 1, 12, tzinfo=UTC)
    days = [(first + timedelta(days=n)).strftime("%Y-%m-%dT%H:%M") for n in range(DAYS)]
    await store(
        database,
        *(
            classification(n, when, project=n % PROJECTS + 1, workflow=1, groups=(1,))
            for n, when in enumerate(days)
        ),
        *(comment(n, when, project=1) for n, when in enumerate(days)),
    )
    return database


class Gateway:
    """An executor over a database, with a budget."""

    def __init__(self, database: Database, **limits: Any) -> None:
        now = NOW.timestamp()
        self.budget = Budget(limits.pop("per_minute", PER_MINUTE), lambda: now)
        self.turns = limits.pop("turns", None) or Turns()
        self.record = RequestRecord("", "POST")
        self.costs = CostModel(graphql_schema, lambda: TODAY)
        cost_limit = limits.pop("cost_limit", 250_000)
        checked = Documents(
            graphql_schema, DocumentLimits(30, 100, 50), max_bytes=32_768, max_tokens=2000
        )

        def open_operation(viewer: Viewer, record: RequestRecord) -> Operation:
            return Operation(database, viewer, NOW, record=record, turns=self.turns)

        self._executor = Executor(
            graphql_schema,
            checked,
            open_operation,
            ErrorMask(),
            60,
            Admission(self.costs, cost_limit, self.budget),
            turns=self.turns,
            **limits,
        )

    async def ask(
        self, query: str, viewer: Viewer = ADMIN, name: str | None = None, **variables: Any
    ) -> dict[str, Any]:
        self.record = RequestRecord("", "POST")
        request = GraphQLRequest(query, variables, name)
        kinds = {OperationType.QUERY}
        answer = await self._executor.execute(request, viewer, kinds, self.record)
        shown: dict[str, Any] = orjson.loads(WRITE(answer))
        return shown

    async def spent(self, who: str = "user/1") -> int:
        minute, own = self.budget._minute, self.budget._own
        return minute.amount - (await own.get_window_stats(minute, who)).remaining


FILLED = """query ($ids: [ID!]!, $from: Date) { users(ids: $ids) {
  classifications(filter: { start: $from }) { buckets(period: DAY, fillGaps: true) { count } }
} }"""
UNENDING = FILLED.replace("start: $from", "end: null").replace(", $from: Date", "")


async def test_a_list_that_turns_out_longer_is_charged_what_it_has(filled: Database) -> None:
    gateway = Gateway(filled)
    answer = await gateway.ask(UNENDING, ids=["1", "1"])
    (first, _) = answer["data"]["users"]
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


REFERENCES = """query ($r: [_Any!]!) { _entities(representations: $r) { ... on User {
  classifications { buckets(period: DAY, fillGaps: true) { count } }
} } }"""


async def test_what_graphql_core_executes_is_limited_and_charged_alike(filled: Database) -> None:
    gateway = Gateway(filled, cost_limit=20_000)
    one = {"__typename": "User", "id": "1"}
    answer = await gateway.ask(REFERENCES, r=[one])
    buckets = len(answer["data"]["_entities"][0]["classifications"]["buckets"])
    assert await gateway.spent() == 1 + 1 + buckets
    with pytest.raises(CostTooHigh):
        await gateway.ask(REFERENCES, r=[one] * 50)
    assert await gateway.spent() > 20_000


# Every list of the schema.


def required(field: Any) -> str:
    """The arguments that a field needs, written out."""
    written = {
        "id": '"1"',
        "ids": '["1"]',
        "start": '"2019-01-01"',
        "end": '"2024-03-01"',
        "representations": '[{__typename: "User", id: "1"}]',
    }
    given = [
        f"{name}: {written[name]}"
        for name, argument in field.args.items()
        if is_required_argument(argument)
    ]
    if "period" in field.args:
        given.append("period: DAY")
    # Elsewhere null, the default, stands for all there are.
    if "first" in field.args and isinstance(field.args["first"].default_value, int):
        given.append("first: 1")
    return f"({', '.join(given)})" if given else ""


def leaves(kind: Any) -> str:
    fields = kind.fields.items() if isinstance(kind, GraphQLObjectType) else ()
    chosen = [name for name, field in fields if is_leaf_type(get_named_type(field.type))]
    return f"{{ __typename {' '.join(chosen)} }}"


def lists_of_the_schema() -> Iterator[tuple[str, str]]:
    """For each list: its name, and an operation that asks for it where it is first reached."""
    waiting: list[tuple[Any, str, str]] = [(graphql_schema.query_type, "", "")]
    reached = {graphql_schema.query_type}
    while waiting:
        kind, before, after = waiting.pop(0)
        for name, field in kind.fields.items():
            below = get_named_type(field.type)
            asked = f"{name}{required(field)}"
            if is_list(field.type):
                chosen = "" if is_leaf_type(below) else leaves(below)
                yield f"{kind.name}.{name}", f"{{ {before} {asked} {chosen} {after} }}"
            if isinstance(below, GraphQLObjectType) and below not in reached:
                reached.add(below)
                waiting.append((below, f"{before} {asked} {{", f"}} {after}"))


LISTS = dict(lists_of_the_schema())
#: Those whose length no argument tells; the documentation names them.
SETTLED = {
    "ClassificationStats.buckets",
    "CommentStats.buckets",
    "GroupStats.buckets",
    "UserStats.buckets",
    "GroupStats.projectContributions",
    "MemberContribution.projectContributions",
    "UserStats.projectContributions",
    "User.memberships",
    "Project.workflows",
    # It is reached through the memberships of a volunteer.
    "Membership.roles",
}


def recount(kind: Any, selected: SelectionSetNode | None, value: Any) -> int:
    """What an object of the answer costs by the weights of its fields."""
    if selected is None or value is None:
        return 0
    total = 0
    for node in selected.selections:
        assert isinstance(node, FieldNode)
        if node.name.value.startswith("__") or not isinstance(kind, GraphQLObjectType):
            continue
        field = kind.fields[node.name.value]
        weight, found = declared(field)[0], value[node.name.value]
        for one in found if isinstance(found, list) else [found]:
            total += weight + recount(get_named_type(field.type), node.selection_set, one)
    return total


@pytest.mark.parametrize("name", LISTS)
async def test_nothing_produces_more_than_is_charged_or_settled(
    filled: Database, name: str
) -> None:
    gateway = Gateway(filled)
    answer = await gateway.ask(LISTS[name])
    assert "errors" not in answer
    prepared = prepared_for(graphql_schema, LISTS[name])
    operation = prepared.operation(None)
    charged = gateway.costs.cost(prepared, operation, {})
    produced = recount(graphql_schema.query_type, operation.selection_set, answer["data"])
    assert await gateway.spent() == gateway.record.cost >= max(charged, produced)
    assert (produced > charged) is (name in SETTLED)


@pytest.mark.parametrize("name", LISTS)
async def test_each_way_of_execution_counts_the_same(filled: Database, name: str) -> None:
    counts = []
    for way in (OperationExecutor.run, _field_by_field, _incremental):
        prepared = prepared_for(graphql_schema, LISTS[name])
        operation = prepared.operation(None)
        variables: Any = Variables(graphql_schema, operation).coerce({})
        async with Operation(filled, ADMIN, NOW) as context:
            production = Production(Turns())
            kind = IncrementalOperationExecutor if way is _incremental else OperationExecutor
            arguments = (graphql_schema, prepared, operation, variables, context, production)
            result = await way(kind(*arguments))  # type: ignore[arg-type]
            assert not result.errors
        counts.append((production.cost, production.values))
    assert counts[0] == counts[1] == counts[2]


async def _field_by_field(executor: OperationExecutor) -> Any:
    root = executor._plan.root(executor.schema.query_type, executor.variables)  # type: ignore[arg-type]
    return await executor._field_by_field(root)


async def _incremental(executor: Any) -> Any:
    result = executor.execute_operation()
    return await result if executor.is_awaitable(result) else result


# Documents that are refused.

REFUSED = {
    "no GraphQL": ("{ a: ", None),
    "an unknown field": ("{ nothing }", None),
    "too many tokens": ("{ me { id } }" + " me" * 2000, TooManyTokens),
    "too many directives": ("{ me " + "@skip(if: true) " * 51 + "{ id } }", TooManyDirectives),
    "too long": ("{ me { id } } #" + "." * 40_000, DocumentTooLarge),
    "too many bytes": ("{ me { id } } #" + "é" * 20_000, DocumentTooLarge),
    "no operation": ("query A { me { id } } query B { me { id } }", UnknownOperation),
    "too costly": (
        "{ users(ids: [%s]) { comments { buckets { count } } } }" % ('"1" ' * 900),
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


# Turns.


class Watch:
    """Counts what is done between two turns of the loop: values, rows and bytes."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.turn = 0
        self.values: Counter[int] = Counter()
        self.rows: Counter[int] = Counter()
        self.bytes: Counter[int] = Counter()
        made = ReadyObject._made
        dumps, thread = orjson.dumps, threading.get_ident()

        def watched(*arguments: Any) -> list[Any]:
            objects = made(*arguments)
            self.values[self.turn] += sum(map(values_of, objects))
            return objects

        def watched_dumps(content: Any) -> bytes:
            text = dumps(content)
            self.bytes[self.turn] += len(text)
            return text

        monkeypatch.setattr(ReadyObject, "_made", watched)
        monkeypatch.setattr(writing.orjson, "dumps", watched_dumps)
        for kind, name in ((Compiled, "values"), (Compiled, "named"), (Union, "apart")):
            converted = getattr(kind, name)

            def watched_rows(
                self_: Any, rows: Any, *others: Any, converted: Any = converted
            ) -> Any:
                if threading.get_ident() == thread:
                    self.rows[self.turn] += len(rows)
                return converted(self_, rows, *others)

            monkeypatch.setattr(kind, name, watched_rows)

    async def run(self) -> None:
        while True:
            await asyncio.sleep(0)
            self.turn += 1


def values_of(content: Any) -> int:
    if isinstance(content, dict):
        return len(content) + sum(map(values_of, content.values()))
    return len(content) + sum(map(values_of, content)) if isinstance(content, list) else 0


@pytest.fixture
async def watch(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Watch]:
    found = Watch(monkeypatch)
    running = asyncio.create_task(found.run())
    yield found
    running.cancel()


HEAVY = {
    "many filled buckets": FILLED,
    "of references": REFERENCES.replace(
        "classifications {", "classifications(filter: $f) {"
    ).replace("$r: [_Any!]!", "$r: [_Any!]!, $f: StatsFilter"),
    "many values of each": FILLED.replace("{ count }", "{ period count timeSpent a: count }"),
}


@pytest.mark.parametrize("query", HEAVY.values(), ids=HEAVY)
async def test_others_have_a_turn_after_a_set_amount_of_work(
    filled: Database, watch: Watch, query: str
) -> None:
    start = (NOW.date() - timedelta(days=229)).isoformat()
    many = {
        "ids": ["1"] * 1000,
        "from": start,
        "r": [{"__typename": "User", "id": "1"}] * 1000,
        "f": {"start": start},
    }
    limits = Settings()
    gateway = Gateway(filled, cost_limit=limits.cost_limit, value_limit=limits.value_limit * 2)
    asked = {name: value for name, value in many.items() if f"${name}:" in query}
    answer = await gateway.ask(query, **asked)
    assert "errors" not in answer
    # As costly as can be, nearly; all of it would be in one turn otherwise.
    assert gateway.record.cost == 1000 * (2 + 230)
    assert sum(watch.values.values()) >= 230_000
    assert max(watch.values.values()) <= 2 * WORK_A_TURN
    assert sum(watch.bytes.values()) > 2_000_000
    assert max(watch.bytes.values()) <= 4_000_000
    assert max(watch.rows.values()) <= ROWS_IN_LOOP


async def test_many_errors_give_turns(filled: Database, watch: Watch) -> None:
    aliases = " ".join(f"c{n}: classifications {{ totalCount }}" for n in range(20))
    query = f"query ($ids: [ID!]!) {{ users(ids: $ids) {{ {aliases} }} }}"
    gateway = Gateway(filled)
    answer = await gateway.ask(query, ANONYMOUS, ids=["1"] * 1000)
    assert len(answer["errors"]) == 20_000
    assert watch.turn > 20_000 * 100 / WORK_A_TURN
    with pytest.raises(TooManyValues):
        await Gateway(filled, value_limit=100_000).ask(query, ANONYMOUS, ids=["1"] * 1000)


async def test_many_keys_are_looked_for_in_turns(filled: Database) -> None:
    """Here the loop's turns are few values long, and the answer is the same."""
    query = """query ($ids: [ID!]!) { users(ids: $ids) { login comments { totalCount }
      memberships { group { name } roles } classifications { projectContributions { count } } } }"""
    short = Gateway(filled, turns=Turns(50))
    ids = [*map(str, range(1, 200))]
    assert await short.ask(query, ids=ids) == await Gateway(filled).ask(query, ids=ids)


async def test_a_turn_ends_for_all_operations_of_the_process() -> None:
    turns, done = Turns(10), []

    async def operation(name: str) -> None:
        for _ in range(3):
            await turns.give()
            turns.work(10)
            done.append((name, tick))

    tick = 0
    running = [asyncio.create_task(operation(name)) for name in "abc"]
    while not all(one.done() for one in running):
        await asyncio.sleep(0)
        tick += 1
    assert max(Counter(at for _, at in done).values()) == 1
    assert len(done) == 9


async def test_those_who_wait_are_not_woken_again_and_again() -> None:
    """Each turn of many waiting would take longer than the turn itself: 2,000 wait here."""
    turns, woken = Turns(10), 0

    class Woken:
        """Counts how often a coroutine goes on."""

        def __init__(self) -> None:
            self._work = work()

        def __await__(self) -> Iterator[Any]:
            nonlocal woken
            for waited in self._work.__await__():
                yield waited
                woken += 1

    async def work() -> None:
        await turns.give()
        turns.work(10)

    async def wait() -> None:
        await Woken()

    turns.work(10)
    waiting = [asyncio.create_task(wait()) for _ in range(2000)]
    waiting.pop(1000).cancel()
    await asyncio.gather(*waiting)
    # Each turn one of them works, and all it wakes beside is bounded, however many wait.
    assert woken <= 101 * 2000


async def test_small_operations_are_not_cut_by_the_work_of_others() -> None:
    turns = Turns(100)
    turns.work(1000)
    small, large = Production(turns), Production(turns)
    small.add(1, 9)
    assert not small.due
    large.add(1, 10)
    assert large.due


# Time.


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


# Variables.


@pytest.mark.parametrize("name", ["variables", "extensions"])
@pytest.mark.parametrize("values", [9_998, 9_999], ids=["within", "beyond"])
async def test_variables_have_so_many_values_and_no_more(name: str, values: int) -> None:
    content = WRITE({"query": "{ me { id } }", name: {"a": [[]] * values}})
    received = {"type": "http.request", "body": content, "more_body": False}
    headers = [(b"content-type", b"application/json")]

    async def receive() -> dict[str, Any]:
        return received

    request = Request({"type": "http", "method": "POST", "headers": headers}, receive)
    if values == 9_998:
        assert isinstance(await read_post(request, 1_000_000), GraphQLRequest)
    else:
        with pytest.raises(BadRequest, match=rf"^{name} has more than 10,000 values\.$"):
            await read_post(request, 1_000_000)
