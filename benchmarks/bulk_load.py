"""What ``import --bulk`` costs beside ``import``, of the same events, in turns.

    python -m benchmarks.bulk_load [EVENTS] [--rounds N] [--csv] [--postgres] [--only WAY]
        [--beside CHECKOUT]

Generates that many events (default: 100,000) as Parquet, or as CSV, and loads them into empty
databases. Prints the median of the CPU time of the command (on PostgreSQL with the server's), of
the time by the clock, and of their ratios to ``import`` in the same round, the most memory of the
command, and the size of the database. Memory of a server is not counted. ``--only`` leaves the
other ways out, and gives ratios to the first that is left. ``--beside`` also measures ``import`` of
another checkout that has its own ``.venv``, such as one of an earlier commit.
"""

from __future__ import annotations

import argparse
import sys
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import NamedTuple

import duckdb

from benchmarks.commands import Used, run
from benchmarks.generate import generate
from benchmarks.servers import Usage
from tests.postgres import running_postgres

EVENTS, ROUNDS = 100_000, 3
_WAYS = {
    "import": ("import",),
    "import --bulk --no-verify": ("import", "--bulk", "--no-verify"),
    "import --bulk": ("import", "--bulk"),
}


class Load(NamedTuple):
    """One load."""

    used: Used
    #: Of the database.
    size: int


def main(words: list[str] | None = None) -> None:
    """Measure and print a table in Markdown."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("events", type=int, nargs="?", default=EVENTS)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--csv", action="store_true", help="instead of Parquet")
    parser.add_argument("--postgres", action="store_true", help="instead of SQLite")
    parser.add_argument("--only", choices=_WAYS, action="append", help="of the ways to load")
    parser.add_argument("--beside", type=Path, help="another checkout, whose import takes turns")
    given = parser.parse_args(words)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        file = folder / "events.parquet"
        # In a process that ends: a child's peak counts from what its parent had in memory.
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as apart:
            apart.submit(generate, given.events, file).result()
            if given.csv:
                file = apart.submit(_as_csv, file).result()
        ours = Path(sys.executable).with_name("stats-gateway")
        ways = {name: [str(ours), *way] for name, way in _WAYS.items()}
        if given.only:
            ways = {name: ways[name] for name in given.only}
        if given.beside is not None:
            theirs = given.beside / ".venv/bin/stats-gateway"
            ways[f"import of {given.beside.name}"] = [str(theirs), "import"]
        loads: dict[str, list[Load]] = {name: [] for name in ways}
        for number in range(given.rounds):
            for name, command in ways.items():
                loads[name].append(_load([*command, str(file)], folder, postgres=given.postgres))
                print(f"{number + 1} {name}: {loads[name][-1]}", file=sys.stderr, flush=True)
    _print(
        loads,
        given.events,
        f"{given.events:,} events, {'CSV' if given.csv else 'Parquet'}, "
        f"{'PostgreSQL' if given.postgres else 'SQLite'}",
    )


def _print(loads: dict[str, list[Load]], events: int, title: str) -> None:
    print(f"| {title} | CPU s | ratio | s | ratio | peak memory | bytes an event |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    first = [load.used for load in next(iter(loads.values()))]
    for name, found in loads.items():
        own = [load.used for load in found]
        pairs = list(zip(own, first, strict=True))
        cpu = median(one.cpu / other.cpu for one, other in pairs)
        clock = median(one.seconds / other.seconds for one, other in pairs)
        print(
            f"| {name} | {median(one.cpu for one in own):.1f} | {cpu:.2f} "
            f"| {median(one.seconds for one in own):.1f} | {clock:.2f} "
            f"| {max(one.mebibytes for one in own):.0f} MiB "
            f"| {median(load.size for load in found) / events:.0f} |"
        )


def _as_csv(file: Path) -> Path:
    path = file.with_suffix(".csv")
    with duckdb.connect() as connection:
        connection.execute(f"COPY (FROM '{file}') TO '{path}' (FORMAT csv, HEADER)")
    return path


def _load(command: list[str], folder: Path, *, postgres: bool) -> Load:
    """Run a command as a user would, into a database of its own."""
    if not postgres:
        database = folder / "stats.db"
        for end in ("", "-wal", "-shm"):
            Path(f"{database}{end}").unlink(missing_ok=True)
        used = run([*command, "--database-url", f"sqlite:///{database}"], folder)
        return Load(used, database.stat().st_size)
    with running_postgres() as server:
        server_cpu = Usage(server.get_pid()).cpu_seconds
        before = server_cpu()
        used = run([*command, "--database-url", server.get_uri()], folder)
        used = used._replace(cpu=used.cpu + server_cpu() - before)
        said = server.psql("COPY (SELECT pg_database_size(current_database())) TO STDOUT;")
        return Load(used, int(said))


if __name__ == "__main__":
    main()
