"""Periods: what starts, follows, counts and chooses them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.calendar import FIRST_DAY, LAST_DAY, DayRange, Grain, bucket_of, day_date
from gateway.period import (
    Period,
    count_periods,
    describe_defaults,
    name_periods,
    next_period,
    period_for,
    period_start,
    period_starts,
)
from tests.events_of import day

days = st.integers(FIRST_DAY, LAST_DAY)
#: Every day of a dozen years, leap years among them: short ranges that cross many edges.
recent_days = st.integers(day("2015-01-01"), day("2026-12-31"))


@pytest.mark.parametrize(
    ("text", "starts"),
    [
        ("2024-01-01", ("2024-01-01", "2024-01-01", "2024-01-01", "2024-01-01")),
        ("2023-12-31", ("2023-12-31", "2023-12-25", "2023-12-01", "2023-01-01")),
        ("2024-02-29", ("2024-02-29", "2024-02-26", "2024-02-01", "2024-01-01")),
        ("2024-03-03", ("2024-03-03", "2024-02-26", "2024-03-01", "2024-01-01")),
        ("2024-03-04", ("2024-03-04", "2024-03-04", "2024-03-01", "2024-01-01")),
        ("2021-01-03", ("2021-01-03", "2020-12-28", "2021-01-01", "2021-01-01")),
        ("1970-01-01", ("1970-01-01", "1969-12-29", "1970-01-01", "1970-01-01")),
    ],
)
def test_day_week_month_and_year_of_a_day(text: str, starts: tuple[str, ...]) -> None:
    assert tuple(period_start(day(text), period) for period in Period) == tuple(map(day, starts))


@given(days)
def test_week_starts_on_monday(any_day: int) -> None:
    start = period_start(any_day, Period.WEEK)
    assert day_date(start).isoweekday() == 1
    assert 0 <= any_day - start <= 6


@pytest.mark.parametrize(
    ("text", "nexts"),
    [
        ("2024-01-01", ("2024-01-02", "2024-01-08", "2024-02-01", "2025-01-01")),
        ("2018-01-01", ("2018-01-02", "2018-01-08", "2018-02-01", "2019-01-01")),
    ],
)
def test_the_period_after_one(text: str, nexts: tuple[str, ...]) -> None:
    assert tuple(next_period(day(text), period) for period in Period) == tuple(map(day, nexts))


@pytest.mark.parametrize("period", [Period.DAY, Period.MONTH, Period.YEAR])
def test_the_last_period_ends_with_the_last_day(period: Period) -> None:
    assert next_period(period_start(LAST_DAY, period), period) == LAST_DAY + 1


@given(recent_days, st.integers(0, 900), st.sampled_from(Period))
def test_period_starts_are_those_of_the_days_in_the_range(
    first: int, length: int, period: Period
) -> None:
    last = first + length
    each_day = {period_start(one, period) for one in range(first, last + 1)}
    assert list(period_starts(first, last, period)) == sorted(each_day)


@pytest.mark.parametrize(
    ("length", "period"),
    [
        (1, Period.DAY),
        (31, Period.DAY),
        (32, Period.WEEK),
        (183, Period.WEEK),
        (184, Period.MONTH),
        (1460, Period.MONTH),
        (1461, Period.YEAR),
    ],
)
@pytest.mark.parametrize("open_end", [False, True])
def test_period_follows_the_length_of_the_range(
    length: int, period: Period, open_end: bool
) -> None:
    start = day("2024-02-01")
    last = start + length - 1
    assert period_for(DayRange(start, None if open_end else last), today=last) is period


@pytest.mark.parametrize("end", [None, day("2024-02-01")])
def test_an_open_start_is_shown_by_year(end: int | None) -> None:
    assert period_for(DayRange(None, end), today=day("2024-02-01")) is Period.YEAR


def test_a_range_that_starts_in_the_future_is_shown_by_day() -> None:
    assert period_for(DayRange(day("2024-02-02"), None), today=day("2024-02-01")) is Period.DAY


@given(recent_days, recent_days, st.sampled_from(Period))
def test_periods_are_counted_without_looking_at_each(first: int, last: int, period: Period) -> None:
    assert count_periods(first, last, period) == len(list(period_starts(first, last, period)))


@pytest.mark.parametrize("period", Period)
def test_a_range_in_reverse_has_no_period(period: Period) -> None:
    wednesday, tuesday = day("2024-02-28"), day("2024-02-27")
    assert list(period_starts(wednesday, tuesday, period)) == []
    assert count_periods(wednesday, tuesday, period) == 0


@given(days, st.sampled_from(Period))
def test_the_grain_of_a_period_tells_its_buckets_apart(any_day: int, period: Period) -> None:
    bucket = bucket_of(any_day, period.grain)
    assert period_start(bucket, period) == period_start(any_day, period)
    assert Grain.DAY <= period.grain < Grain.ALL


def test_periods_are_listed_in_sentences() -> None:
    assert name_periods() == "day, week, month or year"
    assert name_periods(" and ") == "day, week, month and year"
    assert describe_defaults() == (
        "day for ranges of up to 31 days, week up to 183, month up to 1,460, else year"
    )


@given(days, st.sampled_from(Period))
def test_a_period_lasts_its_shortest_length_at_least(any_day: int, period: Period) -> None:
    start = period_start(any_day, period)
    assert next_period(start, period) - start >= period.shortest_days


@given(days, st.sampled_from(Period))
def test_a_period_of_one_row_holds_one_bucket_of_its_grain(any_day: int, period: Period) -> None:
    start = period_start(any_day, period)
    last = min(next_period(start, period) - 1, LAST_DAY)
    one = bucket_of(max(start, FIRST_DAY), period.grain) == bucket_of(last, period.grain)
    assert one or not period.is_one_row
