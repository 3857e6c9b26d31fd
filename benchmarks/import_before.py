"""What ``import`` costs beside the ``import`` of another commit, of the same events, in turns.

    python -m benchmarks.import_before [EVENTS] [--before COMMIT] [--rounds N]
        [--forms parquet,csv,ndjson] [--postgres]

Generates that many events (default: 1,000,000) and imports them into empty databases, with the
packages of the other commit and with those of HEAD: as Parquet, as a classification export, and as
stream events. Prints the medians of the CPU time of the command (on PostgreSQL with the server's)
and of the time by the clock, and the medians of their ratios in the same round.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import NamedTuple

import duckdb

from benchmarks.footprint import packed
from benchmarks.generate import generate
from benchmarks.servers import Usage
from tests.postgres import running_postgres

EVENTS, ROUNDS = 1_000_000, 3
#: The last commit whose imports stored a batch and then read the next.
BEFORE = "9dfa1cc7179d223c6841fc2ab9f599f0aea7333f"
_GATEWAY = (sys.executable, "-c", "from gateway.cli import main; main()")
_INSTANT = "strftime({}, '%Y-%m-%dT%H:%M:%S.%gZ')"
_METADATA = f"""json_object(
  'session', md5(classification_id::VARCHAR),
  'viewport', json_object('width', 1280, 'height', 720),
  'started_at', {_INSTANT.format("started_at")}, 'finished_at', {_INSTANT.format("finished_at")},
  'user_agent', 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
  'utc_offset', '0', 'user_language', 'en', 'user_group_ids', user_group_ids)"""
_EXPORT = f"""
SELECT
  classification_id, coalesce('volunteer-' || user_id, 'not-logged-in') AS user_name, user_id,
  'a1b2c3d4e5' AS user_ip, workflow_id, 'Workflow ' || workflow_id AS workflow_name,
  '1.1' AS workflow_version, strftime(event_time, '%Y-%m-%d %H:%M:%S UTC') AS created_at,
  {_METADATA}::VARCHAR AS metadata,
  '[{{"task":"T0","task_label":"How many?","value":"2"}}]' AS annotations,
  '{{"123456":{{"retired":null,"filename":"a.jpg"}}}}' AS subject_data, 123456 AS subject_ids
FROM read_parquet($events) ORDER BY classification_id"""
_STREAM = f"""
SELECT json_object(
  'source', 'panoptes', 'type', 'classification',
  'data', json_object(
    'id', classification_id::VARCHAR, 'created_at', {_INSTANT.format("event_time")},
    'updated_at', {_INSTANT.format("classification_updated_at")}, 'metadata', {_METADATA},
    'links', json_object('project', project_id::VARCHAR, 'user', user_id::VARCHAR,
      'workflow', workflow_id::VARCHAR)))::VARCHAR
FROM read_parquet($events) ORDER BY classification_id"""
#: By form: the end of a file's name, and how it is written; None for what is generated.
FORMS: Mapping[str, tuple[str, str | None]] = {
    "parquet": ("parquet", None),
    "csv": ("csv", f"COPY ({_EXPORT}) TO '{{file}}' (FORMAT csv, HEADER)"),
    "ndjson": (
        "ndjson",
        f"COPY ({_STREAM}) TO '{{file}}'"
        " (FORMAT csv, HEADER false, QUOTE '', ESCAPE '', DELIMITER '\x01')",
    ),
}


class Import(NamedTuple):
    """One import."""

    cpu: float
    seconds: float
    mebibytes: float


def main(words: list[str] | None = None) -> None:
    """Measure and print a table in Markdown."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("events", type=int, nargs="?", default=EVENTS)
    parser.add_argument("--before", default=BEFORE, metavar="COMMIT")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--forms", default=",".join(FORMS))
    parser.add_argument("--postgres", action="store_true", help="instead of SQLite")
    given = parser.parse_args(words)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        versions = {
            name: packed(commit, folder / name).environment
            for name, commit in (("before", given.before), ("now", "HEAD"))
        }
        database = "PostgreSQL" if given.postgres else "SQLite"
        print(f"| {given.events:,} events, {database} | CPU s | ratio | s | ratio | peak memory |")
        print("| --- | ---: | ---: | ---: | ---: | ---: |")
        for form in given.forms.split(","):
            with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as apart:
                file = apart.submit(written, given.events, form, folder).result()
            imports: dict[str, list[Import]] = {name: [] for name in versions}
            for number in range(given.rounds):
                # Whoever is first finds other caches than whoever is second.
                for name in sorted(versions, reverse=bool(number % 2)):
                    done = _import(file, versions[name], folder, postgres=given.postgres)
                    imports[name].append(done)
                    print(f"{number + 1} {form} {name}: {done}", file=sys.stderr, flush=True)
            _print(form, imports)


def written(events: int, form: str, folder: Path) -> Path:
    """A file of that many events in a form."""
    generated = folder / "events.parquet"
    generate(events, generated)
    suffix, statement = FORMS[form]
    file = generated.with_suffix(f".{suffix}")
    if statement is not None:
        with duckdb.connect() as connection:
            writing = statement.replace("{file}", str(file))
            connection.execute(writing, {"events": str(generated)})
    return file


def _print(form: str, imports: Mapping[str, Sequence[Import]]) -> None:
    for name, own in imports.items():
        pairs = list(zip(own, imports["before"], strict=True))
        cpu = median(one.cpu / other.cpu for one, other in pairs)
        clock = median(one.seconds / other.seconds for one, other in pairs)
        print(
            f"| {form}, {name} | {median(one.cpu for one in own):.1f} | {cpu:.2f} "
            f"| {median(one.seconds for one in own):.1f} | {clock:.2f} "
            f"| {max(one.mebibytes for one in own):.0f} MiB |"
        )


def _import(file: Path, environment: Mapping[str, str], folder: Path, *, postgres: bool) -> Import:
    """Run the command as a user would, into a database of its own."""
    if not postgres:
        database = folder / "stats.db"
        for end in ("", "-wal", "-shm"):
            Path(f"{database}{end}").unlink(missing_ok=True)
        return _run(file, f"sqlite:///{database}", environment, folder, lambda: 0.0)
    with running_postgres() as server:
        used = Usage(server.get_pid()).cpu_seconds
        return _run(file, server.get_uri(), environment, folder, used)


def _run(
    file: Path,
    url: str,
    environment: Mapping[str, str],
    folder: Path,
    server_cpu: Callable[[], float],
) -> Import:
    command = [*_GATEWAY, "import", str(file), "--project-id", "7", "--database-url", url]
    before, started = server_cpu(), time.perf_counter()
    process = subprocess.Popen(
        command,
        cwd=folder,
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with status {process.returncode}")
    seconds, server = time.perf_counter() - started, server_cpu() - before
    return Import(usage.ru_utime + usage.ru_stime + server, seconds, usage.ru_maxrss / 1024)


if __name__ == "__main__":
    main()
