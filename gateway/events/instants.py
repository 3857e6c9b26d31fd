"""Timestamps as whole microseconds since 1970-01-01 (UTC), and the session time between two.

All arithmetic is on integers, and exact.
"""

from __future__ import annotations

import re
from calendar import timegm
from collections import Counter
from datetime import UTC, datetime, timedelta

from gateway.calendar import LAST_DAY, MICROSECONDS_A_DAY
from gateway.errors import InvalidEvent
from gateway.events.left_out import LeftOut
from gateway.events.missing import not_blank
from gateway.events.quoted import quoted

#: In a longer session a page stayed open, but nobody worked: 10,800 seconds.
LONGEST_SESSION_MS = 10_800_000

LAST_INSTANT = (LAST_DAY + 1) * MICROSECONDS_A_DAY - 1

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# ``fromisoformat`` also takes week dates, any separator and more; which, differs by version.
_DATE_TIME = r"\d\d\d\d-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?"
_OFFSET = r"[+-]\d\d(?::?\d\d)?"
#: ISO's form, or Ruby's of UTC, in which Panoptes' exports write their times.
_is_usual = re.compile(rf"{_DATE_TIME}(?:Z| UTC|{_OFFSET})?", re.ASCII).fullmatch
_SHORTEST, _LONGEST = len("2021-12-21T11:41:31.2Z"), len("2021-12-21T11:41:31.238123Z")
#: Ruby's form with a zone.
_SPACED = re.compile(rf"({_DATE_TIME}) (?:Z|({_OFFSET}))", re.ASCII)


def read_instant(text: object, field: str) -> int:
    """Parse a timestamp: ``2021-12-21T11:41:31.238Z``, ``2016-06-15 00:51:21 UTC`` and the like.

    Offsets (``+02:00``, ``-0700``, ``+00``) are honoured; without one the time is UTC. Digits
    beyond the microsecond are cut off. Anything else, and what lies outside the years 1970 to
    9999, is an InvalidEvent that names ``field``.
    """
    instant = parse_instant(text)
    if instant is None:
        if text is None:
            raise InvalidEvent(f"{field} is missing.")
        raise InvalidEvent(
            f"{field} is {quoted(text)}: not a time such as 2016-06-15 00:51:21 UTC."
        )
    return bounded_instant(instant, field)


def format_instant(instant: int) -> str:
    """Format an instant in ISO 8601, to the microsecond: ``2021-12-21T11:41:31.238000Z``."""
    moment = (_EPOCH + timedelta(microseconds=instant)).isoformat(timespec="microseconds")
    return moment.removesuffix("+00:00") + "Z"


def bounded_instant(instant: int, field: str) -> int:
    """Check the range of an instant: InvalidEvent outside the years 1970 to 9999."""
    if not 0 <= instant <= LAST_INSTANT:
        raise InvalidEvent(f"{field} lies outside the years 1970 to 9999.")
    return instant


def latest_instant(now: datetime) -> int:
    """Latest ``created_at`` that is accepted: a day after ``now``, which must have a time zone."""
    return timegm(now.utctimetuple()) * 1_000_000 + now.microsecond + MICROSECONDS_A_DAY


def check_not_future(instant: int, latest: int, field: str) -> None:
    """Check for future instants: InvalidEvent after ``latest``, as by a clock that is wrong."""
    if instant > latest:
        raise InvalidEvent(f"{field} lies more than a day ahead of now.")


def read_session_ms(started: object, finished: object, left_out: Counter[LeftOut]) -> int:
    """Session time in milliseconds between two texts; 0 if one is missing.

    It is also 0 if one is no timestamp, which is counted.
    """
    begin, end = _moment(started), _moment(finished)
    if begin is None or end is None:
        ends = ((begin, started), (end, finished))
        if any(moment is None and not_blank(text) is not None for moment, text in ends):
            left_out[LeftOut.SESSION_TIME] += 1
        return 0
    return session_ms(0, _microseconds(end - begin))


def session_ms(started: int, finished: int) -> int:
    """Session time in milliseconds between two instants, halves up; from 0 to 10,800 s."""
    return min(max((finished - started + 500) // 1000, 0), LONGEST_SESSION_MS)


def parse_instant(text: object) -> int | None:
    """Parse a timestamp in any year of ``datetime``; None if it is none."""
    moment = _moment(text)
    return None if moment is None else _microseconds(moment - _EPOCH)


def _moment(text: object) -> datetime | None:
    if not isinstance(text, str):
        return None
    # Nearly every text has this form of JavaScript and Panoptes: then ``fromisoformat`` checks the
    # digits in between. It must not be longer: ``fromisoformat`` does not check all digits beyond
    # the microsecond.
    if text[4:20:3] != "--T::." or text[-1] != "Z" or not _SHORTEST <= len(text) <= _LONGEST:
        return _unusual_moment(text)
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _unusual_moment(text: str) -> datetime | None:
    if _is_usual(text):
        if text[-1] == "C":
            text = text[:-4] + "Z"
    else:
        spaced = _SPACED.fullmatch(text)
        if spaced is None:
            return None
        text = spaced[1] + (spaced[2] or "Z")
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def _microseconds(span: timedelta) -> int:
    return (span.days * 86_400 + span.seconds) * 1_000_000 + span.microseconds
