"""Buckets of time: which period, which gaps."""

from typing import Any

import pytest

from gateway.db import Database
from tests.asking import answer, ask
from tests.events_of import classification, comment, store

#: What is computed from the rows is computed alike on both databases.
ON_ONE_DATABASE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

SIXTY = [("1960-02-01", 0), ("1960-03-01", 0)]
DAYS = ("2023-12-31T12:00", "2024-02-29T12:00", "2024-03-04T11:00")


async def buckets(
    database: Database, given: str, arguments: str, root: str = "classifications"
) -> list[tuple[str, int]]:
    """First day and count of each bucket; today is 2024-03-04."""
    await store(
        database,
        *(classification(number, when) for number, when in enumerate(DAYS, 1)),
        *(comment(number, when) for number, when in enumerate(DAYS, 1)),
    )
    document = f"{{ {root}{given} {{ buckets{arguments} {{ startsOn count }} }} }}"
    found: list[dict[str, Any]] = (await answer(database, document))[root]["buckets"]
    return [(bucket["startsOn"], bucket["count"]) for bucket in found]


@pytest.mark.parametrize("root", ["classifications", "comments"])
@pytest.mark.parametrize(
    ("period", "expected"),
    [
        ("DAY", [("2023-12-31", 1), ("2024-02-29", 1), ("2024-03-04", 1)]),
        ("WEEK", [("2023-12-25", 1), ("2024-02-26", 1), ("2024-03-04", 1)]),
        ("MONTH", [("2023-12-01", 1), ("2024-02-01", 1), ("2024-03-01", 1)]),
        ("YEAR", [("2023-01-01", 1), ("2024-01-01", 2)]),
    ],
)
async def test_buckets_hold_only_periods_with_events(
    database: Database, root: str, period: str, expected: list[tuple[str, int]]
) -> None:
    assert await buckets(database, "", f"(period: {period})", root) == expected


@ON_ONE_DATABASE
@pytest.mark.parametrize(
    ("given", "period", "expected"),
    [
        # From the first event to today.
        ("", "MONTH", [("2023-12-01", 1), ("2024-01-01", 0), ("2024-02-01", 1), ("2024-03-01", 1)]),
        # The whole range, also before the first event and after the last.
        (
            '(range: {start: "2023-11-15", end: "2024-01-15"})',
            "MONTH",
            [("2023-11-01", 0), ("2023-12-01", 1), ("2024-01-01", 0)],
        ),
        (
            '(range: {start: "2024-03-03", end: "2024-03-05"})',
            "DAY",
            [("2024-03-03", 0), ("2024-03-04", 1), ("2024-03-05", 0)],
        ),
        # An open end is today, on a Monday.
        (
            '(range: {start: "2024-02-25"})',
            "WEEK",
            [("2024-02-19", 0), ("2024-02-26", 1), ("2024-03-04", 1)],
        ),
        (
            '(range: {end: "2025-01-01"})',
            "YEAR",
            [("2023-01-01", 1), ("2024-01-01", 2), ("2025-01-01", 0)],
        ),
        (
            '(range: {start: "2025-01-01", end: "2025-01-02"})',
            "DAY",
            [("2025-01-01", 0), ("2025-01-02", 0)],
        ),
        # Before 1970 there are no events.
        (
            '(range: {start: "1969-12-30", end: "1970-01-02"})',
            "DAY",
            [("1969-12-30", 0), ("1969-12-31", 0), ("1970-01-01", 0), ("1970-01-02", 0)],
        ),
        ('(range: {start: "1960-02-29", end: "1960-03-01"})', "MONTH", SIXTY),
        (
            '(range: {start: "0001-01-01", end: "0001-01-08"})',
            "WEEK",
            [("0001-01-01", 0), ("0001-01-08", 0)],
        ),
        # Nothing to start from, or nothing to end with.
        ('(range: {end: "2020-01-01"})', "DAY", []),
        ('(range: {start: "2025-01-01"})', "DAY", []),
        ('(range: {end: "9999-12-31"})', "YEAR", None),
        # The range begins tomorrow, in a week that has begun.
        ('(range: {start: "2024-03-05"})', "WEEK", [("2024-03-04", 0)]),
    ],
)
async def test_gaps_are_filled_over_the_whole_range(
    database: Database, given: str, period: str, expected: list[tuple[str, int]] | None
) -> None:
    found = await buckets(database, given, f"(period: {period}, fillGaps: true)")
    if expected is None:
        assert (found[0], found[-1], len(found)) == (("2023-01-01", 1), ("9999-01-01", 0), 7977)
    else:
        assert found == expected


@ON_ONE_DATABASE
@pytest.mark.parametrize(
    ("given", "first"),
    [
        ('(range: {start: "2024-02-28", end: "2024-03-29"})', "2024-02-29"),
        ('(range: {start: "2024-02-28", end: "2024-03-30"})', "2024-02-26"),
        ('(range: {start: "2024-02-28"})', "2024-02-29"),
        ('(range: {start: "2023-10-01"})', "2023-12-25"),
        ('(range: {start: "2023-01-01"})', "2023-12-01"),
        ('(range: {start: "2019-01-01"})', "2023-01-01"),
        ("", "2023-01-01"),
    ],
)
async def test_without_a_period_the_range_chooses_it(
    database: Database, given: str, first: str
) -> None:
    assert (await buckets(database, given, ""))[0][0] == first


@ON_ONE_DATABASE
async def test_an_event_of_tomorrow_is_in_its_week(database: Database) -> None:
    await store(database, classification(4, "2024-03-05T11:00"))
    found = await buckets(
        database, '(range: {start: "2024-03-05"})', "(period: WEEK, fillGaps: true)"
    )
    assert found == [("2024-03-04", 1)]


async def test_a_second_range_is_compared_beside_the_first(database: Database) -> None:
    await buckets(database, "", "")
    document = """{
        classifications(range: {start: "2024-03-01"}, within: {projectIds: [11]}) {
            totalCount
            comparedWith(range: { start: "2023-01-01", end: "2023-12-31" }) { totalCount }
            ever: comparedWith { totalCount }
        }
    }"""
    assert await answer(database, document) == {
        "classifications": {
            "totalCount": 1,
            "comparedWith": {"totalCount": 1},
            "ever": {"totalCount": 3},
        }
    }


@ON_ONE_DATABASE
async def test_more_buckets_than_are_filled_are_refused_in_a_sentence_about_days(
    database: Database,
) -> None:
    document = """{ classifications(range: { start: "1900-01-01", end: "1970-01-31" }) {
        buckets(period: DAY, fillGaps: true) { count } } }"""
    (error,) = (await ask(database, document)).errors
    assert error.message == (
        "fillGaps would make 25,598 buckets for the 25,598 days of the range, and the "
        "limit is 11,000: ask for fewer days or a longer period."
    )
