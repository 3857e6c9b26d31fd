"""What one of three PostgreSQL servers has to do for cold pages, beside one that is alone.

    python -m benchmarks.replicas [EVENTS] [--rounds N] [--seconds S]

Imports the events (default: 500,000) into a server with two standbys. Three gateways that keep
nothing are asked for a group's page: first all of them read from the primary, then each from a
server of its own; nobody writes, and again while another gateway stores 250 events a second, which
the standbys replay. A cell is the CPU of a server for one page of all that were answered, and in
brackets the ratio to the server alone. Medians.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, nullcontext
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.client import http_request, load
from benchmarks.gateway import CACHE_OFF, Gateway
from benchmarks.hot.writing import SETTINGS, Stream
from benchmarks.postgres.database import VIEWER, Loaded, loaded_database, usage_of
from benchmarks.postgres.pages import PAGES
from benchmarks.servers import Server, Usage
from tests.postgres import running_standby

EVENTS, ROUNDS, SECONDS = 500_000, 3, 5.0
NAMES = ("the primary", "a standby", "another standby")
STREAMS = {"nobody writes": None, "250 events a second": Stream(250, 50)}
_PAGE = next(page for page in PAGES if page.operation == "group")
_CONCURRENCY = 2


def main(words: list[str] | None = None) -> None:
    """Measure and print a table in Markdown."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("events", type=int, nargs="?", default=EVENTS)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--seconds", type=float, default=SECONDS, help="for each measurement")
    given = parser.parse_args(words)
    print(f"| {_PAGE.question.name}, cold | one server alone | {' | '.join(NAMES)} |")
    print("| --- |" + " ---: |" * (1 + len(NAMES)))
    with (
        loaded_database(given.events) as database,
        running_standby(database.server, "one") as one,
        running_standby(database.server, "two") as two,
        TemporaryDirectory() as folder,
    ):
        servers = (database.server, one, two)
        usages = [usage_of(server) for server in servers]
        urls = [server.get_uri() for server in servers]
        gateway = Gateway(Path(folder))
        with (
            _reading(gateway, database, urls[:1] * len(urls)) as together,
            _reading(gateway, database, urls) as apart,
            gateway.serve(database.url, SETTINGS) as writer,
        ):
            for title, stream in STREAMS.items():
                with nullcontext() if stream is None else stream.stored_by(writer):
                    costs = [
                        [
                            _costs(gateway, asked, usages, given.seconds)
                            for asked in (together, apart)
                        ]
                        for _ in range(given.rounds)
                    ]
                alone = median(one[0] for one, _ in costs)
                each = [median(one) for one in zip(*(other for _, other in costs), strict=True)]
                print(_row(title, alone, each), flush=True)


@contextmanager
def _reading(gateway: Gateway, database: Loaded, urls: Sequence[str]) -> Iterator[list[Server]]:
    """A gateway for each server, which reads from it."""
    with ExitStack() as stack:
        yield [
            stack.enter_context(
                gateway.serve(database.url, {**CACHE_OFF, "read_database_urls": url})
            )
            for url in urls
        ]


def _costs(
    gateway: Gateway, asked: Sequence[Server], usages: Sequence[Usage], seconds: float
) -> list[float]:
    """Milliseconds of CPU of each database server for one page of all that were answered."""
    request = http_request("/graphql", _PAGE.question.body, gateway.headers(VIEWER))
    ask = partial(load, requests=request, concurrency=_CONCURRENCY)
    with ThreadPoolExecutor(len(asked)) as threads:
        # Connections are opened and statements prepared.
        list(threads.map(lambda one: ask(one.port, seconds=0.2), asked))
        before = [usage.cpu_seconds() for usage in usages]
        answered = list(threads.map(lambda one: ask(one.port, seconds=seconds), asked))
        used = [usage.cpu_seconds() - one for usage, one in zip(usages, before, strict=True)]
    pages = sum(len(one.latencies) for one in answered)
    return [1000 * one / pages for one in used]


def _row(title: str, alone: float, costs: Sequence[float]) -> str:
    cells = [f"{cost:.2f} ms ({cost / alone:.2f})" if alone else "" for cost in costs]
    return f"| {title} | {alone:.2f} ms | {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
