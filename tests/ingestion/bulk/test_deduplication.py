"""Whatever copies arrive in whatever batches, those hold that hold one by one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.events.event import Batch, Classification
from gateway.ingestion.bulk.deduplication import Deduplicated, deduplicate
from gateway.ingestion.bulk.spool import Spool, connect
from gateway.ingestion.export import Export
from gateway.rollups.apply_batch import Outcome
from gateway.rollups.assigned import AssignedProjects
from gateway.rollups.ledger import winning_copy
from tests.sampled import examples

events = st.builds(
    Classification,
    st.integers(1, 4),
    st.integers(1, 9),
    st.none() | st.integers(1, 3),
    st.none() | st.just(5),
    st.sampled_from([0, 1, 2]),
    st.just(7),
    st.integers(0, 1),
    st.sampled_from([(), (1,), (1, 2)]),
)
exports = st.sampled_from([None, Export(1, move=False), Export(1, move=True)])
arrivals = st.lists(st.tuples(st.lists(events, max_size=5), exports), max_size=4)
Arrivals = Sequence[tuple[list[Classification], Export | None]]


def one_by_one(arriving: Arrivals) -> tuple[list[Classification], Deduplicated]:
    """What is stored after each batch, and in the end."""
    stored: dict[int, Classification] = {}
    new = unchanged = replaced = 0
    last: int | None = None
    kept: dict[str, Any] = {"moved": AssignedProjects(True), "kept": AssignedProjects()}
    for copies, export in arriving:
        before = dict(stored)
        for event in copies:
            if (known := stored.get(event.id)) is None:
                stored[event.id] = event
                new += 1
                continue
            if export is not None:
                event = kept["moved" if export.move else "kept"].assign(event, known)
            stored[event.id] = winning_copy(event, known)
            unchanged += stored[event.id] == known
            replaced += stored[event.id] != known
        times = [one.event_time for one in stored.values() if before.get(one.id) != one]
        last = max([*times, *([] if last is None else [last])], default=None)
    settled = Deduplicated(Outcome(new, unchanged, replaced), kept["moved"], last)
    settled.assigned.add(kept["kept"])
    return [stored[key] for key in sorted(stored)], settled


@settings(max_examples=examples(25), deadline=None)
@given(arrivals, st.sets(st.just(5)))
def test_copies_are_merged_as_one_by_one(arriving: Arrivals, erased: set[int]) -> None:
    with TemporaryDirectory() as name, connect(Path(name), 200) as duck:
        duck.execute("CREATE TABLE forgotten_user (user_id BIGINT)")
        for user_id in erased:
            duck.execute("INSERT INTO forgotten_user VALUES (?)", [user_id])
        spool = Spool(duck, Path(name))
        for copies, export in arriving:
            spool.add(Batch(classifications=[*copies]), export)
        spool.finish()
        settled = deduplicate(duck, Path(name), lambda: None)
        rows = duck.execute("SELECT * FROM classification ORDER BY id").fetchall()
    held = [Classification._make((*row[:-1], tuple(row[-1] or ()))) for row in rows]
    anonymous = [
        ([event.anonymous() if event.user_id in erased else event for event in copies], export)
        for copies, export in arriving
    ]
    stored, said = one_by_one(anonymous)
    assert held == stored
    assert settled.outcome == said.outcome
    assert settled.last_event_at == said.last_event_at
    assert settled.assigned.moved == said.assigned.moved
    assert settled.assigned.retained == said.assigned.retained
