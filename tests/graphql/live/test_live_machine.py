"""Whatever is written while others follow: each frame is true, none is older than the last."""

from __future__ import annotations

import os

import pytest

from gateway.db import Database
from tests.auth.conftest import Pair, pair
from tests.graphql.live.machine import lead_a_life

#: ``make live-machine`` lets it live longer, and more often.
LIVES = int(os.environ.get("LIVE_LIVES", "2"))
STEPS = int(os.environ.get("LIVE_STEPS", "25"))
SEED = int(os.environ.get("LIVE_SEED", "1"))


@pytest.fixture(scope="module")
def keys() -> tuple[Pair, Pair]:
    return pair(), pair()


@pytest.mark.timeout(120 + 30 * STEPS)
@pytest.mark.parametrize("seed", range(SEED, SEED + LIVES))
async def test_every_frame_is_true_and_none_is_older_than_the_last(
    database: Database, database_url: str, keys: tuple[Pair, Pair], seed: int
) -> None:
    machine = await lead_a_life(database, database_url, keys, seed, STEPS)

    frames = sum(len(one.read) for one in machine.history.followed)
    assert frames > len(machine.history.followed)
    assert any(one.to_the_end for one in machine.history.followed)
    assert any(tick.last is not None for one in machine.history.followed for tick in one.ticks)
