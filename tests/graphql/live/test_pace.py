"""How far apart ticks are, and what comes first in one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from gateway.db import Database
from gateway.graphql.execution.live_queries import LiveQueries
from gateway.graphql.live.ticks import pause_after
from tests.events_of import classification, store
from tests.graphql.cached_gateway import Gateway
from tests.graphql.live.followers import follow, live_answers


@pytest.mark.parametrize(
    ("worked", "share", "pause"),
    [
        # From the beginning of a tick to the next.
        (0.0, 0.5, 1.0),
        (0.25, 0.5, 0.75),
        (0.5, 0.5, 0.5),
        # At least as long as it worked.
        (3.0, 0.5, 3.0),
        # Four times as long as it worked.
        (3.0, 0.2, 12.0),
        (0.1, 0.2, 0.9),
    ],
)
def test_a_pause_is_as_long_as_the_share_demands(worked: float, share: float, pause: float) -> None:
    assert pause_after(worked, 1.0, share) == pytest.approx(pause)


@pytest.fixture
async def gateway(database: Database) -> AsyncIterator[Gateway]:
    async with Gateway(database) as gateway:
        yield gateway


@pytest.mark.parametrize(("waited", "expensive_first"), [(20.0, False), (200_000.0, True)])
async def test_what_takes_long_lets_others_go_first_but_not_for_ever(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch, waited: float, *, expensive_first: bool
) -> None:
    executed: list[str] = []
    evaluate = LiveQueries.evaluate

    async def noted(self: LiveQueries, ready: Any, *arguments: Any, **options: Any) -> Any:
        executed.append("hours" if "hours" in ready.prepared.text else "total")
        return await evaluate(self, ready, *arguments, **options)

    async with live_answers(gateway, connections=1) as live:
        await follow(live, "classifications { hours: totalCount }")
        await follow(live, "classifications { totalCount }")
        now = asyncio.get_running_loop().time()
        for (watched,) in live._operations.pages():
            is_expensive = "hours" in watched.operation.prepared.text
            watched.took = 10.0 if is_expensive else 0.01
            watched.evaluated = now - (waited if is_expensive else 10.0)
        monkeypatch.setattr(LiveQueries, "evaluate", noted)
        await store(gateway.database, classification(1))
        await live.tick()
    assert executed == (["hours", "total"] if expensive_first else ["total", "hours"])
