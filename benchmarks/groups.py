"""What it costs to count events by the spans of members, beside groups that events carry.

    python -m benchmarks.groups [EVENTS] [--postgres] [--repeats N]

Stores so many events (default: 200,000) in batches of 1,000, in two databases that take turns. In
one 2,000 groups have 20,000 membership spans, and the events carry no group; in the other there
are no spans, and the same events carry the same groups. At the end both must count the same. A
figure is the CPU time for an event, of this process and of PostgreSQL's connections; the ratio is
that of the spans to the groups that events carry. Databases are new in each repeat.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from functools import partial
from itertools import count, islice
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import asyncpg
import psutil
from sqlalchemy import Connection, insert, make_url, select

from gateway.db import Database, open_database
from gateway.db.group_tables import group_tenure, membership_span
from gateway.db.rollup_sets import GROUP, GROUP_MEMBER, GROUP_PROJECT, GROUP_USER
from gateway.events.event import Batch, Classification
from gateway.ingestion.ingest import ingest
from tests.postgres import running_postgres

EVENTS, BATCH, REPEATS = 200_000, 1_000, 3
GROUPS, SPANS, USERS, SESSION, PROJECTS = 2_000, 20_000, 8_000, 12, 120
#: Of so many pairs one has two spans: the member left, and joined again.
_LEFT = 9
#: From 2024-01-01 on, two years, in microseconds.
_BEGINS, _LASTS = 1_704_067_200_000_000, 2 * 365 * 86_400_000_000


class Span(NamedTuple):
    """As in its table."""

    group_id: int
    user_id: int
    from_us: int
    until_us: int | None


class Side:
    """A database, and the CPU time that storing in it has taken."""

    def __init__(self, url: str) -> None:
        self.database: Database = open_database(url, connections=1)
        #: In the title of PostgreSQL's processes.
        self._name = make_url(url).database if url.startswith("postgresql") else None
        self._own = self._behind_before = 0.0

    def begin(self) -> None:
        """Count from now on."""
        self._behind_before = self._behind()

    async def store(self, events: Sequence[Classification]) -> None:
        """Store one batch."""
        batch = Batch(classifications=[*events])
        begun = time.process_time()
        await self.database.write(partial(ingest, batch=batch))
        self._own += time.process_time() - begun

    def cpu_seconds(self) -> float:
        """Of this process while it stored, and of PostgreSQL's connections."""
        return self._own + self._behind() - self._behind_before

    def _behind(self) -> float:
        if self._name is None:
            return 0.0
        used = 0.0
        for process in psutil.process_iter():
            with suppress(psutil.NoSuchProcess):
                if f" {self._name} " in " ".join(process.cmdline()):
                    used += sum(process.cpu_times()[:2])
        return used


def main(words: list[str] | None = None) -> None:
    """Measure and print a table in Markdown."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("events", type=int, nargs="?", default=EVENTS)
    parser.add_argument("--postgres", action="store_true", help="instead of SQLite")
    parser.add_argument("--repeats", type=int, default=REPEATS)
    given = parser.parse_args(words)
    name = "PostgreSQL" if given.postgres else "SQLite"
    print(f"| {name}, {given.events:,} events, CPU for one | spans | carried | ratio |")
    print("| --- | ---: | ---: | ---: |")
    with ExitStack() as stack:
        urls = _urls(stack, postgres=given.postgres)
        ratios = []
        for repeat in range(given.repeats):
            seconds = asyncio.run(_take_turns(next(urls), next(urls), given.events, repeat))
            both = [one / given.events * 1e6 for one in seconds]
            ratios.append(both[0] / both[1])
            print(f"| {repeat + 1} | {both[0]:.1f} µs | {both[1]:.1f} µs | {ratios[-1]:.3f} |")
    print(f"| median | | | {median(ratios):.3f} |")


async def _take_turns(one: str, other: str, events: int, seed: int) -> tuple[float, float]:
    """CPU seconds with spans, and with groups that events carry."""
    spans, carried = Side(one), Side(other)
    chosen = random.Random(seed)
    of_all = list(_spans(chosen))
    async with spans.database, carried.database:
        await spans.database.migrate()
        await carried.database.migrate()
        await spans.database.write(partial(_load, spans=of_all))
        spans.begin()
        carried.begin()
        stream = _events(chosen, of_all, events)
        for number in count():
            batch = list(islice(stream, BATCH))
            if not batch:
                break
            bare = [event._replace(group_ids=()) for event in batch]
            for side in (spans, carried) if number % 2 else (carried, spans):
                await side.store(bare if side is spans else batch)
        taken = spans.cpu_seconds(), carried.cpu_seconds()
        if await _counted(spans.database) != await _counted(carried.database):
            raise RuntimeError("Spans do not count what the events carry.")
    return taken


def _load(connection: Connection, spans: Sequence[Span]) -> None:
    connection.execute(insert(membership_span), [span._asdict() for span in spans])
    tenures = [
        {"group_id": group, "from_us": 0, "until_us": None} for group in range(1, GROUPS + 1)
    ]
    connection.execute(insert(group_tenure), tenures)


def _spans(chosen: random.Random) -> Iterator[Span]:
    """Spans of different pairs, but for those who come back."""
    pairs: dict[tuple[int, int], None] = {}
    while len(pairs) < SPANS * _LEFT // (_LEFT + 1):
        pairs[1 + int(GROUPS * chosen.random() ** 2), chosen.randint(1, USERS)] = None
    for number, pair in enumerate(pairs):
        if number % _LEFT:
            yield Span(*pair, 0, None)
        else:
            left = _BEGINS + int(_LASTS * chosen.random())
            yield Span(*pair, 0, left)
            yield Span(*pair, left + _LASTS // 20, None)


def _events(chosen: random.Random, spans: Sequence[Span], events: int) -> Iterator[Classification]:
    """In sessions of one volunteer and workflow, a seventh of them anonymous, as they happen."""
    own: Mapping[int, list[Span]] = defaultdict(list)
    for span in spans:
        own[span.user_id].append(span)
    for number in range(events):
        if number % SESSION == 0:
            user = None if chosen.random() < 1 / 7 else 1 + int(USERS * chosen.random() ** 3)
            project = 1 + int(PROJECTS * chosen.random() ** 2)
            workflow = project * 10 + chosen.randrange(3)
        at = _BEGINS + number * _LASTS // events
        groups = {
            span.group_id
            for span in own.get(user or 0, ())
            if span.from_us <= at and (span.until_us is None or at < span.until_us)
        }
        session_ms = 125 * chosen.randint(1, 480)
        yield Classification(
            number + 1, at, at, user, project, workflow, session_ms, tuple(sorted(groups))
        )


async def _counted(database: Database) -> list[set[tuple[Any, ...]]]:
    async with database.read() as snapshot:
        return [
            {tuple(row) for row in await snapshot.fetch(select(rollup.table))}
            for rollup in (GROUP, GROUP_PROJECT, GROUP_USER, GROUP_MEMBER)
        ]


def _urls(stack: ExitStack, *, postgres: bool) -> Iterator[str]:
    """Of one new database after the other."""
    if not postgres:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        return (f"sqlite:///{folder}/{number}.db" for number in count())
    return _postgres_urls(stack.enter_context(running_postgres()).get_uri())


def _postgres_urls(server: str) -> Iterator[str]:
    for number in count():
        name = f"benchmark_{number}"
        asyncio.run(_create(server, name))
        yield make_url(server).set(database=name).render_as_string(hide_password=False)


async def _create(server: str, name: str) -> None:
    connection = await asyncpg.connect(server)
    await connection.execute(f"CREATE DATABASE {name}")
    await connection.close()


if __name__ == "__main__":
    main()
