"""Goals, milestones and streaks are what pandas counts over the ledger, on both databases."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.calendar import DayRange
from gateway.db import open_database
from gateway.events.event import Classification, Comment
from gateway.loaders.goal_states import GoalStates
from gateway.loaders.goals import (
    ActivePeriodsLoader,
    ContributorsLoader,
    GrowthLoader,
    load_milestones,
)
from gateway.loaders.reads import OperationReads
from gateway.loaders.statistics import BucketsQuestion
from gateway.period import Period
from gateway.stats.goals.evaluation import GoalState
from gateway.stats.goals.metric import GoalMetric
from gateway.stats.goals.question import GoalQuestion
from gateway.stats.goals.repetition import last_periods, streak
from gateway.stats.milestones import MILESTONES
from gateway.stats.streaks import streak_of
from gateway.stats.subject import Kind, Question, Selection
from tests.events_of import day
from tests.recount import stored
from tests.sampled import examples
from tests.stats.goals.pandas_goals import (
    daily,
    events_of,
    expected_contributors,
    expected_goal,
    expected_pace,
    expected_streak,
    frame_of,
    reached_on,
)
from tests.stats.test_questions import BACKFILLED, IDS, fill

#: Around ends of weeks, months and years, and leap days; and the ends of time.
EDGES = [
    day(text) + more
    for text in ("2019-12-31", "2023-01-01", "2024-02-29", "2024-03-04", "2024-12-31")
    for more in range(-4, 5)
]
_DAYS = st.one_of(
    st.sampled_from(EDGES),
    st.sampled_from(EDGES),
    st.sampled_from(EDGES),
    st.integers(day("2019-06-01"), day("2025-06-01")),
    st.sampled_from([0, day("9999-12-31")]),
)
_PROJECTS = st.sampled_from([0, 11, 12, 13])
_USERS = st.sampled_from([None, 1, 2, 3])
#: Few ids: some events are later copies of another, with something changed.
_CLASSIFICATIONS = st.builds(
    Classification,
    st.integers(1, 60),
    _DAYS.map(lambda one: one * 86_400_000_000 + 7),
    st.one_of(st.none(), st.integers(1, 4)),
    _USERS,
    _PROJECTS,
    st.sampled_from([101, 102, 103]),
    st.sampled_from([0, 125, 3_600_000, 10_800_000]),
    st.sampled_from([(), (501,), (501, 502)]),
)
_COMMENTS = st.builds(
    Comment,
    st.integers(1, 20),
    _DAYS.map(lambda one: one * 86_400_000_000 + 7),
    st.none(),
    _USERS,
    _PROJECTS,
)
EVENTS = st.lists(
    st.one_of(_CLASSIFICATIONS, _CLASSIFICATIONS, _CLASSIFICATIONS, _COMMENTS),
    min_size=40,
    max_size=100,
)
_FILTERS = st.sampled_from(
    [
        {},
        {},
        {"project_ids": (11, 12)},
        {"project_ids": (12,)},
        {"project_ids": (0,)},
        {"project_ids": ()},
        {"workflow_ids": (101, 99)},
        {"workflow_ids": (102,)},
    ]
)
TODAY = st.one_of(st.sampled_from(EDGES), st.integers(day("2019-06-01"), day("2025-06-01")))


@st.composite
def goals(draw: st.DrawFn) -> GoalQuestion:
    """Any goal that may be asked."""
    kind = draw(st.sampled_from([Kind.GROUP, Kind.USER]))
    metric = draw(st.sampled_from(GoalMetric))
    if metric is GoalMetric.COMMENTS:
        kind = Kind.USER
    if metric is GoalMetric.CONTRIBUTORS:
        kind = Kind.GROUP
    narrowed = draw(_FILTERS)
    if metric is GoalMetric.COMMENTS and "workflow_ids" in narrowed:
        narrowed = {}
    if kind is Kind.GROUP and draw(st.booleans()):
        narrowed = {**narrowed, "user_ids": (draw(st.sampled_from([1, 2, 99])),)}
    repeats = draw(st.sampled_from([None, None, Period.WEEK, Period.MONTH]))
    start = draw(st.one_of(_DAYS, st.none()) if repeats is None else _DAYS)
    length = draw(st.one_of(st.none(), st.integers(-1, 60), st.integers(0, 3653)))
    end = None if length is None else (start or 18_000) + length
    if repeats is not None and start is not None:
        # At most ten years: each period is counted.
        start = max(start, day("2017-01-01"))
    selection = Selection(days=DayRange(start, end), **narrowed)
    most = 40_000_000 if metric is GoalMetric.HOURS else 12
    thresholds = draw(st.sets(st.integers(1, most), min_size=1, max_size=6))
    subject = draw(st.sampled_from(IDS[kind]))
    return GoalQuestion(kind, subject, metric, selection, tuple(sorted(thresholds)), repeats)


def shown_goal(asked: GoalQuestion, state: GoalState, today: int) -> dict[str, Any]:
    progress = state.progress
    assert progress.reached_on == state.reached_on[-1]
    reached = [one for one in state.reached_on if one is not None]
    assert reached == sorted(reached), "decreases with the threshold"
    assert [one is None for one in state.reached_on] == sorted(
        one is None for one in state.reached_on
    )
    return {
        "status": state.status.value,
        "value": progress.value,
        "reached_on": [*state.reached_on],
        "pace": progress.pace,
        "days_left": progress.days_left,
        "expected_on": progress.expected_on,
        "periods": [
            (*one.days, one.value, one.reached_on)
            for one in last_periods(asked, state.steps, today)
        ],
        "streak": streak(asked, state.steps, today),
    }


def test_goals_milestones_and_streaks_are_what_pandas_counts(database_url: str) -> None:
    with asyncio.Runner() as runner:
        database = open_database(database_url)
        runner.run(database.migrate())

        async def check(
            arrived: Sequence[Classification | Comment], asked: Sequence[GoalQuestion], today: int
        ) -> None:
            await fill(database, arrived)
            frame = frame_of((await stored(database)).events.values(), BACKFILLED)
            async with database.read() as snapshot:
                reads = OperationReads(snapshot)
                states = await GoalStates(reads, GrowthLoader(reads)).load_many(asked, today)
                assert snapshot.statements <= 3
                for one, state in zip(asked, states, strict=True):
                    assert shown_goal(one, state, today) == expected_goal(frame, one, today), one
                of_groups = [one for one in asked if one.kind is Kind.GROUP]
                ranked = await ContributorsLoader(reads).load_many(
                    [one.contributors(2) for one in of_groups]
                )
                for one, first in zip(of_groups, ranked, strict=True):
                    assert [*first] == expected_contributors(frame, one)[:2], one
                loader = GrowthLoader(reads)
                for kind in (Kind.GROUP, Kind.USER, Kind.PROJECT):
                    found = await load_milestones(loader, kind, IDS[kind], today)
                    for subject, (reached, following) in zip(IDS[kind], found, strict=True):
                        events = events_of(frame, Question(kind, Selection()), subject)
                        added = daily(events, GoalMetric.CLASSIFICATIONS)
                        days = [(one, reached_on(added, one)) for one in MILESTONES]
                        assert [*reached] == [one for one in days if one[1] is not None]
                        assert following is not None
                        assert following.value == days[len(reached)][0]
                        assert following.remaining == following.value - len(events)
                        pace = expected_pace(added, today)
                        assert (following.expected_on is None) == (pace is None)
                        if pace is not None and following.expected_on is not None:
                            took = following.expected_on - today
                            needed = following.remaining * pace[1]
                            assert (took - 1) * pace[0] < needed <= took * pace[0]
                streaks = ActivePeriodsLoader(reads)
                for one in asked[:4]:
                    question = Question(one.kind, one.selection)
                    events = events_of(frame, question, one.subject_id)
                    for period in Period:
                        key = BucketsQuestion(question, period), one.subject_id
                        current, longest = streak_of(await streaks.load(key), period, today)
                        assert {"current": current, "longest": longest} == expected_streak(
                            events, period, today
                        ), (one, period)

        @settings(max_examples=examples(25), deadline=None, suppress_health_check=[*HealthCheck])
        @given(EVENTS, st.lists(goals(), min_size=8, max_size=20), TODAY)
        def run(
            arrived: Sequence[Classification | Comment], asked: Sequence[GoalQuestion], today: int
        ) -> None:
            runner.run(check(arrived, asked, today))

        run()
        runner.run(database.close())
