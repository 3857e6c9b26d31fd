"""States of goals at both sides of each boundary."""

from __future__ import annotations

import pytest

from gateway.calendar import LAST_DAY, DayRange, Grain, Piece
from gateway.period import Period
from gateway.stats.goals.evaluation import GoalStatus, evaluate
from gateway.stats.goals.growth import Steps
from gateway.stats.goals.metric import GoalMetric
from gateway.stats.goals.pace import Pace, expected_on, pace_of
from gateway.stats.goals.pieces import growth_pieces, refine
from gateway.stats.goals.question import GoalQuestion, periods_back
from gateway.stats.goals.repetition import last_periods, streak
from gateway.stats.goals.thresholds import reached
from gateway.stats.milestones import MILESTONES, milestones_of
from gateway.stats.subject import Kind, Selection
from tests.events_of import day

START, END = day("2024-03-04"), day("2024-03-31")


def goal(
    metric: GoalMetric = GoalMetric.CLASSIFICATIONS,
    end: int | None = END,
    repeats: Period | None = None,
) -> GoalQuestion:
    selection = Selection(days=DayRange(START, end))
    return GoalQuestion(Kind.GROUP, 1, metric, selection, (5, 10), repeats)


@pytest.mark.parametrize(
    ("today", "steps", "status"),
    [
        (START - 1, (), GoalStatus.UPCOMING),
        # By a clock that is fast.
        (START - 1, ((START, 10),), GoalStatus.UPCOMING),
        (START, (), GoalStatus.RUNNING),
        (END, ((START, 9),), GoalStatus.RUNNING),
        (END, ((START, 10),), GoalStatus.REACHED),
        (END + 1, ((START, 9),), GoalStatus.ENDED),
        (END + 1, ((START, 10),), GoalStatus.REACHED),
    ],
)
def test_the_status_follows_the_days_and_the_value(
    today: int, steps: Steps, status: GoalStatus
) -> None:
    assert evaluate(goal(), steps, today).status is status


def test_a_threshold_is_reached_on_the_first_day_with_as_much() -> None:
    steps = ((1, 4), (3, 1), (4, 5), (9, 1))
    assert reached(steps, (1, 4, 5, 6, 10, 11, 12)) == [1, 1, 3, 4, 4, 9, None]
    assert reached((), (1,)) == [None]


def test_the_pace_is_that_of_14_full_days_or_of_those_since_the_first() -> None:
    today = START + 14
    assert pace_of(((START, 28), (today, 99)), today) == Pace(28, 14)
    assert pace_of(((START + 4, 20), (today, 99)), today) == Pace(20, 10)
    # An earlier row, of a month or a year, tells that these days are all full.
    assert pace_of(((START - 90, 1), (START + 4, 20)), today) == Pace(20, 14)
    assert pace_of(((today - 1, 3),), today) == Pace(3, 1)
    assert pace_of(((today, 3),), today) is None
    assert pace_of(((START - 1, 3),), today) is None


def test_the_expected_day_is_rounded_up_and_not_after_the_latest() -> None:
    assert expected_on(10, Pace(20, 10), today=100) == 105
    assert expected_on(11, Pace(20, 10), today=100) == 106
    assert expected_on(11, Pace(20, 10), today=100, latest=106) == 106
    assert expected_on(11, Pace(20, 10), today=100, latest=105) is None
    assert expected_on(10**12, Pace(1, 14), today=100) is None
    assert expected_on(LAST_DAY - 100, Pace(1, 1), today=100) == LAST_DAY
    assert expected_on(1, None, today=100) is None


def test_days_left_include_today_and_end_with_the_goal() -> None:
    left = {
        today: evaluate(goal(), (), today).progress.days_left
        for today in (START - 5, START, END, END + 1)
    }
    assert left == {START - 5: 28, START: 28, END: 1, END + 1: None}
    assert evaluate(goal(end=None), (), START).progress.days_left is None


def test_only_sums_have_a_pace() -> None:
    steps = ((START, 2),)
    for metric in GoalMetric:
        progress = evaluate(goal(metric), steps, START + 2).progress
        assert (progress.pace is not None) == metric.is_sum, metric
        assert (progress.expected_on is not None) == metric.is_sum, metric


def test_the_running_period_counts_once_reached_and_breaks_nothing() -> None:
    asked = goal(repeats=Period.WEEK)
    third_week = START + 16
    full, some = 10, 9

    def reached_in_a_row(*values: int) -> int:
        steps = tuple((START + 7 * week, value) for week, value in enumerate(values))
        return streak(asked, steps, third_week)

    assert reached_in_a_row(full, full, some) == 2
    assert reached_in_a_row(full, full, full) == 3
    assert reached_in_a_row(full, some, full) == 1
    assert reached_in_a_row(some, some, some) == 0
    assert streak(asked, (), third_week) == 0
    # In the week after the last one, that one is over.
    assert streak(goal(repeats=Period.WEEK), ((START, 10),), END + 1) == 0
    assert streak(goal(), ((START, 10),), third_week) == 0


def test_a_goal_that_repeats_is_at_its_current_period_until_it_ends() -> None:
    asked = goal(repeats=Period.WEEK)
    steps = ((START, 10), (START + 8, 4))
    state = evaluate(asked, steps, START + 9)
    assert state.status is GoalStatus.RUNNING
    assert (state.progress.value, state.progress.days_left) == (4, 5)
    first, second = last_periods(asked, steps, START + 9)
    assert (first.is_reached, second.is_reached) == (True, False)
    assert last_periods(asked, steps, START + 9, 1) == (second,)
    # The first week counts for the pace as well.
    assert state.progress.pace == Pace(14, 9)
    assert evaluate(asked, ((START, 10),), END + 1).status is GoalStatus.ENDED
    assert last_periods(asked, (), START - 1) == ()


def test_periods_are_cut_where_the_goal_begins_and_ends() -> None:
    selection = Selection(days=DayRange(day("2024-02-28"), day("2024-03-12")))
    weeks = goal(repeats=Period.WEEK)._replace(selection=selection)
    assert [*periods_back(weeks, day("2024-03-31"))] == [
        DayRange(day("2024-03-11"), day("2024-03-12")),
        DayRange(day("2024-03-04"), day("2024-03-10")),
        DayRange(day("2024-02-28"), day("2024-03-03")),
    ]
    assert len([*periods_back(weeks, day("2024-03-03"))]) == 1
    assert [*periods_back(weeks, day("2024-02-27"))] == []
    months = weeks._replace(repeats=Period.MONTH)
    assert [*periods_back(months, day("2024-03-05"))] == [
        DayRange(day("2024-03-01"), day("2024-03-12")),
        DayRange(day("2024-02-28"), day("2024-02-29")),
    ]
    assert [*periods_back(goal(), START)] == []


def test_pieces_cover_each_day_once_and_the_pace_by_days() -> None:
    today = day("2024-03-05")
    pieces = growth_pieces(DayRange(day("2019-11-20"), day("2026-02-10")), today)
    assert pieces == (
        Piece(Grain.DAY, day("2019-11-20"), day("2019-11-30")),
        Piece(Grain.MONTH, day("2019-12-01"), day("2019-12-31")),
        Piece(Grain.YEAR, day("2020-01-01"), day("2023-12-31")),
        Piece(Grain.MONTH, day("2024-01-01"), day("2024-01-31")),
        Piece(Grain.DAY, day("2024-02-01"), day("2024-02-19")),
        Piece(Grain.DAY, day("2024-02-20"), day("2024-03-04")),
        Piece(Grain.DAY, day("2024-03-05"), day("2024-03-31")),
        Piece(Grain.MONTH, day("2024-04-01"), day("2024-12-31")),
        Piece(Grain.YEAR, day("2025-01-01"), day("2025-12-31")),
        Piece(Grain.MONTH, day("2026-01-01"), day("2026-01-31")),
        Piece(Grain.DAY, day("2026-02-01"), day("2026-02-10")),
    )


def test_pieces_are_refined_where_it_is_asked() -> None:
    years = (Piece(Grain.YEAR, day("2020-01-01"), day("2024-12-31")),)
    months = refine(years, [day("2022-01-01")])
    assert months == (
        Piece(Grain.YEAR, day("2020-01-01"), day("2021-12-31")),
        Piece(Grain.MONTH, day("2022-01-01"), day("2022-12-31")),
        Piece(Grain.YEAR, day("2023-01-01"), day("2024-12-31")),
    )
    days = refine(months, [day("2022-02-01"), day("2024-01-01")])
    assert days[1:] == (
        Piece(Grain.MONTH, day("2022-01-01"), day("2022-01-31")),
        Piece(Grain.DAY, day("2022-02-01"), day("2022-02-28")),
        Piece(Grain.MONTH, day("2022-03-01"), day("2022-12-31")),
        Piece(Grain.YEAR, day("2023-01-01"), day("2023-12-31")),
        Piece(Grain.MONTH, day("2024-01-01"), day("2024-12-31")),
    )
    assert refine(days[2:3], [day("2022-02-05")]) == days[2:3]


def test_beyond_the_last_milestone_there_is_no_next_one() -> None:
    assert list(MILESTONES) == sorted(set(MILESTONES))
    last = MILESTONES[-1]
    assert milestones_of(((START, last),), START).next is None
    following = milestones_of(((START, last - 1),), START).next
    assert following == (last, 1, None)
