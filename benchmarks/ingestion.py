"""How many events a second the stream's endpoint takes, beside plain inserts of the same rows.

    python -m benchmarks.ingestion [EVENTS] [--postgres] [--batches N]

Imports that many events (default: 1,000,000), every twentieth left out, and serves the gateway
over them. Then batches of 1,000 stream events are posted to it one after another, and the rows
that they stand for are inserted into a copy of the ledger alone, a multi-row statement and a
transaction a batch; both take turns. Live batches hold the events that come next. Late batches
hold, half each, events that were sent before, now with other session times, and events that were
left out. Events a second are counted twice: by the clock, and by the CPU time of the gateway.
"""

from __future__ import annotations

import argparse
import base64
import json
import random
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import duckdb

from benchmarks.client import http_request, load
from benchmarks.gateway import Gateway
from benchmarks.generate import FIRST_ID, generate
from benchmarks.plain_ledger import PlainLedger
from benchmarks.servers import Server
from benchmarks.stream_events import COLUMNS, stream_event
from gateway.events.event import Batch
from gateway.events.stream import read_payload
from tests.postgres import running_postgres

EVENTS, BATCHES, BATCH = 1_000_000, 50, 1_000
_LEFT_OUT = 20
_USER, _PASSWORD = "stream", "benchmark"


class Taken(NamedTuple):
    """Seconds for one batch."""

    gateway: float
    gateway_cpu: float
    plain: float


def main(words: list[str] | None = None) -> None:
    """Measure and print a table in Markdown."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("events", type=int, nargs="?", default=EVENTS)
    parser.add_argument("--postgres", action="store_true", help="instead of SQLite")
    parser.add_argument("--batches", type=int, default=BATCHES)
    given = parser.parse_args(words)
    if given.events < BATCH * _LEFT_OUT * given.batches // 2:
        parser.error(f"{given.batches} late batches need more events than {given.events:,}")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        url = f"sqlite:///{folder}/stats.db"
        if given.postgres:
            url = stack.enter_context(running_postgres()).get_uri()
        live, late = _batches(folder, given.events, given.batches, url)
        plain = stack.enter_context(PlainLedger.beside(url))
        stream = {"stream_username": _USER, "stream_password": _PASSWORD}
        server = stack.enter_context(Gateway(folder).serve(url, stream))
        name = "PostgreSQL" if given.postgres else "SQLite"
        print(
            f"| {name}, events a second | the gateway | of its CPU time | plain inserts | ratio |"
        )
        print("| --- | ---: | ---: | ---: | ---: |")
        for title, batches in (("live", live), ("late", late)):
            taken = [_take(server, plain, batch) for batch in batches]
            clock, cpu, alone = (BATCH / median(values) for values in zip(*taken, strict=True))
            # CPU is counted in steps of the kernel's clock: a sum is finer than its parts.
            cpu = BATCH * len(taken) / sum(one.gateway_cpu for one in taken)
            print(f"| {title} | {clock:,.0f} | {cpu:,.0f} | {alone:,.0f} | {alone / clock:.1f} |")


def _take(server: Server, plain: PlainLedger, events: list[dict[str, Any]]) -> Taken:
    body = json.dumps({"payload": events}).encode()
    credentials = base64.b64encode(f"{_USER}:{_PASSWORD}".encode()).decode()
    request = http_request("/kinesis", body, {"Authorization": f"Basic {credentials}"})
    used, begun = server.cpu_seconds(), time.perf_counter()
    load(server.port, request, concurrency=1, seconds=0, status=204)
    seconds = time.perf_counter() - begun
    batch: Batch = read_payload(events, datetime.now(UTC))
    return Taken(seconds, server.cpu_seconds() - used, plain.insert(batch.classifications))


def _batches(
    folder: Path, events: int, batches: int, url: str
) -> tuple[list[list[dict[str, Any]]], list[list[dict[str, Any]]]]:
    """Import what came before, and return the live and the late batches."""
    everything, before = folder / "events.parquet", folder / "before.parquet"
    generate(events + batches * BATCH, everything)
    came = f"classification_id < {FIRST_ID + events} AND classification_id % {_LEFT_OUT} <> 0"
    with duckdb.connect() as connection:
        connection.execute(
            f"COPY (SELECT * FROM '{everything}' WHERE {came} ORDER BY classification_id)"
            f" TO '{before}' (FORMAT parquet)"
        )

        def rows(condition: str, count: int) -> list[tuple[Any, ...]]:
            return connection.execute(
                f"SELECT {COLUMNS} FROM '{everything}' WHERE {condition}"
                f" ORDER BY classification_id LIMIT {count}"
            ).fetchall()

        next_ones = rows(f"classification_id >= {FIRST_ID + events}", batches * BATCH)
        half = batches * BATCH // 2
        old = rows(
            f"classification_id < {FIRST_ID + events} AND classification_id % {_LEFT_OUT} = 0", half
        )
        again = rows(f"{came} AND classification_id % 7 = 3", half)
    command = [Path(sys.executable).with_name("stats-gateway"), "import", before]
    subprocess.run(
        [*map(str, command), "--database-url", url], check=True, stdout=subprocess.DEVNULL
    )
    late = [stream_event(*row) for row in old] + [stream_event(*_longer(row)) for row in again]
    random.Random(11).shuffle(late)
    return list(_cut([stream_event(*row) for row in next_ones])), list(_cut(late))


def _cut(events: Sequence[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    for start in range(0, len(events), BATCH):
        yield list(events[start : start + BATCH])


def _longer(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """The same event, sent again later: it took ten seconds more."""
    event_id, happened, updated, started, finished, *rest = row
    later = timedelta(seconds=10)
    return (event_id, happened, updated + later, started, finished + later, *rest)


if __name__ == "__main__":
    main()
