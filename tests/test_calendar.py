from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.calendar import (
    FIRST_DAY,
    LAST_DAY,
    DayRange,
    Grain,
    Piece,
    bucket_of,
    day_date,
    day_number,
    day_of,
    decompose,
    parse_date,
    today,
)
from gateway.period import Period, next_period, period_start
from tests.events_of import day, instant

days = st.integers(FIRST_DAY, LAST_DAY)
#: Every day of a dozen years, leap years among them: short ranges that cross many edges.
recent_days = st.integers(day("2015-01-01"), day("2026-12-31"))
ends = st.one_of(st.none(), days, recent_days)


def days_of(piece: Piece) -> tuple[int, int]:
    """First and last day that the buckets of a piece hold."""
    if piece.grain is Grain.ALL:
        return FIRST_DAY, LAST_DAY
    if piece.grain is Grain.DAY:
        return piece.first, piece.last
    period = Period.MONTH if piece.grain is Grain.MONTH else Period.YEAR
    assert period_start(piece.first, period) == piece.first
    return piece.first, next_period(period_start(piece.last, period), period) - 1


def spans(pieces: tuple[Piece, ...]) -> list[tuple[int, int]]:
    """What the pieces hold, in order of time; pieces without a bucket hold nothing."""
    return sorted(days_of(piece) for piece in pieces if piece.first <= piece.last)


@given(ends, ends, st.sampled_from(Grain))
def test_pieces_cover_each_day_of_a_range_exactly_once(
    start: int | None, end: int | None, coarsest: Grain
) -> None:
    pieces = decompose(DayRange(start, end), coarsest)
    first = FIRST_DAY if start is None else start
    last = LAST_DAY if end is None else end
    expected = first
    for begins, stops in spans(pieces):
        assert begins == expected
        expected = stops + 1
    assert expected == max(first, last + 1)
    assert len(pieces) <= 5
    assert all(piece.grain <= coarsest for piece in pieces)


@given(recent_days, recent_days)
def test_whole_months_and_years_are_never_read_by_day(start: int, end: int) -> None:
    by_day = [piece for piece in decompose(DayRange(start, end)) if piece.grain is Grain.DAY]
    assert sum(max(0, piece.last - piece.first + 1) for piece in by_day) <= 30 + 30


@pytest.mark.parametrize(
    ("start", "end", "pieces"),
    [
        ("2024-02-29", "2024-02-29", [(Grain.DAY, "2024-02-29", "2024-02-29")]),
        ("2024-02-01", "2024-02-29", [(Grain.MONTH, "2024-02-01", "2024-02-29")]),
        ("2023-02-01", "2023-02-28", [(Grain.MONTH, "2023-02-01", "2023-02-28")]),
        ("2024-02-01", "2024-02-28", [(Grain.DAY, "2024-02-01", "2024-02-28")]),
        ("2023-01-01", "2024-12-31", [(Grain.YEAR, "2023-01-01", "2024-12-31")]),
        (
            "2021-11-29",
            "2024-02-02",
            [
                (Grain.DAY, "2021-11-29", "2021-11-30"),
                (Grain.DAY, "2024-02-01", "2024-02-02"),
                (Grain.MONTH, "2021-12-01", "2021-12-31"),
                (Grain.MONTH, "2024-01-01", "2024-01-31"),
                (Grain.YEAR, "2022-01-01", "2023-12-31"),
            ],
        ),
    ],
)
def test_a_range_is_cut_into_edge_days_whole_months_and_whole_years(
    start: str, end: str, pieces: list[tuple[Grain, str, str]]
) -> None:
    assert sorted(decompose(DayRange(day(start), day(end)))) == [
        Piece(grain, day(first), day(last)) for grain, first, last in pieces
    ]


def test_all_time_is_one_row() -> None:
    assert decompose(DayRange()) == (Piece(Grain.ALL, 0, 0),)


def test_all_time_by_year_is_every_year() -> None:
    assert decompose(DayRange(), Grain.YEAR) == (Piece(Grain.YEAR, FIRST_DAY, LAST_DAY),)


@pytest.mark.parametrize(
    ("start", "end"),
    [("2024-02-02", "2024-02-01"), ("1900-01-01", "1969-12-31"), ("0001-01-01", "0001-01-01")],
)
@pytest.mark.parametrize("coarsest", Grain)
def test_a_range_without_countable_days_has_no_bucket(
    start: str, end: str, coarsest: Grain
) -> None:
    assert spans(decompose(DayRange(day(start), day(end)), coarsest)) == []


@pytest.mark.parametrize(
    ("grain", "bucket"),
    [
        (Grain.DAY, "2024-02-29"),
        (Grain.MONTH, "2024-02-01"),
        (Grain.YEAR, "2024-01-01"),
        (Grain.ALL, "1970-01-01"),
    ],
)
def test_bucket_of_a_leap_day(grain: Grain, bucket: str) -> None:
    assert bucket_of(day("2024-02-29"), grain) == day(bucket)


@pytest.mark.parametrize("text", ["2023-02-28", "2024-02-29", "0001-01-01", "9999-12-31"])
def test_a_date_is_read(text: str) -> None:
    assert parse_date(text).isoformat() == text


@pytest.mark.parametrize(
    "text",
    [
        "20230228",
        "2023-W09-2",
        "2023W092",
        "2023-059",
        "2023-2-28",
        "2023-02-28 ",
        "\n2023-02-28",
        "2023-02-28\n",
        "2023-02-28T00:00:00",
        "+2023-02-28",
        "\uff12\uff10\uff12\uff13-02-28",
        "\u0662\u0660\u0662\u0663-02-28",
        "2023\u201002\u201028",
        "2023-02-29",
        "2023-13-01",
        "2023-00-10",
        "0000-01-01",
        "10000-01-01",
        "",
    ],
)
def test_nothing_but_a_date_is_read(text: str) -> None:
    with pytest.raises(ValueError):
        parse_date(text)


@given(st.dates())
def test_day_numbers_and_dates_are_inverse(when: date) -> None:
    assert day_date(day_number(when)) == when


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("2024-02-29T00:00", "2024-02-29"),
        ("2024-02-29T23:59:59.999999", "2024-02-29"),
        ("2024-03-01T00:00", "2024-03-01"),
        ("1970-01-01T00:00", "1970-01-01"),
    ],
)
def test_day_of_an_instant(when: str, expected: str) -> None:
    assert day_of(instant(when)) == day(expected)


@pytest.mark.parametrize(("hour", "expected"), [(1, "2023-12-31"), (2, "2024-01-01")])
def test_today_is_the_day_in_utc(hour: int, expected: str) -> None:
    east = timezone(timedelta(hours=2))
    assert today(datetime(2024, 1, 1, hour, tzinfo=east)) == day(expected)
    assert today(datetime(2024, 1, 1, 23, 59, tzinfo=UTC)) == day("2024-01-01")
