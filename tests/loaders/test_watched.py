"""Whoever watches is told what an operation reads."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Dialect

from gateway.auth.viewer import ANONYMOUS
from gateway.db import Database
from gateway.loaders.operation import Operation
from gateway.loaders.watched import Watch
from gateway.stats.subject import Kind, Question, Selection
from tests.asking import NOW

TOTAL = Question(Kind.PROJECT, Selection())


async def test_each_batch_is_counted_under_its_loader_with_its_keys(database: Database) -> None:
    told: list[tuple[str, int]] = []
    watch = Watch(lambda name, size: told.append((name, size)))
    async with Operation(database, ANONYMOUS, NOW, watch=watch) as operation:
        users = operation.loaders.users.load_many([1, 2, 3])
        total = operation.loaders.totals.load((TOTAL, 1))
        await users
        await total
        await operation.loaders.users.load_many([3, 4])
    assert sorted(told[:2]) == [("totals", 1), ("user_record", 3)]
    assert told[2:] == [("user_record", 1)]


async def test_a_wave_and_its_statement_run_within_what_is_around_them(
    database: Database,
) -> None:
    told: list[str] = []

    @contextmanager
    def around_batch(size: int) -> Iterator[None]:
        told.append(f"begin wave of {size}")
        try:
            yield
        finally:
            told.append("end wave")

    @contextmanager
    def around_statement(text: str, dialect: Dialect) -> Iterator[None]:
        told.append(f"begin {text.split()[0]} for {dialect.name}")
        try:
            yield
        finally:
            told.append("end statement")

    watch = Watch(around_batch=around_batch, around_statement=around_statement)
    async with Operation(database, ANONYMOUS, NOW, watch=watch) as operation:
        await operation.loaders.users.load_many([1, 2])
    dialect = "sqlite" if "Sqlite" in type(database).__name__ else "postgresql"
    assert told == [
        "begin wave of 2",
        f"begin SELECT for {dialect}",
        "end statement",
        "end wave",
    ]


async def test_what_is_around_a_wave_ends_also_when_it_fails(database: Database) -> None:
    told: list[str] = []

    @contextmanager
    def around_batch(_: int) -> Iterator[None]:
        try:
            yield
        finally:
            told.append("end wave")

    @contextmanager
    def around_statement(_text: str, _dialect: Dialect) -> Iterator[None]:
        raise LookupError
        yield

    watch = Watch(around_batch=around_batch, around_statement=around_statement)
    async with Operation(database, ANONYMOUS, NOW, watch=watch) as operation:
        with pytest.raises(LookupError):
            await operation.loaders.users.load(1)
    assert told == ["end wave"]
