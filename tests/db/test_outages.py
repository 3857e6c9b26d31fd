"""Which errors of each database say "later", and which say "never"."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from gateway.db.outages import is_outage
from sqlalchemy import Connection, make_url, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import create_async_engine

from gateway.db import Database, open_database
from gateway.db.postgres import WRITER_LOCK
from gateway.errors import Unavailable


async def error_of(url: str, work: Callable[[Connection], Any]) -> Exception:
    async with open_database(url, timeout_seconds=0.3) as database:
        with pytest.raises(Exception) as caught:
            await database.write(work)
    return caught.value


def run(statement: str) -> Callable[[Connection], Any]:
    return lambda connection: connection.execute(text(statement))


@pytest.mark.parametrize("statement", ["SELECT * FROM missing", "SELEKT 1", "SELECT 1 / 'x'::x"])
async def test_a_wrong_statement_is_no_outage(database_url: str, statement: str) -> None:
    error = await error_of(database_url, run(statement))
    assert isinstance(error, DBAPIError)
    assert not is_outage(error)


async def test_a_row_that_is_there_already_is_no_outage(database: Database) -> None:
    def twice(connection: Connection) -> None:
        for _ in range(2):
            connection.execute(text("INSERT INTO project (id) VALUES (1)"))

    with pytest.raises(IntegrityError) as caught:
        await database.write(twice)
    assert not is_outage(caught.value)


def test_an_error_of_our_own_is_no_outage() -> None:
    assert not is_outage(ValueError("x"))
    assert not is_outage(Unavailable("x"))


async def test_a_file_that_another_program_holds_is_an_outage(tmp_path: Path) -> None:
    file = tmp_path / "stats.db"
    other = sqlite3.connect(file)
    other.execute("PRAGMA journal_mode = WAL")
    other.execute("BEGIN IMMEDIATE")
    error = await error_of(f"sqlite:///{file}", run("SELECT 1"))
    other.close()
    assert is_outage(error)


async def test_a_folder_that_is_not_there_is_an_outage(tmp_path: Path) -> None:
    assert is_outage(await error_of(f"sqlite:///{tmp_path}/missing/stats.db", run("SELECT 1")))


async def test_a_server_that_is_not_there_is_an_outage(tmp_path: Path) -> None:
    url = f"postgresql:///stats?host={tmp_path}"
    assert is_outage(await error_of(url, run("SELECT 1")))


async def test_a_database_that_is_not_there_yet_is_an_outage(postgres_server: str) -> None:
    url = make_url(postgres_server).set(database="missing").render_as_string(hide_password=False)
    assert is_outage(await error_of(url, run("SELECT 1")))


async def test_a_statement_that_runs_too_long_is_an_outage(postgres_url: str) -> None:
    assert is_outage(await error_of(postgres_url, run("SELECT pg_sleep(5)")))


async def test_a_turn_that_does_not_come_is_an_outage(postgres_url: str) -> None:
    other = create_async_engine(make_url(postgres_url).set(drivername="postgresql+asyncpg"))
    async with other.connect() as holding:
        await holding.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": WRITER_LOCK})
        error = await error_of(postgres_url, run("SELECT 1"))
    await other.dispose()
    assert is_outage(error)


async def test_a_connection_that_is_cut_is_an_outage(postgres_url: str) -> None:
    cut = "SELECT pg_terminate_backend(pg_backend_pid())"
    assert is_outage(await error_of(postgres_url, run(cut)))
