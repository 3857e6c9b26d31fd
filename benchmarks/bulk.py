"""How long history takes to load, beside DuckDB reading the same file and nothing more.

    python -m benchmarks.bulk [EVENTS]

Generates that many events (default: 10,000,000), lets DuckDB add up every column a set is counted
under, and imports the file into an empty SQLite file and an empty PostgreSQL database. Prints
seconds, the ratio to DuckDB alone, and the peak memory of the importing process.
"""

from __future__ import annotations

import argparse
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from benchmarks.commands import Used, run
from benchmarks.generate import generate
from tests.postgres import running_postgres

EVENTS = 10_000_000
#: What the finest classification sets need, once for users and once for groups.
_SUMS = (
    """SELECT count(*), sum(n), sum(seconds) FROM (
         SELECT user_id, project_id, workflow_id, event_time::DATE AS day, count(*) AS n,
           sum(epoch(finished_at - started_at)) AS seconds
         FROM read_parquet($file) GROUP BY ALL)""",
    """SELECT count(*), sum(n) FROM (
         SELECT group_id, user_id, project_id, workflow_id, event_time::DATE AS day, count(*) AS n
         FROM read_parquet($file), unnest(user_group_ids) AS own(group_id) GROUP BY ALL)""",
)


def main(words: list[str] | None = None) -> None:
    """Measure and print a table in Markdown."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("events", type=int, nargs="?", default=EVENTS)
    events = parser.parse_args(words).events
    with TemporaryDirectory() as folder:
        file = Path(folder, "events.parquet")
        # In a process that ends: a child's peak counts from what its parent had in memory.
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as apart:
            apart.submit(generate, events, file).result()
            alone = apart.submit(read_by_duckdb, file).result()
        runs = {"SQLite": import_into(file, f"sqlite:///{folder}/stats.db")}
        with running_postgres() as server:
            runs["PostgreSQL"] = import_into(file, server.get_uri())
    print(f"| {events:,} events | seconds | beside DuckDB alone | peak memory |")
    print("| --- | ---: | ---: | ---: |")
    print(f"| DuckDB alone, reading and adding up | {alone:.1f} | 1 | |")
    for name, (_, seconds, peak) in runs.items():
        print(f"| import into {name} | {seconds:.0f} | {seconds / alone:.0f} | {peak:.0f} MiB |")


def read_by_duckdb(file: Path) -> float:
    """Seconds until DuckDB has added up the file, on all cores."""
    started = time.perf_counter()
    with duckdb.connect() as connection:
        for statement in _SUMS:
            connection.execute(statement, {"file": str(file)}).fetchall()
    return time.perf_counter() - started


def import_into(file: Path, url: str) -> Used:
    """Run the command as a user would."""
    command = [str(Path(sys.executable).with_name("stats-gateway")), "import", str(file)]
    return run([*command, "--database-url", url], file.parent)


if __name__ == "__main__":
    main()
