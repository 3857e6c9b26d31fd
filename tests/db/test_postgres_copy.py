"""COPY fails as a statement does: what is wrong, and whether trying again helps, can be told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, select
from sqlalchemy.exc import DBAPIError

from gateway.db import open_database
from gateway.db.faults import DatabaseFault, Fault, fault_of
from gateway.db.postgres_copy import copy_file, copy_out, copy_rows
from gateway.db.rollup_sets import GROUP_USER
from gateway.db.tables import user
from gateway.db.upsert import add_rows, insert_rows
from tests.waiting_statements import administrator, until_waiting

ROWS = [(number, f"user{number}", None) for number in range(1, 1_501)]


def written(file: Path) -> Path:
    file.write_text("".join(f"{number},{login},\n" for number, login, _ in ROWS))
    return file


def by_rows(connection: Connection, _folder: Path) -> None:
    copy_rows(connection, user, ROWS)


def by_file(connection: Connection, folder: Path) -> None:
    copy_file(connection, user, written(folder / "rows.csv"))


def to_file(connection: Connection, folder: Path) -> None:
    copy_out(connection, f"SELECT id FROM {user.name}", folder / "out.csv", "")


Copy = Callable[[Connection, Path], None]


@pytest.mark.parametrize("copy", [by_rows, by_file])
async def test_copied_rows_are_there_and_belong_to_the_transaction(
    copy: Copy, postgres_url: str, tmp_path: Path
) -> None:
    def refused(connection: Connection) -> None:
        copy(connection, tmp_path)
        raise ValueError("refused")

    async with open_database(postgres_url) as database:
        with pytest.raises(ValueError, match="refused"):
            await database.write(refused)
        assert await stored(database) == []
        await database.write(lambda connection: copy(connection, tmp_path))
        assert await stored(database) == ROWS
        await database.write(lambda connection: to_file(connection, tmp_path))
    assert len((tmp_path / "out.csv").read_text().split()) == len(ROWS)


async def stored(database: Any) -> Sequence[tuple[Any, ...]]:
    async with database.read() as snapshot:
        return list(await snapshot.fetch(select(user).order_by(user.c.id)))


@pytest.mark.parametrize("copy", [by_rows, by_file])
async def test_a_row_that_is_there_already_is_no_fault(
    copy: Copy, postgres_url: str, tmp_path: Path
) -> None:
    async with open_database(postgres_url) as database:
        await database.write(lambda connection: copy(connection, tmp_path))
        with pytest.raises(DBAPIError) as caught:
            await database.write(lambda connection: copy(connection, tmp_path))
        assert fault_of(caught.value) is None
        assert "user1" not in str(caught.value)
        assert await stored(database) == ROWS


@pytest.mark.parametrize("copy", [by_rows, by_file, to_file])
async def test_a_copy_that_is_cut_is_away_and_the_next_works(
    copy: Copy, postgres_url: str, tmp_path: Path
) -> None:
    async with open_database(postgres_url) as database, administrator(postgres_url) as admin:
        async with admin.transaction():
            await admin.execute(f"LOCK TABLE {user.name} IN ACCESS EXCLUSIVE MODE")
            writing = asyncio.create_task(
                database.write(lambda connection: copy(connection, tmp_path))
            )
            await until_waiting(admin, 1)
            await admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE wait_event_type = 'Lock' AND datname = current_database()"
            )
            with pytest.raises(DatabaseFault) as caught:
                await writing
        assert caught.value.fault is Fault.AWAY
        await database.write(lambda connection: copy(connection, tmp_path))


@pytest.mark.parametrize("copy", [by_rows, by_file, to_file])
async def test_a_copy_that_takes_too_long_is_busy(
    copy: Copy, postgres_url: str, tmp_path: Path
) -> None:
    async with (
        open_database(postgres_url, timeout_seconds=0.3) as database,
        administrator(postgres_url) as admin,
        admin.transaction(),
    ):
        await admin.execute(f"LOCK TABLE {user.name} IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(DatabaseFault) as caught:
            await database.write(lambda connection: copy(connection, tmp_path))
    assert caught.value.fault in (Fault.BUSY, Fault.AWAY)


async def test_new_rows_are_copied_and_others_grow(postgres_url: str) -> None:
    table = GROUP_USER.table
    rows = [(501, 0, 19_782, number, 1, 1000) for number in range(1, 3_001)]
    old, new = rows[:500], {row[:4] for row in rows[500:]}

    def work(connection: Connection) -> None:
        insert_rows(connection, table, old)
        add_rows(connection, table, rows, new)

    async with open_database(postgres_url) as database:
        await database.write(work)
        async with database.read() as snapshot:
            found = list(await snapshot.fetch(select(table).order_by(*table.c)))
    assert found == [(*row[:4], 2, 2000) for row in old] + rows[500:]
