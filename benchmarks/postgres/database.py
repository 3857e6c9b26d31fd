"""A PostgreSQL server with generated events, a directory, and what the peers need in it."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import asyncpg
import psutil

from benchmarks.generate import LARGE, PROJECTS, generate
from benchmarks.peers import FOLDER
from benchmarks.servers import Usage
from gateway.db import open_database
from gateway.directory.load import load_directory
from tests.postgres import running_postgres

VIEWER = 7
GROUP = 1
PROJECT = 5
WORKFLOWS = 20
#: Of every server: none waits for a connection, and no pool is deeper than another.
CONNECTIONS = 16


class Loaded(NamedTuple):
    """A database with events; ``usage`` is of the server and all its backends.

    ``server`` is PostgreSQL's, as the tests start it.
    """

    url: str
    usage: Usage
    server: Any = None


@contextmanager
def loaded_database(events: int) -> Iterator[Loaded]:
    """A server of its own with that many events; it goes with its data at the end."""
    with running_postgres() as server, TemporaryDirectory() as folder:
        url = server.get_uri()
        _import(events, Path(folder, "events.parquet"), url)
        asyncio.run(_prepare(url))
        yield Loaded(url, usage_of(server), server)


@contextmanager
def loaded_file(events: int) -> Iterator[Loaded]:
    """The same in a SQLite file; ``usage`` is of this process, since no other serves it."""
    with TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/stats.db"
        _import(events, Path(folder, "events.parquet"), url)
        asyncio.run(_name(url))
        yield Loaded(url, Usage(os.getpid()))


def _import(events: int, file: Path, url: str) -> None:
    generate(events, file)
    command = [Path(sys.executable).with_name("stats-gateway"), "import", file]
    subprocess.run(
        [*map(str, command), "--database-url", url], check=True, stdout=subprocess.DEVNULL
    )


async def _name(url: str) -> None:
    async with open_database(url) as database:
        await database.write(lambda connection: load_directory(connection, directory()))


async def _prepare(url: str) -> None:
    await _name(url)
    connection = await asyncpg.connect(url)
    await connection.execute((FOLDER / "postgres" / "postgraphile.sql").read_text("utf-8"))
    await connection.execute("VACUUM ANALYZE")
    await connection.close()


def directory() -> dict[str, Any]:
    """Names for all that the pages show; twenty workflows belong to one project."""
    shown = [10 * project + task for project in range(1, 8) for task in range(3)][:WORKFLOWS]
    return {
        "users": [
            {"id": user, "login": f"volunteer-{user}", "display_name": f"Volunteer {user}"}
            for user in range(1, LARGE + 1)
        ],
        "user_groups": [
            {
                "id": GROUP,
                "name": "dense",
                "display_name": "Dense group",
                "stats_visibility": "public_show_all",
            }
        ],
        "memberships": [
            {
                "user_id": VIEWER,
                "user_group_id": GROUP,
                "state": "active",
                "roles": ["group_member"],
            }
        ],
        "projects": [
            {
                "id": project,
                "slug": f"observatory/survey-{project}",
                "display_name": f"Survey {project}",
            }
            for project in range(1, PROJECTS + 1)
        ],
        "workflows": [
            {
                "id": workflow,
                "project_id": PROJECT,
                "display_name": f"Task {workflow}",
                "active": True,
                "completeness": 0.5,
            }
            for workflow in shown
        ],
    }


def usage_of(server: Any) -> Usage:
    """What a PostgreSQL server that the tests start has used, with all its backends."""
    pid = int((Path(server.pgdata) / "postmaster.pid").read_text().splitlines()[0])
    if not psutil.pid_exists(pid):
        raise RuntimeError(f"There is no PostgreSQL server over {server.pgdata}.")
    return Usage(pid)
