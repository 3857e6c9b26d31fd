"""What goals, milestones and streaks have to be, counted with pandas from the ledger's events."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from gateway.calendar import DayRange
from gateway.events.event import Classification, Comment
from gateway.period import Period
from gateway.stats.goals.metric import GoalMetric
from gateway.stats.goals.question import GoalQuestion
from gateway.stats.subject import Kind, Question
from tests.recount import Backfills, groups_of

#: Weeks end on Sunday in pandas' words, so they start on Monday.
FREQUENCIES = {Period.DAY: "D", Period.WEEK: "W-SUN", Period.MONTH: "M", Period.YEAR: "Y"}
FIRST, LAST = 0, 2_932_896
COLUMNS = ["kind", "day", "user", "project", "workflow", "ms", "groups"]


def frame_of(held: Iterable[Classification | Comment], backfills: Backfills) -> pd.DataFrame:
    """A row for each event."""
    rows = []
    for event in held:
        is_classification = isinstance(event, Classification)
        rows.append(
            (
                "classification" if is_classification else "comment",
                event.event_time // 86_400_000_000,
                event.user_id or 0,
                event.project_id,
                event.workflow_id if is_classification else 0,
                event.session_ms if is_classification else 0,
                groups_of(event, backfills) if is_classification else set(),
            )
        )
    return pd.DataFrame(rows, columns=COLUMNS)


def events_of(frame: pd.DataFrame, question: Question, subject_id: int) -> pd.DataFrame:
    """The events of a subject that a question is about."""
    chosen, selection = frame, question.selection
    chosen = chosen[chosen["kind"] == selection.activity.value]
    if question.kind is Kind.GROUP:
        chosen = chosen[[subject_id in groups for groups in chosen["groups"]]]
    else:
        column = {Kind.USER: "user", Kind.PROJECT: "project"}[question.kind]
        chosen = chosen[chosen[column] == subject_id]
    for column, ids in (
        ("project", selection.project_ids),
        ("workflow", selection.workflow_ids),
        ("user", selection.user_ids),
    ):
        if ids is not None:
            chosen = chosen[chosen[column].isin(ids)]
    return within(chosen, selection.days)


def within(frame: pd.DataFrame, days: DayRange) -> pd.DataFrame:
    first, last = ends(days)
    return frame[frame["day"].between(first, last)]


def ends(days: DayRange) -> tuple[int, int]:
    first = FIRST if days.start is None else max(days.start, FIRST)
    return first, LAST if days.end is None else min(days.end, LAST)


def daily(frame: pd.DataFrame, metric: GoalMetric) -> pd.Series[Any]:
    """How much was added on each day, ascending; days that added nothing are left out."""
    if metric is GoalMetric.HOURS:
        added = frame.groupby("day")["ms"].sum()
    elif metric is GoalMetric.CONTRIBUTORS:
        added = frame.groupby("user")["day"].min().value_counts()
    elif metric is GoalMetric.PROJECTS:
        named = frame[frame["project"] != 0]
        added = named.groupby("project")["day"].min().value_counts()
    elif metric is GoalMetric.ACTIVE_DAYS:
        added = frame["day"].drop_duplicates().value_counts()
    else:
        added = frame.groupby("day").size()
    added = added.sort_index()
    return added[added > 0]


def reached_on(added: pd.Series[Any], threshold: int) -> int | None:
    place = int(np.searchsorted(added.cumsum().to_numpy(), threshold))
    return int(added.index[place]) if place < len(added) else None


def expected_pace(added: pd.Series[Any], today: int) -> tuple[int, int] | None:
    recent = added[(added.index >= today - 14) & (added.index < today)]
    if recent.empty:
        return None
    earlier = bool((added.index < today - 14).any())
    return int(recent.sum()), 14 if earlier else today - int(recent.index[0])


def expected_goal(frame: pd.DataFrame, asked: GoalQuestion, today: int) -> dict[str, Any]:
    """The state of a goal, as :func:`shown_goal` writes it."""
    selection = asked.selection._replace(activity=asked.metric.activity)
    events = events_of(frame, Question(asked.kind, selection), asked.subject_id)
    first, last = ends(selection.days)
    added, periods, days_left, end = daily(events, asked.metric), [], None, last
    pace = expected_pace(added, today)
    if asked.repeats is not None:
        spans = periods_between(first, min(last, today), last, asked.repeats)
        by_period = [daily(within(events, span), asked.metric) for span in spans]
        periods = [
            (*span, int(one.sum()), reached_on(one, asked.target))
            for span, one in zip(spans, by_period, strict=True)
        ]
        added = by_period[-1] if by_period else added[:0]
        end = periods[-1][1] if periods else last
    value, days = int(added.sum()), [reached_on(added, one) for one in asked.thresholds]
    is_running = today <= end
    has_end = selection.days.end is not None or asked.repeats is not None
    if is_running and has_end:
        start = periods[-1][0] if periods else first
        days_left = end - max(today, start) + 1
    if value >= asked.target or not (first <= today <= end) or not asked.metric.is_sum:
        pace = None
    expected = None
    if pace is not None:
        expected = today + -(-(asked.target - value) * pace[1] // pace[0])
        if expected > (min(end + 3653, LAST) if has_end else LAST):
            expected = None
    if today < first:
        status = "upcoming"
    elif today > last and (asked.repeats is not None or value < asked.target):
        status = "ended"
    else:
        status = "reached" if value >= asked.target else "running"
    streak = 0
    for _, stop, _, day in reversed(periods):
        if day is None and stop < today:
            break
        streak += day is not None
    return {
        "status": status,
        "value": value,
        "reached_on": days,
        "pace": pace,
        "days_left": days_left,
        "expected_on": expected,
        "periods": periods,
        "streak": streak,
    }


def periods_between(first: int, until: int, last: int, period: Period) -> list[DayRange]:
    """The calendar's periods that have a day in a range, cut to it."""
    if first > until:
        return []
    of_days = pd.PeriodIndex.from_ordinals(np.arange(first, until + 1), freq="D")
    found = of_days.asfreq(FREQUENCIES[period]).unique()
    starts = [one.asfreq("D", how="start").ordinal for one in found]
    stops = [one.asfreq("D", how="end").ordinal for one in found]
    return [
        DayRange(max(start, first), min(stop, last))
        for start, stop in zip(starts, stops, strict=True)
    ]


def expected_streak(events: pd.DataFrame, period: Period, today: int) -> dict[str, Any]:
    """The current and the longest streak, counted in pandas' own periods."""
    frequency = FREQUENCIES[period]
    now = pd.Period(ordinal=today, freq="D").asfreq(frequency).ordinal
    days = pd.PeriodIndex.from_ordinals(events["day"].astype("int64").to_numpy(), freq="D")
    numbers = sorted({one.asfreq(frequency).ordinal for one in days.unique()})
    numbers = [one for one in numbers if one <= now]
    breaks = [0, *(at for at, (a, b) in enumerate(pairwise(numbers), 1) if b != a + 1)]
    runs = [numbers[a:b] for a, b in zip(breaks, [*breaks[1:], len(numbers)], strict=True)]
    runs = [run for run in runs if run]
    if not runs:
        return {"current": None, "longest": None}
    current = runs[-1] if runs[-1][-1] >= now - 1 else None
    longest = max(runs, key=len)

    def shown(run: list[int] | None) -> tuple[int, int, int] | None:
        if run is None:
            return None
        first, last = (
            pd.Period(ordinal=one, freq=frequency).asfreq("D", how="start").ordinal
            for one in (run[0], run[-1])
        )
        return len(run), first, last

    return {"current": shown(current), "longest": shown(longest)}


def expected_contributors(frame: pd.DataFrame, asked: GoalQuestion) -> list[tuple[int, int, int]]:
    """User, classifications and session time of a group's goal: most first."""
    events = events_of(frame, Question(asked.kind, asked.selection), asked.subject_id)
    found = [(int(user), len(own), int(own["ms"].sum())) for user, own in events.groupby("user")]
    amount = 2 if asked.metric is GoalMetric.HOURS else 1
    return sorted(found, key=lambda one: (-one[amount], one[0]))
