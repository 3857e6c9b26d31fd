"""What loaders are asked in one tick is one batch, and no key is read twice."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pytest
from sqlalchemy import select

from gateway.changes.entity import Entity
from gateway.db import Database
from gateway.db.tables import user
from gateway.loaders.loader import Batches, Loader, LoaderError, Request, StatementLoader
from gateway.loaders.operation import Operation
from tests.asking import ADMIN, NOW


class Squares(Loader[int, int]):
    """Known by the batches of this test."""


class Recorded(Batches):
    """Squares each key, and records what is asked of it."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[list[int]] = []
        self.error: Exception | None = None
        self.begun = asyncio.Event()
        self.go_on = asyncio.Event()
        self.go_on.set()

    async def read(self, wanted: Mapping[Squares, Sequence[int]]) -> None:
        for loader, keys in wanted.items():
            self.asked.append([*keys])
            self.begun.set()
            await self.go_on.wait()
            if self.error is not None:
                raise self.error
            loader.values |= ((key, key * key) for key in keys)


async def test_aiodataloader_batches_what_is_asked_in_one_tick() -> None:
    batches = Recorded()
    squares = Squares(batches)
    found = await asyncio.gather(
        squares.load_many([1, 2]), squares.load(3), squares.load_many([2, 4])
    )
    assert found == [[1, 4], 9, [4, 16]]
    assert batches.asked == [[1, 2, 3, 4]]


async def test_loaders_that_are_asked_in_one_tick_share_a_statement(database: Database) -> None:
    async with Operation(database, ADMIN, NOW) as operation:
        loaders = operation.loaders
        await asyncio.gather(
            loaders.users.load_many([1, 2]), loaders.users.load(3), loaders.projects.load(11)
        )
        assert (operation.snapshot.statements, operation.snapshot.selects) == (1, 2)


class Forgetful(StatementLoader[int, int]):
    """Asks for no key but the first."""

    name = "forgetful"
    default = 0

    def requests(self, keys: Sequence[int]) -> Iterable[Request]:
        yield Request(keys[:1], select(user.c.id), {}, lambda _: {})

    def entities(self, key: int) -> tuple[Entity, ...]:
        return (("user_record", key),)


async def test_a_key_that_requests_leave_out_is_a_clear_error(database: Database) -> None:
    async with Operation(database, ADMIN, NOW) as operation:
        forgetful = Forgetful(operation.reads)
        asked = forgetful.load_many([1, 2]), forgetful.load(3), forgetful.load(1)
        many, one, known = await asyncio.gather(*asked, return_exceptions=True)
        assert isinstance(many, LoaderError)
        assert (many.loader, many.key) == ("Forgetful", 2)
        assert str(many) == (
            "Forgetful has no value for the key 2: its requests() must contain each key."
        )
        assert isinstance(one, LoaderError)
        assert one.key == 3
        assert known == 0


async def test_what_is_known_is_there_at_once() -> None:
    batches = Recorded()
    squares = Squares(batches)
    await squares.load_many([1, 2])
    squares.prime(3, 10)
    squares.prime(2, 10)
    assert squares.load(3).result() == 10
    assert squares.load_many([2, 1, 2]).result() == [4, 1, 4]
    assert squares.load_many([]).result() == []
    assert batches.asked == [[1, 2]]


async def test_a_key_that_is_being_read_is_not_read_again() -> None:
    batches = Recorded()
    squares = Squares(batches)
    batches.go_on.clear()
    first = asyncio.ensure_future(squares.load_many([1, 2]))
    await batches.begun.wait()
    second = squares.load_many([2, 3])
    batches.go_on.set()
    assert await asyncio.gather(first, second) == [[1, 4], [4, 9]]
    assert batches.asked == [[1, 2], [3]]


async def test_a_batch_that_fails_is_not_remembered() -> None:
    batches = Recorded()
    squares = Squares(batches)
    batches.error = LookupError()
    asked: list[asyncio.Future[Any]] = [squares.load(1), squares.load_many([1, 2])]
    found = await asyncio.gather(*asked, return_exceptions=True)
    assert found == [batches.error] * 2
    batches.error = None
    assert await squares.load_many([1, 2]) == [1, 4]


async def test_who_waits_for_a_batch_is_cancelled_with_it() -> None:
    batches = Recorded()
    squares = Squares(batches)
    batches.go_on.clear()
    before = asyncio.all_tasks()
    waiting: list[asyncio.Future[Any]] = [squares.load(1), squares.load_many([1, 2])]
    await batches.begun.wait()
    for task in asyncio.all_tasks() - before:
        task.cancel()
    for one in waiting:
        with pytest.raises(asyncio.CancelledError):
            await one
