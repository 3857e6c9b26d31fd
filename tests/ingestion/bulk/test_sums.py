"""DuckDB adds up what the deltas add up, whatever rules of groups there are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.calendar import MICROSECONDS_A_DAY
from gateway.db.rollup_sets import SETS
from gateway.events.event import Batch, Classification, Comment
from gateway.ingestion.bulk.deduplication import deduplicate
from gateway.ingestion.bulk.spool import Spool, connect
from gateway.ingestion.bulk.sums import add_up, rollup_rows
from gateway.rollups.deltas import RollupDeltas
from gateway.rollups.effective_groups import GroupRules
from tests.sampled import examples

_BEGINNING, _END = -(1 << 63), (1 << 63) - 1
#: Days around the turns of a month and of a year.
instants = st.sampled_from([29, 30, 31, 364, 365, 366]).map(lambda day: day * MICROSECONDS_A_DAY)
users, groups = st.none() | st.integers(1, 3), st.integers(1, 3)
classifications = st.builds(
    Classification,
    st.integers(1, 1_000),
    instants,
    st.none(),
    users,
    st.integers(0, 2),
    st.integers(1, 2),
    st.integers(0, 9_000),
    st.sets(groups, max_size=3).map(sorted).map(tuple),
).map(lambda event: event if event.user_id else event.anonymous())
comments = st.builds(Comment, st.integers(1, 1_000), instants, st.none(), users, st.integers(0, 2))
#: A group, from, and until; no two of a group overlap.
tenures = st.lists(
    st.tuples(groups, instants, st.none() | instants), max_size=3, unique_by=lambda one: one[0]
)
spans = st.lists(
    st.tuples(groups, st.integers(1, 3), instants, st.none() | instants),
    max_size=3,
    unique_by=lambda one: one[:2],
)
backfills = st.lists(
    st.tuples(groups, st.integers(1, 3), instants), max_size=2, unique_by=lambda one: one[:2]
)


def rules_of(
    tenures: Sequence[tuple[int, int, int | None]],
    spans: Sequence[tuple[int, int, int, int | None]],
    backfills: Sequence[tuple[int, int, int]],
) -> GroupRules:
    added: dict[int, list[tuple[int, int, int]]] = {}
    for group_id, user_id, begin, end in spans:
        for tenured, first, last in tenures:
            if tenured == group_id:
                until = min(_END if end is None else end, _END if last is None else last)
                added.setdefault(user_id, []).append((group_id, max(begin, first), until))
    for group_id, user_id, until in backfills:
        added.setdefault(user_id, []).append((group_id, _BEGINNING, until + 1))
    return GroupRules(
        added, {group: [(first, _END if last is None else last)] for group, first, last in tenures}
    )


@settings(max_examples=examples(20), deadline=None)
@given(
    st.lists(classifications, max_size=12, unique_by=lambda event: event.id),
    st.lists(comments, max_size=4, unique_by=lambda post: post.id),
    tenures,
    spans,
    backfills,
)
def test_sums_are_those_of_the_deltas(
    events: list[Classification],
    posts: list[Comment],
    tenures: Sequence[tuple[int, int, int | None]],
    spans: Sequence[tuple[int, int, int, int | None]],
    backfills: Sequence[tuple[int, int, int]],
) -> None:
    deltas = RollupDeltas()
    deltas.classifications(events, rules_of(tenures, spans, backfills), 1)
    deltas.comments(posts, 1)
    with TemporaryDirectory() as name, connect(Path(name), 200) as duck:
        for table, columns, rows in (
            ("forgotten_user", "user_id", ()),
            ("group_tenure", "group_id, from_us, until_us", tenures),
            ("membership_span", "group_id, user_id, from_us, until_us", spans),
            ("backfill", "group_id, user_id, until", backfills),
        ):
            duck.execute(f"CREATE TABLE {table} ({columns.replace(',', ' BIGINT,')} BIGINT)")
            for row in rows:
                duck.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", [*row])
        spool = Spool(duck, Path(name))
        spool.add(Batch(classifications=events, comments=posts), None)
        spool.finish()
        deduplicate(duck, Path(name), lambda: None)
        add_up(duck, lambda: None)
        for rollup in SETS:
            rows = duck.execute(rollup_rows(duck, rollup)).fetchall()
            width = len(rollup.keys) + len(rollup.sums)
            assert [row[:width] for row in rows] == deltas.rows(rollup), rollup.name
