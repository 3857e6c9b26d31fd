from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime, timedelta, timezone

import pytest

from gateway.errors import InvalidEvent
from gateway.events.instants import (
    LAST_INSTANT,
    bounded_instant,
    check_not_future,
    latest_instant,
    read_instant,
    read_session_ms,
    session_ms,
)

SECOND = 1_000_000


@pytest.mark.parametrize(
    ("text", "microseconds"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("2016-06-15 00:51:21 UTC", 1_465_951_881 * SECOND),
        ("2016-06-15 00:51:21", 1_465_951_881 * SECOND),
        ("2016-06-15 02:51:21 +0200", 1_465_951_881 * SECOND),
        ("2016-06-15 00:51:21 Z", 1_465_951_881 * SECOND),
        ("2021-12-21T11:41:31.238Z", 1_640_086_891_238_000),
        ("2021-12-21T13:41:31.238+02:00", 1_640_086_891_238_000),
        ("2021-12-21T04:41:31.238-0700", 1_640_086_891_238_000),
        ("2021-12-21 11:41:31.238+00", 1_640_086_891_238_000),
        ("2021-12-21T11:41:31.000001Z", 1_640_086_891_000_001),
        ("2021-12-21T11:41:31.0000019Z", 1_640_086_891_000_001),
        ("1970-01-01T01:00:00+01:00", 0),
        ("9999-12-31T23:59:59.999999Z", LAST_INSTANT),
        ("2020-02-29T00:00:00Z", 1_582_934_400 * SECOND),
    ],
)
def test_times_are_exact_microseconds(text: str, microseconds: int) -> None:
    assert read_instant(text, "created_at") == microseconds


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "2016-06-15",
        "20160615T005121Z",
        "2016-W24-3T00:51:21Z",
        "2016-06-15T00:51Z",
        "2016-06-15T00:51:21,5Z",
        "2016-06-15x00:51:21Z",
        "2016-06-15T24:00:00Z",
        "2016-06-15T23:59:60Z",
        "2019-02-29T00:00:00Z",
        "0000-01-01T00:00:00Z",
        "10000-01-01T00:00:00Z",
        "\uff12016-06-15T00:51:21Z",
        "2016-06-15T00:51:21Z\n",
        "2016-06-15 00:51:21Z UTC",
        "2016-06-15 00:51:21 +0200 UTC",
        "2016-06-15 00:51:21 UTC\n",
        "2016-06-15 00:51:21  UTC",
        "2016-06-15 00:51:2\u0661 UTC",
        "2016-06-15T00:51:21+25:00",
        1_465_951_881,
        1.5,
        True,
        ["2016-06-15T00:51:21Z"],
    ],
)
def test_what_is_no_time_is_refused_by_name(text: object) -> None:
    with pytest.raises(InvalidEvent, match=r"^created_at is .*: not a time such as"):
        read_instant(text, "created_at")


_USUAL = "2021-12-21T11:41:31.238123Z"
_DOCUMENTED = re.compile(
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z| UTC| ?[+-]\d\d(:?\d\d)?)?", re.ASCII
)


@pytest.mark.parametrize("place", range(len(_USUAL)))
def test_a_letter_that_is_none_of_a_time_is_refused_wherever_it_stands(place: int) -> None:
    for letter in "x :+-.,TZW\0\u0663\u00b2\U0001f4ae\ud83d":
        for usual in (_USUAL, _USUAL[:23] + "Z", _USUAL[:21] + "Z", _USUAL[:19] + "Z"):
            text = usual[:place] + letter + usual[place + 1 :]
            if _DOCUMENTED.fullmatch(text):
                continue
            with pytest.raises(InvalidEvent, match="not a time such as"):
                read_instant(text, "created_at")


@pytest.mark.parametrize(
    "text",
    [
        "2021-12-21T11:41:31.Z",
        "2021-12-21T11:41:31.+1Z",
        "2021-12-21T11:41:31.+01:00Z",
        "2021-12-21T11:41:31.238ZZ",
        "2021-12-21T11:41:31.238123\x004Z",
        "2021-12-21T11:41:31.2381234\x00Z",
        "2021-12-21T11:41:31.2381234xZ",
        "21-12-21T11:41:31.238123Z",
    ],
)
def test_what_only_looks_like_the_usual_time_is_refused(text: str) -> None:
    with pytest.raises(InvalidEvent, match="not a time such as"):
        read_instant(text, "created_at")


def test_a_missing_time_is_called_missing() -> None:
    with pytest.raises(InvalidEvent, match=r"^created_at is missing\.$"):
        read_instant(None, "created_at")


@pytest.mark.parametrize(
    "text",
    ["1969-12-31T23:59:59.999999Z", "1970-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01"],
)
def test_times_lie_between_1970_and_9999(text: str) -> None:
    with pytest.raises(InvalidEvent, match="outside the years 1970 to 9999"):
        read_instant(text, "created_at")


@pytest.mark.parametrize("instant", [-1, LAST_INSTANT + 1])
def test_numbers_are_bounded_like_texts(instant: int) -> None:
    with pytest.raises(InvalidEvent, match="event_time lies outside"):
        bounded_instant(instant, "event_time")


def test_a_day_ahead_of_now_is_believed_and_no_more() -> None:
    now = datetime(2026, 11, 22, 13, tzinfo=UTC)
    latest = latest_instant(now)
    tomorrow = read_instant("2026-11-23T13:00:00Z", "created_at")
    assert latest == tomorrow
    check_not_future(tomorrow, latest, "created_at")
    with pytest.raises(InvalidEvent, match="created_at lies more than a day ahead of now"):
        check_not_future(tomorrow + 1, latest, "created_at")


def test_now_counts_in_its_own_zone() -> None:
    utc = datetime(2026, 11, 22, 13, tzinfo=UTC)
    there = utc.astimezone(timezone(timedelta(hours=5)))
    assert latest_instant(there) == latest_instant(utc)


@pytest.mark.parametrize(
    ("started", "finished", "milliseconds"),
    [
        ("2016-06-15T00:51:10.969Z", "2016-06-15T00:51:20.702Z", 9_733),
        ("2016-06-15T00:51:10Z", "2016-06-15T02:51:20+02:00", 10_000),
        ("2016-06-15T00:51:10.969Z", "2016-06-15 00:51:20", 9_031),
        ("2016-06-15T00:51:20Z", "2016-06-15T00:51:10Z", 0),
        ("2016-06-15T00:00:00Z", "2016-06-15T03:00:00Z", 10_800_000),
        ("2016-06-15T00:00:00Z", "2016-06-15T03:00:00.001Z", 10_800_000),
        ("2016-06-15T00:00:00Z", "2016-06-15T02:59:59.999Z", 10_799_999),
        ("2016-06-15T00:00:00Z", "2016-06-25T00:00:00Z", 10_800_000),
        ("2016-06-15T00:00:00Z", None, 0),
        (None, "2016-06-15T00:00:00Z", 0),
        ("soon", "2016-06-15T00:00:00Z", 0),
        (5, 9, 0),
    ],
)
def test_a_session_lasts_from_start_to_finish_at_most_three_hours(
    started: object, finished: object, milliseconds: int
) -> None:
    assert read_session_ms(started, finished, Counter()) == milliseconds


@pytest.mark.parametrize(
    ("microseconds", "milliseconds"), [(499, 0), (500, 1), (1_499, 1), (1_500, 2), (-501, 0)]
)
def test_sessions_round_halves_up_to_milliseconds(microseconds: int, milliseconds: int) -> None:
    assert session_ms(7_000_000, 7_000_000 + microseconds) == milliseconds
