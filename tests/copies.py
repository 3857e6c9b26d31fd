"""Copies of the directory, and all that they tell of as the tables have it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Table, select

from gateway.db import Database
from gateway.db.certificate_tables import certificate
from gateway.db.goal_tables import goal
from gateway.db.group_tables import group_change, group_tenure, last_id, membership_span
from gateway.db.rollup_sets import SETS
from gateway.db.tables import (
    backfill,
    forgotten_user,
    group_record,
    membership,
    name_key,
    name_word,
    project,
    project_name_sources,
    user,
    user_group,
    user_name_sources,
    workflow,
    workflow_name_sources,
)
from gateway.directory.dump import dump_directory
from gateway.rollups.verify import verify

#: All that a copy tells of, but for join links.
COPIED: tuple[Table, ...] = (
    user,
    user_name_sources,
    user_group,
    group_record,
    membership,
    project,
    project_name_sources,
    workflow,
    workflow_name_sources,
    name_key,
    name_word,
    group_tenure,
    membership_span,
    backfill,
    group_change,
    goal,
    certificate,
    forgotten_user,
    last_id,
)


async def dumped(database: Database, *, tokens: bool = True) -> bytes:
    parts: list[bytes] = []
    async with database.read() as snapshot:
        await dump_directory(snapshot, parts.append, with_join_tokens=tokens)
    return b"".join(parts)


async def rows(database: Database, table: Table) -> list[tuple[Any, ...]]:
    statement = select(table).order_by(*table.primary_key.columns)
    async with database.read() as snapshot:
        return [tuple(row) for row in await snapshot.fetch(statement)]


async def contents(database: Database, *more: Table) -> dict[str, list[tuple[Any, ...]]]:
    tables = (*COPIED, *(rollup.table for rollup in SETS), *more)
    return {table.name: await rows(database, table) for table in tables}


async def is_sound(database: Database) -> bool:
    async with database.read() as snapshot:
        return not [found for rollup in SETS async for found in verify(snapshot, rollup) if found]
