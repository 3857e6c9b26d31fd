"""Of an operation that produces much, no turn of the loop is long."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import orjson
import pytest

from gateway.auth.viewer import ANONYMOUS
from gateway.db import Database
from gateway.db.compiled import Compiled, Union
from gateway.graphql.execution import writing
from gateway.graphql.execution.production import Production
from gateway.graphql.refusals import TooManyValues
from gateway.settings import Settings
from gateway.yielding import ROWS_IN_LOOP, WORK_PER_YIELD, Yielding
from tests.asking import NOW
from tests.graphql.charged import FILLED, REFERENCES, Gateway
from tests.graphql.test_writing import count


class Watch:
    """Counts what is done between two turns of the loop: values, rows and bytes."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.turn = 0
        self.values: Counter[int] = Counter()
        self.rows: Counter[int] = Counter()
        self.bytes: Counter[int] = Counter()
        add = Production.add
        dumps, thread = orjson.dumps, threading.get_ident()

        def watched(production: Production, cost: int, values: int) -> None:
            self.values[self.turn] += values
            add(production, cost, values)

        def watched_dumps(content: Any, **options: Any) -> bytes:
            text = dumps(content, **options)
            # What was written before is copied, which takes some milliseconds at most.
            self.bytes[self.turn] += len(text) if count(content) else 0
            return text

        monkeypatch.setattr(Production, "add", watched)
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


@pytest.fixture
async def watch(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Watch]:
    found = Watch(monkeypatch)
    running = asyncio.create_task(found.run())
    yield found
    running.cancel()


HEAVY = {
    "many filled buckets": FILLED,
    "of references": REFERENCES.replace(
        "classifications {", "classifications(range: $f) {"
    ).replace("$r: [_Any!]!", "$r: [_Any!]!, $f: DateRange"),
    "many values of each": FILLED.replace("{ count }", "{ startsOn count timeSpent a: count }"),
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
    assert max(watch.values.values()) <= 2 * WORK_PER_YIELD
    assert sum(watch.bytes.values()) > 2_000_000
    assert max(watch.bytes.values()) <= 4_000_000
    assert max(watch.rows.values()) <= ROWS_IN_LOOP


async def test_what_falls_back_gives_turns(filled: Database, watch: Watch) -> None:
    """A chart that is too long to be filled is an error that spreads to its parent."""
    start = (NOW.date() - timedelta(days=229)).isoformat()
    _, selected = FILLED.split("usersByIds(")
    last = "last: usersByIds(" + selected.replace("$ids", '["1"]').replace("$from", '"1900-01-01"')
    gateway = Gateway(filled)
    asked = {"ids": ["1"] * 100, "from": start}
    answer = await gateway.ask(f"{FILLED.removesuffix('}')} {last}", **asked)
    assert [error["path"][0] for error in answer["errors"]] == ["last"]
    assert answer["data"]["last"] == [{"classifications": None}]
    assert max(watch.values.values()) <= 2 * WORK_PER_YIELD
    assert sum(watch.values.values()) > 2 * WORK_PER_YIELD


async def test_many_errors_give_turns(filled: Database, watch: Watch) -> None:
    aliases = " ".join(f"c{n}: classifications {{ totalCount }}" for n in range(20))
    query = f"query ($ids: [ID!]!) {{ usersByIds(ids: $ids) {{ {aliases} }} }}"
    gateway = Gateway(filled)
    answer = await gateway.ask(query, ANONYMOUS, ids=["1"] * 1000)
    assert len(answer["errors"]) == 20_000
    assert watch.turn > 20_000 * 100 / WORK_PER_YIELD
    with pytest.raises(TooManyValues):
        await Gateway(filled, value_limit=100_000).ask(query, ANONYMOUS, ids=["1"] * 1000)


async def test_many_keys_are_looked_for_in_turns(filled: Database) -> None:
    """Here the loop's turns are few values long, and the answer is the same."""
    query = """query ($ids: [ID!]!) { usersByIds(ids: $ids) { login comments { totalCount }
      memberships { nodes { group { name } roles } }
      classifications { projectContributions { count } } } }"""
    short = Gateway(filled, yielding=Yielding(50))
    ids = [*map(str, range(1, 200))]
    assert await short.ask(query, ids=ids) == await Gateway(filled).ask(query, ids=ids)
