"""Which errors are a database's own faults, and which are a statement's."""

from __future__ import annotations

import asyncio
import gc
import os
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Connection, make_url, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import create_async_engine

from gateway.db import Database, open_database
from gateway.db.faults import DatabaseFault, Fault, fault_of
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
async def test_a_wrong_statement_is_no_fault(database_url: str, statement: str) -> None:
    error = await error_of(database_url, run(statement))
    assert isinstance(error, DBAPIError)
    assert fault_of(error) is None


async def test_a_row_that_is_there_already_is_no_fault(database: Database) -> None:
    def twice(connection: Connection) -> None:
        for _ in range(2):
            connection.execute(text("INSERT INTO project (id) VALUES (1)"))

    with pytest.raises(IntegrityError) as caught:
        await database.write(twice)
    assert fault_of(caught.value) is None


def test_an_error_of_our_own_is_no_fault() -> None:
    assert fault_of(ValueError("x")) is None
    assert fault_of(Unavailable("x")) is None


async def fault_when(url: str, work: Callable[[Connection], Any]) -> Fault:
    """The fault that writing meets; whoever asks over HTTP is told nothing of it."""
    error = await error_of(url, work)
    assert isinstance(error, DatabaseFault)
    assert error.message == "The database is busy or away: try again in a moment."
    assert error.extensions == {"code": "UNAVAILABLE"}
    assert error.fault.code in error.for_operators
    assert "\n" not in error.for_operators
    return error.fault


async def test_a_file_that_another_program_holds_is_busy(tmp_path: Path) -> None:
    file = tmp_path / "stats.db"
    other = sqlite3.connect(file)
    other.execute("PRAGMA journal_mode = WAL")
    other.execute("BEGIN IMMEDIATE")
    fault = await fault_when(f"sqlite:///{file}", run("SELECT 1"))
    other.close()
    assert fault is Fault.BUSY


async def test_a_folder_that_is_not_there_is_missing(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/missing/stats.db"
    assert await fault_when(url, run("SELECT 1")) is Fault.MISSING


async def test_a_folder_instead_of_a_file_is_missing(tmp_path: Path) -> None:
    assert await fault_when(f"sqlite:///{tmp_path}", run("SELECT 1")) is Fault.MISSING


async def test_a_file_that_is_no_database_is_foreign(tmp_path: Path) -> None:
    file = tmp_path / "export.csv"
    file.write_text("classification_id,user_name\n" * 100)
    assert await fault_when(f"sqlite:///{file}", run("SELECT 1")) is Fault.FOREIGN
    assert file.read_text() == "classification_id,user_name\n" * 100


async def test_a_file_whose_pages_are_overwritten_is_damaged(tmp_path: Path) -> None:
    file = tmp_path / "stats.db"
    url = f"sqlite:///{file}"
    async with open_database(url) as database:
        await database.migrate()
    content = bytearray(file.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    file.write_bytes(content)
    assert await fault_when(url, run("SELECT * FROM classification")) is Fault.DAMAGED
    async with open_database(url) as database, database.read() as snapshot:
        with pytest.raises(DatabaseFault) as caught:
            await snapshot.fetch(text("SELECT * FROM classification"))
    assert caught.value.fault is Fault.DAMAGED


async def test_a_server_that_is_not_there_is_away(tmp_path: Path) -> None:
    url = f"postgresql:///stats?host={tmp_path}"
    assert await fault_when(url, run("SELECT 1")) is Fault.AWAY


async def test_a_port_that_nobody_listens_on_is_away() -> None:
    assert await fault_when("postgresql://127.0.0.1:1/stats", run("SELECT 1")) is Fault.AWAY


async def test_a_database_that_is_not_there_yet_is_missing(postgres_server: str) -> None:
    url = make_url(postgres_server).set(database="missing").render_as_string(hide_password=False)
    assert await fault_when(url, run("SELECT 1")) is Fault.MISSING


async def test_a_role_that_only_reads_is_refused(postgres_url: str) -> None:
    role = f"reader_{uuid4().hex}"
    async with open_database(postgres_url) as database:
        await database.write(run(f"CREATE ROLE {role} LOGIN"))
        await database.write(run(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}"))
    url = make_url(postgres_url).set(username=role).render_as_string(hide_password=False)
    assert await fault_when(url, run("DELETE FROM classification")) is Fault.REFUSED


async def test_a_server_that_takes_no_writes_is_read_only(postgres_url: str) -> None:
    name = make_url(postgres_url).database
    async with open_database(postgres_url) as database:
        await database.write(run(f"ALTER DATABASE {name} SET default_transaction_read_only = on"))
    assert await fault_when(postgres_url, run("DELETE FROM classification")) is Fault.READ_ONLY


async def test_a_database_that_takes_no_connections_is_away(postgres_url: str) -> None:
    url = make_url(postgres_url)
    other = url.set(database="postgres").render_as_string(hide_password=False)
    async with open_database(other) as database:
        await database.write(run(f"ALTER DATABASE {url.database} ALLOW_CONNECTIONS false"))
    assert await fault_when(postgres_url, run("SELECT 1")) is Fault.AWAY
    async with open_database(postgres_url) as database, database.read() as snapshot:
        with pytest.raises(DatabaseFault) as caught:
            await snapshot.fetch(text("SELECT 1"))
    assert caught.value.fault is Fault.AWAY


@pytest.mark.parametrize(
    ("state", "fault"),
    [
        ("53100", Fault.FULL),
        ("53200", Fault.BUSY),
        ("57P01", Fault.AWAY),
        ("57P03", Fault.AWAY),
        ("58030", Fault.DAMAGED),
        ("XX001", Fault.DAMAGED),
    ],
)
async def test_what_postgresql_says_by_a_state_is_known(
    postgres_url: str, state: str, fault: Fault
) -> None:
    raised = run(f"DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '{state}'; END $$")
    assert await fault_when(postgres_url, raised) is fault


async def test_a_statement_that_runs_too_long_is_busy(postgres_url: str) -> None:
    assert await fault_when(postgres_url, run("SELECT pg_sleep(5)")) in (Fault.BUSY, Fault.AWAY)


async def test_what_is_read_after_a_statement_that_ran_too_long_is_the_same_fault(
    postgres_url: str,
) -> None:
    """PostgreSQL itself says of each that the transaction is aborted."""
    async with open_database(postgres_url, timeout_seconds=0.3) as database:
        async with database.read() as snapshot:
            await snapshot.fetch(text("SELECT 1"))
            faults = []
            for statement in ("SELECT pg_sleep(60)", "SELECT 2"):
                with pytest.raises(Exception) as caught:
                    await snapshot.fetch(text(statement))
                faults.append(fault_of(caught.value))
        assert faults[0] is faults[1] is not None
        async with database.read() as snapshot:
            ((one,),) = await snapshot.fetch(text("SELECT 1"))
        assert one == 1


async def test_a_turn_that_does_not_come_is_busy(postgres_url: str) -> None:
    other = create_async_engine(make_url(postgres_url).set(drivername="postgresql+asyncpg"))
    async with other.connect() as holding:
        await holding.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": WRITER_LOCK})
        fault = await fault_when(postgres_url, run("SELECT 1"))
    await other.dispose()
    assert fault in (Fault.BUSY, Fault.AWAY)


async def test_a_connection_that_is_cut_is_away(postgres_url: str) -> None:
    cut = "SELECT pg_terminate_backend(pg_backend_pid())"
    assert await fault_when(postgres_url, run(cut)) is Fault.AWAY


async def test_a_file_that_vanished_is_missing_for_writers_and_readers(tmp_path: Path) -> None:
    file = tmp_path / "stats.db"
    async with open_database(f"sqlite:///{file}") as database:
        await database.migrate()
        async with database.read() as snapshot:
            await snapshot.fetch(text("SELECT 1"))
        for name in os.listdir(tmp_path):
            os.unlink(tmp_path / name)
        with pytest.raises(DatabaseFault) as written:
            await database.write(run("INSERT INTO project (id) VALUES (1)"))
        async with database.read() as snapshot:
            with pytest.raises(DatabaseFault) as read:
                await snapshot.fetch(text("SELECT 1"))
    assert (written.value.fault, read.value.fault) == (Fault.MISSING, Fault.MISSING)
    assert os.listdir(tmp_path) == []


async def test_a_file_that_was_replaced_is_read_and_written_from_then_on(tmp_path: Path) -> None:
    file, other = tmp_path / "stats.db", tmp_path / "other.db"
    projects = text("SELECT id FROM project ORDER BY id")
    for path, project in ((file, 1), (other, 2)):
        async with open_database(f"sqlite:///{path}") as made:
            await made.migrate()
            await made.write(run(f"INSERT INTO project (id) VALUES ({project})"))
    async with open_database(f"sqlite:///{file}") as database:
        async with database.read() as snapshot:
            assert [row.id for row in await snapshot.fetch(projects)] == [1]
        other.replace(file)
        async with database.read() as snapshot:
            assert [row.id for row in await snapshot.fetch(projects)] == [2]
        await database.write(run("INSERT INTO project (id) VALUES (3)"))
        async with database.read() as snapshot:
            assert [row.id for row in await snapshot.fetch(projects)] == [2, 3]


async def test_an_error_whose_writer_went_away_is_not_told_by_the_loop(tmp_path: Path) -> None:
    told: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))
    begun, go_on = threading.Event(), threading.Event()

    def fail_late(_: Connection) -> None:
        begun.set()
        go_on.wait(30)
        raise ValueError("late")

    async with open_database(f"sqlite:///{tmp_path}/stats.db") as database:
        writing = asyncio.create_task(database.write(fail_late))
        await asyncio.to_thread(begun.wait, 30)
        writing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await writing
        go_on.set()
        # One more write waits until the first has ended.
        await database.write(run("SELECT 1"))
    del writing
    gc.collect()
    await asyncio.sleep(0)
    assert told == []
