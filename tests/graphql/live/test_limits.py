"""How many live operations a viewer and a process may have, counted here and in a real Redis."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, Protocol

import pytest

from gateway.auth.viewer import ANONYMOUS, Viewer
from gateway.errors import Unavailable
from gateway.graphql.admission.budget import open_storage
from gateway.graphql.live import leases
from gateway.graphql.live.limits import LiveLimits
from gateway.graphql.refusals import TooManyLiveOperations
from tests.redis_server import free_port, running_redis

ADA, EVE = Viewer(id=7), Viewer(id=8)
MACHINE = Viewer(api_key_id="7")


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


class NewLimits(Protocol):
    async def __call__(self, per_viewer: int, in_all: int = 1_000) -> LiveLimits: ...


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_redis(tmp_path_factory.mktemp("redis"), free_port()) as url:
        yield url


@pytest.fixture
async def shared(redis_url: str) -> str:
    """The Redis, without what other tests have told it."""
    await forget(redis_url)
    return redis_url


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[Any]:
    bridge: Any = open_storage("URL", url).bridge
    connection = bridge.get_connection()
    yield connection
    connection.connection_pool.disconnect()
    # The loop closes the sockets in its next turn.
    await asyncio.sleep(0)


@asynccontextmanager
async def silent(limits: LiveLimits) -> AsyncIterator[LiveLimits]:
    """Limits of a process that tells nobody what has ended, and renews nothing."""
    yield limits
    await limits.__aexit__(None, None, None)


async def forget(url: str) -> None:
    async with connected(url) as connection:
        await connection.flushall()


@pytest.fixture(params=["memory", "redis"])
async def limited(request: pytest.FixtureRequest) -> AsyncIterator[NewLimits]:
    url = request.getfixturevalue("redis_url") if request.param == "redis" else None
    if url is not None:
        await forget(url)
    async with AsyncExitStack() as stack:

        async def make(per_viewer: int, in_all: int = 1_000) -> LiveLimits:
            storage = None if url is None else open_storage("URL", url)
            return await stack.enter_async_context(LiveLimits(per_viewer, in_all, storage))

        yield make


async def until_taken(limits: LiveLimits, viewer: Viewer) -> None:
    """Take a place as soon as there is one."""
    async with asyncio.timeout(30):
        while True:
            try:
                await limits.take(viewer, "")
            except TooManyLiveOperations:
                await asyncio.sleep(0.01)
            else:
                return


async def test_a_viewer_has_so_many_and_no_more(limited: NewLimits) -> None:
    limits = await limited(2)
    first = await limits.take(ADA, "a")
    await limits.take(ADA, "b")

    with pytest.raises(TooManyLiveOperations) as caught:
        await limits.take(ADA, "c")

    assert caught.value.extensions == {
        "code": "TOO_MANY_LIVE_OPERATIONS",
        "limit": 2,
        "retryAfter": 10,
    }
    assert caught.value.headers == {"Retry-After": "10"}
    first.release()
    first.release()
    await limits.take(ADA, "c")
    with pytest.raises(TooManyLiveOperations):
        await limits.take(ADA, "c")


async def test_each_viewer_is_counted_apart(limited: NewLimits) -> None:
    limits = await limited(1)
    for viewer, address in [(ADA, "c"), (EVE, "c"), (MACHINE, "c"), (ANONYMOUS, "c")]:
        await limits.take(viewer, address)
        with pytest.raises(TooManyLiveOperations):
            await limits.take(viewer, address)
    await limits.take(ANONYMOUS, "d")


async def test_a_process_has_so_many_and_no_more(limited: NewLimits) -> None:
    limits = await limited(10, in_all=2)
    first = await limits.take(ADA, "")
    await limits.take(EVE, "")
    with pytest.raises(Unavailable):
        await limits.take(MACHINE, "")
    assert limits.taken == 2
    first.release()
    await limits.take(MACHINE, "")


async def test_of_many_at_once_only_so_many_get_a_place(limited: NewLimits) -> None:
    limits = await limited(5)
    taken = await asyncio.gather(*(limits.take(ADA, "") for _ in range(20)), return_exceptions=True)
    assert sum(isinstance(one, TooManyLiveOperations) for one in taken) == 15


async def test_nothing_is_remembered_of_who_has_left(limited: NewLimits) -> None:
    limits = await limited(1)
    for number in range(50):
        place = await limits.take(Viewer(id=number + 1), "")
        place.release()
    assert limits.taken == 0
    assert not limits._counts


async def test_processes_that_share_redis_count_together(shared: str) -> None:
    async with (
        LiveLimits(2, 100, open_storage("URL", shared)) as one,
        LiveLimits(2, 100, open_storage("URL", shared)) as other,
    ):
        place = await one.take(ADA, "")
        await other.take(ADA, "")
        for limits in (one, other):
            with pytest.raises(TooManyLiveOperations):
                await limits.take(ADA, "")
        place.release()
        await until_taken(other, ADA)


async def test_a_stopped_process_frees_what_it_had(shared: str) -> None:
    async with LiveLimits(1, 100, open_storage("URL", shared)) as other:
        async with LiveLimits(1, 100, open_storage("URL", shared)) as one:
            await one.take(ADA, "")
            with pytest.raises(TooManyLiveOperations):
                await other.take(ADA, "")
        await other.take(ADA, "")


async def test_what_a_killed_process_had_is_free_when_its_lease_is_over(
    shared: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leases, "LEASE_SECONDS", 1)
    async with (
        silent(LiveLimits(1, 100, open_storage("URL", shared))) as killed,
        LiveLimits(1, 100, open_storage("URL", shared)) as other,
    ):
        await killed.take(ADA, "")
        await until_taken(other, ADA)


async def test_a_lease_holds_as_long_as_it_is_renewed(
    shared: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leases, "LEASE_SECONDS", 3)
    monkeypatch.setattr(leases, "RENEWED_EVERY_SECONDS", 0.1)
    async with (
        LiveLimits(1, 100, open_storage("URL", shared)) as one,
        LiveLimits(1, 100, open_storage("URL", shared)) as other,
    ):
        await one.take(ADA, "")
        async with connected(shared) as connection:
            first = known = await connection.hgetall("stats-gateway/live/user/7")
            async with asyncio.timeout(30):
                while known == first:
                    await asyncio.sleep(0.01)
                    known = await connection.hgetall("stats-gateway/live/user/7")
        with pytest.raises(TooManyLiveOperations):
            await other.take(ADA, "")


async def test_without_redis_each_process_counts_by_itself_and_tells_it_later(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    port, clock = free_port(), Clock()
    url = f"redis://127.0.0.1:{port}/0"
    async with AsyncExitStack() as stack:

        async def process() -> LiveLimits:
            limits = LiveLimits(1, 100, open_storage("URL", url), clock)
            return await stack.enter_async_context(silent(limits))

        one, other, third = await process(), await process(), await process()
        await one.take(ADA, "")
        await other.take(EVE, "")
        assert "counts live operations by itself" in caplog.text
        with pytest.raises(TooManyLiveOperations):
            await one.take(ADA, "")

        stack.enter_context(running_redis(tmp_path, port))
        # Left alone for a while, it is not asked yet.
        await other.take(ADA, "")
        clock.now += 10
        assert one._leases is not None
        await one._leases.report(["user/7"])
        with pytest.raises(TooManyLiveOperations):
            await third.take(ADA, "")


async def test_many_viewers_are_told_of_in_few_calls(
    shared: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leases, "_REPORTED_AT_ONCE", 7)
    async with (
        silent(LiveLimits(1, 100, open_storage("URL", shared))) as limits,
        connected(shared) as connection,
    ):
        for number in range(20):
            await limits.take(Viewer(id=number + 1), "")
        await connection.flushall()
        assert limits._leases is not None
        await limits._leases.report([f"user/{number + 1}" for number in range(20)])
        assert len(await connection.keys("*")) == 20
