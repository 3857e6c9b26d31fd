"""The machine finds mistakes: each is made in turn, in the hub that it checks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.changes.position import LogPosition
from gateway.db import open_database
from gateway.graphql.execution.basis import Basis, Evaluation
from gateway.graphql.execution.live_queries import LiveQueries
from gateway.graphql.live.evaluation import LiveEvaluation
from gateway.graphql.live.followed_credentials import FollowedCredentials
from gateway.graphql.live.frames import Frame
from gateway.graphql.live.stream import LiveStream
from gateway.graphql.live.watched import Watched
from tests.auth.conftest import Pair, pair
from tests.graphql.live.machine import lead_a_life

#: A mistake may need some luck to show.
LIVES, STEPS = 10, 25

Mistake = Callable[[pytest.MonkeyPatch], None]


def older_state_sent_last(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was evaluated earlier comes later: two evaluations pass each other."""
    take = LiveEvaluation._take
    last: dict[Watched, Frame] = {}

    async def passed(
        self: LiveEvaluation, watched: Watched, evaluation: Evaluation, frame: Frame, day: int
    ) -> None:
        before = last.get(watched)
        await take(self, watched, evaluation, frame, day)
        last[watched] = frame
        if before is not None and before.digest != frame.digest:
            for stream in watched.receivers(before):
                stream.send(before)
            watched.digest = frame.digest

    monkeypatch.setattr(LiveEvaluation, "_take", passed)


def rights_not_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever watches the same page gets the answer that was made for somebody else."""
    held = LiveQueries.cached
    last: dict[Any, Evaluation] = {}

    def anybodys(self: LiveQueries, ready: Any, viewer: Any, record: Any) -> Evaluation | None:
        key = self._answering.key(ready)
        found = held(self, ready, viewer, record)
        if found is None and key in last and last[key].basis.position == newest(self):
            return last[key]
        if found is not None:
            last[key] = found
        return found

    monkeypatch.setattr(LiveQueries, "cached", anybodys)


def newest(queries: LiveQueries) -> LogPosition | None:
    responses = queries._answering.responses
    assert responses is not None
    return responses._changes.position


def rights_not_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer is taken to depend on what is counted alone, not on who is a member."""
    of = Basis.of.__func__  # type: ignore[attr-defined]

    def without_records(cls: type[Basis], reads: Any, *, is_complete: bool) -> Basis:
        basis: Basis = of(cls, reads, is_complete=is_complete)
        kept = frozenset(one for one in basis.entities if not one[0].endswith("_record"))
        return basis._replace(entities=kept or basis.entities)

    monkeypatch.setattr(Basis, "of", classmethod(without_records))


def change_lost_before_the_look(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is committed while an answer is made is taken to be in it."""
    evaluate = LiveQueries.evaluate

    async def late(self: LiveQueries, *arguments: Any, **options: Any) -> Evaluation:
        made = await evaluate(self, *arguments, **options)
        await asyncio.sleep(0.02)
        responses = self._answering.responses
        assert responses is not None
        changes = responses._changes
        await changes.catch_up()
        return made._replace(basis=made.basis._replace(position=changes.position))

    monkeypatch.setattr(LiveQueries, "evaluate", late)


def sent_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody remembers what was sent."""
    send = LiveStream.send

    def forgetful(self: LiveStream, frame: Frame) -> None:
        self._taken = None
        send(self, frame)

    monkeypatch.setattr(LiveStream, "send", forgetful)
    monkeypatch.setattr(Watched, "receivers", lambda self, _: list(self.streams))


def credentials_not_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A credential is good for ever once it was."""

    async def nothing(_: FollowedCredentials) -> None:
        pass

    monkeypatch.setattr(FollowedCredentials, "check", nothing)


@pytest.fixture(scope="module")
def keys() -> tuple[Pair, Pair]:
    return pair(), pair()


@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    "mistake",
    [
        older_state_sent_last,
        rights_not_compared,
        rights_not_read_again,
        change_lost_before_the_look,
        sent_twice,
        credentials_not_checked,
    ],
)
async def test_a_mistake_is_found(
    tmp_path: Path, keys: tuple[Pair, Pair], mistake: Mistake, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path / 'stats.db'}"
    mistake(monkeypatch)
    async with open_database(url) as database:
        await database.migrate()
        for seed in range(LIVES):
            try:
                await lead_a_life(database, url, keys, seed, STEPS)
            except AssertionError:
                return
    raise RuntimeError(f"{LIVES} lives were right in spite of the mistake.")
