"""Whether reads slow down with history: the same pages on ever more events.

    python -m benchmarks.growth [--postgres] [EVENTS …]

Generates and imports each number of events (default: 100,000, 1,000,000 and 10,000,000), then
answers each page of ``gateway/graphql/page/operations`` in turn, over all sizes in one run, and
prints the median of each as a ratio to that of the fewest events. No cache is involved: each
answer is read in a snapshot of its own. Beside it stands how long each import took.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from benchmarks.generate import generate
from gateway.auth.viewer import Viewer
from gateway.db import Database, open_database
from gateway.directory.load import load_directory
from gateway.loaders.operation import Operation
from resolvers.schema import schema
from tests.postgres import running_postgres

SIZES = (100_000, 1_000_000, 10_000_000)
ROUNDS = 30
#: The day after the last generated event.
NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
YEAR = {"start": "2025-01-01", "end": "2025-12-31"}


class Page(NamedTuple):
    """An operation with its variables and who asks."""

    name: str
    operation: str
    variables: dict[str, Any]
    viewer: Viewer


PAGES = (
    Page("group, 1,500 members", "group", {"id": "1", **YEAR}, Viewer(id=1)),
    Page("contributors", "contributors", {"id": "1"}, Viewer(id=1)),
    Page("volunteer", "volunteer", YEAR, Viewer(id=7)),
    Page("project", "project", {"id": "5", **YEAR}, Viewer()),
    Page("site by month", "site_by_month", {}, Viewer()),
    Page("site counter", "site_counter", {}, Viewer()),
)
GROUP = {
    "user_groups": [{"id": 1, "name": "dense", "stats_visibility": "public_show_all"}],
    "memberships": [
        {"user_id": 1, "user_group_id": 1, "state": "active", "roles": ["group_member"]}
    ],
}


def main() -> None:
    """Measure and print a table in Markdown."""
    words = [word for word in sys.argv[1:] if word != "--postgres"]
    sizes = [int(word.replace("_", "").replace(",", "")) for word in words] or list(SIZES)
    with ExitStack() as stack, TemporaryDirectory() as folder:
        urls = {}
        for size in sizes:
            if "--postgres" in sys.argv:
                urls[size] = stack.enter_context(running_postgres()).get_uri()
            else:
                urls[size] = f"sqlite:///{folder}/{size}.db"
        imports = {size: import_events(size, Path(folder), urls[size]) for size in sizes}
        medians = asyncio.run(measure(urls))
    print(f"| page | {' | '.join(f'{size:,} events' for size in sizes)} |")
    print("| --- |" + " ---: |" * len(sizes))
    for page in PAGES:
        least = medians[page.name, sizes[0]]
        cells = [f"{medians[page.name, size] / least:.2f}" for size in sizes]
        print(f"| {page.name} ({least * 1000:.1f} ms) | {' | '.join(cells)} |")
    print(f"| import | {' | '.join(f'{imports[size]:.0f} s' for size in sizes)} |")


def import_events(size: int, folder: Path, url: str) -> float:
    """Seconds that the command takes for a file of that many events."""
    file = folder / f"{size}.parquet"
    generate(size, file)
    started = time.perf_counter()
    command = [Path(sys.executable).with_name("stats-gateway"), "import", file]
    subprocess.run([*map(str, command), "--database-url", url], check=True)
    file.unlink()
    return time.perf_counter() - started


async def measure(urls: dict[int, str]) -> dict[tuple[str, int], float]:
    """Median seconds of each page at each size, the sizes taking turns."""
    databases = {size: open_database(url) for size, url in urls.items()}
    for database in databases.values():
        await database.write(lambda connection: load_directory(connection, GROUP))
    taken: dict[tuple[str, int], list[float]] = {}
    for page in PAGES:
        for turn in range(ROUNDS + 3):
            for size, database in databases.items():
                with timed() as seconds:
                    await answer(database, page)
                if turn >= 3:  # the first ones open connections and fill the databases' caches
                    taken.setdefault((page.name, size), []).append(seconds[0])
    for database in databases.values():
        await database.close()
    return {key: median(values) for key, values in taken.items()}


async def answer(database: Database, page: Page) -> None:
    """Answer a page, and fail if the answer has errors."""
    folder = files("gateway") / "graphql" / "page" / "operations"
    document = (folder / f"{page.operation}.graphql").read_text("utf-8")
    async with Operation(database, page.viewer, NOW) as operation:
        result = await schema.execute(document, page.variables, context_value=operation)
    if result.errors:
        raise result.errors[0]


@contextmanager
def timed() -> Iterator[list[float]]:
    """A list that holds the seconds of the block once that has ended."""
    seconds: list[float] = []
    started = time.perf_counter()
    yield seconds
    seconds.append(time.perf_counter() - started)


if __name__ == "__main__":
    main()
