"""Whether reads slow down with history: the same pages on ever more events.

    python -m benchmarks.growth [--postgres] [EVENTS …] [--rounds N] [--seconds S] [--warm-up S]

Generates and imports each number of events (default: 100,000, 1,000,000 and 10,000,000) and serves
each with a gateway of its own that keeps nothing across requests. All sizes take turns; what a
page costs is printed as a multiple of what it costs with the fewest events. Below stands how long
each import took.
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from benchmarks.client import http_request
from benchmarks.contest import CONCURRENCIES, Costs, Entry, Pace, take_turns
from benchmarks.gateway import CACHE_OFF, Gateway
from benchmarks.generate import generate
from benchmarks.question import Question, page
from gateway.db import open_database
from gateway.directory.load import load_directory
from tests.postgres import running_postgres

SIZES = (100_000, 1_000_000, 10_000_000)
YEAR = {"start": "2025-01-01", "end": "2025-12-31"}


class Asked(NamedTuple):
    """A page and the volunteer who looks at it."""

    question: Question
    viewer: int


PAGES = (
    Asked(page("group, 1,500 members", "group", {"id": "1", **YEAR}), 1),
    Asked(page("contributors", "contributors", {"id": "1"}), 1),
    Asked(page("volunteer", "volunteer", YEAR), 7),
    Asked(page("project", "project", {"id": "5", **YEAR}), 7),
    Asked(page("site by month", "site_by_month"), 7),
    Asked(page("site counter", "site_counter"), 7),
)
GROUP: dict[str, Any] = {
    "user_groups": [{"id": 1, "name": "dense", "stats_visibility": "public_show_all"}],
    "memberships": [
        {"user_id": 1, "user_group_id": 1, "state": "active", "roles": ["group_member"]}
    ],
    "projects": [{"id": 5, "slug": "observatory/survey-5", "display_name": "Survey 5"}],
}


def main(words: list[str] | None = None) -> None:
    """Measure and print a table in Markdown."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("sizes", type=int, nargs="*", metavar="EVENTS", default=[*SIZES])
    parser.add_argument("--postgres", action="store_true", help="instead of SQLite")
    Pace.add_options(parser)
    given = parser.parse_args(words)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        urls = {size: f"sqlite:///{folder}/{size}.db" for size in given.sizes}
        if given.postgres:
            urls = {size: stack.enter_context(running_postgres()).get_uri() for size in given.sizes}
        imports = {size: import_events(size, folder, url) for size, url in urls.items()}
        print(_row("PostgreSQL" if given.postgres else "SQLite", (f"{n:,} events" for n in urls)))
        print("| --- |" + " ---: |" * len(urls))
        gateway = Gateway(folder)
        servers = {
            size: stack.enter_context(gateway.serve(url, CACHE_OFF)) for size, url in urls.items()
        }
        for question, viewer in PAGES:
            request = http_request("/graphql", question.body, gateway.headers(viewer))
            entries = [Entry(f"{size}", server, request) for size, server in servers.items()]
            costs = take_turns(entries, Pace.given(given))
            for line in _lines(question.name, costs, [entry.name for entry in entries]):
                print(line)
        print(_row("import", (f"{seconds:.0f} s" for seconds in imports.values())))


def import_events(size: int, folder: Path, url: str) -> float:
    """Seconds that the command takes for a file of that many events."""
    file = folder / f"{size}.parquet"
    generate(size, file)
    started = time.perf_counter()
    command = [Path(sys.executable).with_name("stats-gateway"), "import", file]
    subprocess.run(
        [*map(str, command), "--database-url", url], check=True, stdout=subprocess.DEVNULL
    )
    seconds = time.perf_counter() - started
    file.unlink()
    asyncio.run(_know_the_group(url))
    return seconds


async def _know_the_group(url: str) -> None:
    async with open_database(url) as database:
        await database.write(lambda connection: load_directory(connection, GROUP))


def _lines(name: str, costs: Costs, sizes: list[str]) -> list[str]:
    lines = []
    for what, of in (("CPU", "cpu"), ("p50", "latency")):
        for concurrency in CONCURRENCIES:
            values = [getattr(costs[size, concurrency], of) for size in sizes]
            title = f"{name}, {what} at {concurrency} ({values[0]:.3g} ms)"
            # Nothing, as the kernel's clock counts, is no divisor.
            cells = (f"{value / values[0]:.2f}" if values[0] else "" for value in values)
            lines.append(_row(title, cells))
    return lines


def _row(title: str, cells: Any) -> str:
    return f"| {title} | {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
