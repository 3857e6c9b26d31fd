"""A chain of log rows tells what holds, compared with what a whole history says."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator, Sequence

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.changes.chain import Chain
from gateway.changes.entity import SITE, Entity
from gateway.changes.log import decode_entities
from gateway.changes.position import LogPosition

Row = tuple[int, int, str | None]

USERS: tuple[Entity, ...] = tuple(("user", number) for number in range(4))
#: The users that a transaction changes; None: everything.
changes = st.none() | st.sets(st.integers(0, 3))


def row(version: int, mark: int, users: set[int] | None) -> Row:
    text = None if users is None else orjson.dumps({"user": sorted(users)}).decode()
    return version, mark, text


def states(history: Sequence[Row]) -> Iterator[tuple[LogPosition, dict[Entity, int]]]:
    """Each position, and a number for each entity that is another once it changes."""
    values = dict.fromkeys((*USERS, SITE), 0)
    for version, mark, text in history:
        changed = decode_entities(text)
        values = {
            entity: version if changed is None or entity in (*changed, SITE) else value
            for entity, value in values.items()
        }
        yield LogPosition(version, mark), values


@given(
    st.lists(changes, min_size=1, max_size=12),
    st.integers(1, 12),
    st.integers(1, 5),
    st.integers(1, 4),
)
def test_what_holds_is_the_same(
    written: list[set[int] | None], at_once: int, rows: int, entities: int
) -> None:
    history = [row(100 + number, number * 17, users) for number, users in enumerate(written)]
    chain = Chain(rows, entities)
    chain.restart(history[:1])
    for start in range(0, len(history) - 1, at_once):
        assert chain.extend(history[start : start + at_once + 1][::-1])
    known = [state for state in states(history) if state[0] in chain]
    newest, last = known[-1]
    assert newest == chain.newest
    for read_at, then in known:
        for at, now in known:
            for entity in (*USERS, SITE):
                if chain.holds([entity], read_at, at):
                    assert then[entity] == now[entity]
            assert chain.holds((*USERS, SITE), read_at, at) == (read_at == at)
        changed = chain.changed_since(read_at)
        if changed is not None:
            assert changed >= {entity for entity in (*USERS, SITE) if then[entity] != last[entity]}
            assert (changed == set()) == (read_at == newest)
        if rows >= len(history) and entities > len(USERS):
            same_since = {entity for entity in USERS if then[entity] == last[entity]}
            assert changed is None or changed.isdisjoint(same_since)
            for entity in USERS:
                same = then[entity] == last[entity]
                assert chain.holds([entity], read_at) == same


@given(st.lists(changes, min_size=1, max_size=6), st.lists(changes, min_size=1, max_size=6))
def test_nothing_of_one_history_holds_in_another(
    lost: list[set[int] | None], other: list[set[int] | None]
) -> None:
    common = [row(1, 5, set()), row(2, 6, {0})]
    first = [*common, *(row(3 + number, -1, users) for number, users in enumerate(lost))]
    second = [*common, *(row(3 + number, +1, users) for number, users in enumerate(other))]
    chain = Chain()
    chain.restart(common[:1])
    assert chain.extend(common[::-1])
    assert chain.extend(first[1:][::-1])
    # The row that is known is not there, whether the other history is longer or shorter.
    assert not chain.extend(second[len(first) - 1 :][::-1])
    assert not chain.extend(second[::-1])
    chain.restart(second[::-1])
    position = LogPosition(*second[-1][:2])
    assert chain.newest == position
    for version, mark, _ in first:
        assert LogPosition(version, mark) not in chain
        assert not chain.holds([("user", 9)], LogPosition(version, mark))
        assert not chain.holds([("user", 9)], position, LogPosition(version, mark))
    assert chain.holds([("user", 9)], position)


def test_a_chain_with_a_gap_is_none() -> None:
    chain = Chain()
    chain.restart([row(1, 1, set())])
    assert not chain.extend([row(3, 3, set()), row(1, 1, set())])
    assert not chain.extend([])
    assert chain.newest == LogPosition(1, 1)


def test_a_chain_begins_with_nothing_where_the_log_is_empty() -> None:
    chain = Chain()
    assert not chain.extend([row(1, 1, set())])
    chain.restart([])
    assert chain.newest is None
    assert LogPosition(0, 0) not in chain
    assert not chain.holds([], LogPosition(0, 0))


@pytest.mark.parametrize("text", ['{"user":', "[]", "7", '{"user": 7}'])
def test_a_row_that_cannot_be_read_changes_everything(text: str) -> None:
    chain = Chain()
    chain.restart([row(1, 1, set())])
    assert chain.extend([(2, 2, text), row(1, 1, set())])
    assert not chain.holds([("project", 1)], LogPosition(1, 1))
    assert chain.holds([("project", 1)], LogPosition(2, 2))


def test_its_size_is_no_less_than_its_memory() -> None:
    tracemalloc.start()
    chain = Chain()
    before, _ = tracemalloc.get_traced_memory()
    known = row(1, 1 << 40, set())
    chain.restart([known])
    for version in range(2, 200_000):
        added = row(version, version << 40, {10**9 + 2 * version, 10**9 + 2 * version + 1})
        assert chain.extend([added, known])
        known = added
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert after - before < chain.size < 16_000_000
