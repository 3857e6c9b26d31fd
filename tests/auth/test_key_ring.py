import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from threading import Event

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_public_key,
)

from gateway.auth.key_ring import KeyRing, KeySource
from gateway.auth.token_keys import TokenKey
from gateway.errors import Unavailable
from tests.auth.conftest import Pair
from tests.auth.waiting import until


class Shelf:
    """Where keys are put for a source to find; ``reads`` counts its readings."""

    def __init__(self, *keys: TokenKey) -> None:
        self.keys: Sequence[TokenKey] = keys
        self.fault: Exception | None = None
        self.reads = 0
        self.open = Event()
        self.open.set()

    def read(self) -> Sequence[TokenKey]:
        self.reads += 1
        found = self.keys
        assert self.open.wait(30)
        if self.fault:
            raise self.fault
        return found


class Clock:
    seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def shelf(older: Pair) -> Shelf:
    return Shelf(older.key)


@pytest.fixture
async def source_of(clock: Clock) -> AsyncIterator[Callable[..., KeySource]]:
    sources = []

    def make(shelf: Shelf, every_seconds: float = 3600, timeout_seconds: float = 5) -> KeySource:
        source = KeySource(
            shelf.read,
            every_seconds=every_seconds,
            pause_seconds=10,
            timeout_seconds=timeout_seconds,
            clock=clock,
        )
        sources.append(source)
        return source

    yield make
    for source in sources:
        await source.stop()


async def test_a_ring_reads_its_sources_when_it_is_entered(
    source_of: Callable[..., KeySource], ours: Pair, older: Pair
) -> None:
    ring = KeyRing([source_of(Shelf(ours.key)), source_of(Shelf(older.key))])
    assert (list(ring), ring.is_complete) == ([], False)
    async with ring:
        assert (list(ring), ring.is_complete) == ([ours.key, older.key], True)


async def test_keys_are_read_again_from_time_to_time(
    source_of: Callable[..., KeySource], shelf: Shelf, ours: Pair, older: Pair
) -> None:
    async with KeyRing([source_of(shelf, every_seconds=0.01)]) as ring:
        assert list(ring) == [older.key]
        shelf.keys = [ours.key]
        await until(lambda: list(ring) == [ours.key])


async def test_a_key_that_is_still_there_stays_the_same_object(
    source_of: Callable[..., KeySource], shelf: Shelf, ours: Pair
) -> None:
    source = source_of(shelf)
    await source.refresh()
    (before,) = source.keys
    again = load_pem_public_key(
        before.key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )
    assert isinstance(again, RSAPublicKey)
    shelf.keys = [ours.key, TokenKey(again)]
    await source.refresh()
    assert source.keys[1] is before


async def test_an_unknown_key_is_looked_for_at_once_and_then_not_for_a_while(
    source_of: Callable[..., KeySource], shelf: Shelf, clock: Clock, ours: Pair
) -> None:
    source = source_of(shelf)
    await source.refresh()
    shelf.keys = [ours.key]
    assert await source.look_for(None)
    assert (source.keys, shelf.reads) == ((ours.key,), 2)

    clock.seconds += 9.9
    assert not await source.look_for(None)
    assert shelf.reads == 2
    clock.seconds += 0.1
    assert not await source.look_for(None)
    assert shelf.reads == 3


async def test_a_key_that_is_known_by_name_is_not_looked_for(
    source_of: Callable[..., KeySource], ours: Pair
) -> None:
    shelf = Shelf(TokenKey(ours.key.key, "2026"))
    source = source_of(shelf)
    await source.refresh()
    assert not await source.look_for("2026")
    assert shelf.reads == 1
    await source.look_for("2027")
    assert shelf.reads == 2


async def test_all_who_come_during_a_reading_wait_for_it(
    source_of: Callable[..., KeySource], shelf: Shelf, ours: Pair
) -> None:
    source = source_of(shelf)
    await source.refresh()
    shelf.open.clear()
    shelf.keys = [ours.key]
    waiting = [asyncio.create_task(source.look_for(None)) for _ in range(50)]
    await asyncio.sleep(0.05)
    shelf.open.set()
    assert await asyncio.gather(*waiting) == [True] * 50
    assert shelf.reads == 2


async def test_a_reading_that_began_before_the_key_was_published_is_not_enough(
    source_of: Callable[..., KeySource], shelf: Shelf, ours: Pair
) -> None:
    source = source_of(shelf)
    await source.refresh()
    shelf.open.clear()
    early = asyncio.create_task(source.refresh())
    await until(lambda: shelf.reads == 2)
    shelf.keys = [ours.key]
    late = asyncio.create_task(source.look_for(None))
    await asyncio.sleep(0.01)
    shelf.open.set()
    await early
    assert await late
    assert source.keys == (ours.key,)


async def test_a_request_waits_for_a_slow_source_no_longer_than_its_timeout(
    source_of: Callable[..., KeySource], shelf: Shelf, older: Pair
) -> None:
    source = source_of(shelf, timeout_seconds=0.05)
    await source.refresh()
    shelf.open.clear()
    async with asyncio.timeout(60):
        assert not await source.look_for(None)
    assert source.keys == (older.key,)
    shelf.open.set()


@pytest.mark.parametrize("fault", [Unavailable("The issuer is away."), RuntimeError("A surprise.")])
async def test_the_last_good_keys_stay_and_the_fault_is_logged_once(
    source_of: Callable[..., KeySource],
    shelf: Shelf,
    ours: Pair,
    older: Pair,
    fault: Exception,
    caplog: pytest.LogCaptureFixture,
) -> None:
    source = source_of(shelf)
    await source.refresh()
    shelf.fault = fault
    for _ in range(3):
        await source.refresh()
    assert source.keys == (older.key,)
    assert [(record.levelno, record.getMessage()) for record in caplog.records] == [
        (
            logging.WARNING,
            f"Could not read the keys for tokens (the last good keys stay in use): {fault}",
        )
    ]

    shelf.fault, shelf.keys = None, [ours.key]
    await source.refresh()
    assert source.keys == (ours.key,)
