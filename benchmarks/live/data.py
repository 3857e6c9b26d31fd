"""A database with generated events, and batches of the stream that come after them."""

from __future__ import annotations

import asyncio
import base64
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import duckdb

from benchmarks.client import http_request
from benchmarks.generate import FIRST_ID, PROJECTS, generate
from benchmarks.live.pages import Event, workflows
from benchmarks.stream_events import COLUMNS, stream_event
from gateway.db import open_database
from gateway.directory.load import load_directory
from tests.postgres import running_postgres

_USER, _PASSWORD = "stream", "benchmark"
#: What a gateway is served with that takes the stream.
SETTINGS = {"stream_username": _USER, "stream_password": _PASSWORD}
BATCH = 50


class Batch(NamedTuple):
    """A request of the stream, and what pages count its events by."""

    request: bytes
    events: Sequence[Event]


class Data(NamedTuple):
    """A database, and what comes after it; whoever takes a batch has to have it stored."""

    url: str
    batches: Iterator[Batch]


@contextmanager
def data(events: int, batches: int, *, postgres: bool) -> Iterator[Data]:
    """So many events in a database of its own, which goes at the end."""
    with TemporaryDirectory() as folder:
        file = Path(folder, "events.parquet")
        generate(events + batches * BATCH, file)
        if postgres:
            with running_postgres() as server:
                yield _loaded(events, file, server.get_uri())
        else:
            yield _loaded(events, file, f"sqlite:///{folder}/stats.db")


def _loaded(events: int, file: Path, url: str) -> Data:
    first = FIRST_ID + events
    before = file.with_name("before.parquet")
    with duckdb.connect() as connection:
        connection.execute(
            f"COPY (SELECT * FROM '{file}' WHERE classification_id < {first}"
            f" ORDER BY classification_id) TO '{before}' (FORMAT parquet)"
        )
    command = [Path(sys.executable).with_name("stats-gateway"), "import", before]
    subprocess.run(
        [*map(str, command), "--database-url", url], check=True, stdout=subprocess.DEVNULL
    )
    asyncio.run(_name(url))
    return Data(url, _batches(file, first))


def _batches(file: Path, first: int) -> Iterator[Batch]:
    with duckdb.connect() as connection:
        rows = connection.execute(
            f"SELECT {COLUMNS} FROM '{file}' WHERE classification_id >= {first}"
            " ORDER BY classification_id"
        )
        while some := rows.fetchmany(BATCH):
            yield Batch(
                _request([stream_event(*row) for row in some]), [_event(row) for row in some]
            )


def _event(row: tuple[Any, ...]) -> Event:
    return Event(project=row[5], workflow=row[6])


def _request(events: list[dict[str, Any]]) -> bytes:
    credentials = base64.b64encode(f"{_USER}:{_PASSWORD}".encode()).decode()
    headers = {"Authorization": f"Basic {credentials}"}
    return http_request("/kinesis", json.dumps({"payload": events}).encode(), headers)


async def _name(url: str) -> None:
    directory = {
        "projects": [
            {"id": one, "slug": f"observatory/survey-{one}", "display_name": f"Survey {one}"}
            for one in range(1, PROJECTS + 1)
        ],
        "workflows": [
            {"id": one, "project_id": one // 10, "display_name": f"Task {one}", "active": True}
            for one in workflows()
        ],
    }
    async with open_database(url) as database:
        await database.write(lambda connection: load_directory(connection, directory))
