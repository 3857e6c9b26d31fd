"""Buckets: counts of events by day, week, month or year."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import starmap
from typing import Any, TypeVar

import strawberry

from gateway.calendar import FIRST_DAY, DayRange, day_date, day_number
from gateway.errors import OutOfBounds
from gateway.loaders.members import MembersKey
from gateway.loaders.statistics import Buckets, BucketsQuestion
from gateway.period import (
    Period,
    count_periods,
    name_periods,
    period_for,
    period_start,
    period_starts,
)
from gateway.stats.subject import Answer, Kind, Question
from resolvers.context import Info
from resolvers.costs import costs
from resolvers.lookahead import selects
from resolvers.rows import Row, made, row
from resolvers.scalars import SafeInt

V = TypeVar("V")

#: How many buckets gaps may be filled to: thirty years of days.
MAX_FILLED = 11_000
#: What a bucket selects if its volunteers are not counted.
_WITHOUT_USERS = frozenset({"startsOn", "count", "timeSpent"})


@row
@strawberry.type(description=f"Classifications of one {name_periods()}.")
class PeriodBucket(Row):
    """One bucket of classifications."""

    starts_on: date = strawberry.field(
        description="The period's first day, also where the range begins within the period."
    )
    count: SafeInt = strawberry.field(
        description="Classifications of the period that are within the range."
    )
    time_spent: float = strawberry.field(
        description="Seconds of session time, limited for each as in the statistic's timeSpent."
    )
    active_users: int = strawberry.field(
        description="How many different volunteers classified; who was not logged in is none. "
        "A volunteer counts in each of their buckets, so that buckets do not add up.",
        directives=[costs(2)],
    )


@row
@strawberry.type(
    description=f"Volunteers who classified for the first time in one {name_periods()}."
)
class NewUsersBucket(Row):
    """One bucket of new volunteers; a volunteer is in one bucket alone."""

    starts_on: date = strawberry.field(
        description="The period's first day, also where the range begins within the period."
    )
    count: int = strawberry.field(description="Volunteers.")


@row
@strawberry.type(description=f"Comments of one {name_periods()}.")
class CommentBucket(Row):
    """One bucket of comments."""

    starts_on: date = strawberry.field(
        description="The period's first day, also where the range begins within the period."
    )
    count: SafeInt = strawberry.field(
        description="Comments of the period that are within the range."
    )


#: Subjects whose buckets are requested: the question and the id of each.
Subjects = Sequence[tuple[Question, int]]


async def load_buckets(
    info: Info, subjects: Subjects, period: Period | None, *, fill_gaps: bool
) -> list[Buckets]:
    """The buckets of each subject, ascending; with ``fill_gaps`` empty ones too.

    Without a period, the one that suits the range. An open end is filled up to today, an open
    start from the first bucket that has events.
    """
    keys = _keys(info, subjects, period, fill_gaps=fill_gaps)
    return await _load(info, keys, fill_gaps=fill_gaps)


async def load_period_buckets(
    info: Info, subjects: Subjects, period: Period | None, *, fill_gaps: bool
) -> list[list[PeriodBucket]]:
    """The buckets of :func:`load_buckets`, as objects of the schema.

    How many volunteers were active is read only if it is selected.
    """
    keys = _keys(info, subjects, period, fill_gaps=fill_gaps)
    loading = _load(info, keys, fill_gaps=fill_gaps)
    if all(question.kind is Kind.USER for question, _ in subjects):
        return [_of_a_user(found) for found in await loading]
    if not selects(info, beyond=_WITHOUT_USERS):
        return [period_buckets(found, {}) for found in await loading]
    users = info.context.loaders.period_users.load_many(keys)
    each, active = await asyncio.gather(loading, users)
    return [period_buckets(*one) for one in zip(each, map(dict, active), strict=True)]


async def load_member_buckets(
    info: Info,
    members: Iterable[tuple[Question, int, int]],
    period: Period | None,
    *,
    fill_gaps: bool,
) -> list[list[PeriodBucket]]:
    """The buckets of each of these members of groups, by question, group and user."""
    requested = [*members]
    questions = _by_period(info, [one[:2] for one in requested], period, fill_gaps=fill_gaps)
    keys = [(questions[one], group_id, (user_id,)) for one, group_id, user_id in requested]
    loading = info.context.loaders.member_buckets.load_many(starmap(MembersKey, keys))
    found = [of[user_id] for of, (_, _, user_id) in zip(await loading, requested, strict=True)]
    if fill_gaps:
        found = _with_gaps(info, [one for one, *_ in keys], found)
    return [_of_a_user(one) for one in found]


async def _load(
    info: Info, keys: Sequence[tuple[BucketsQuestion, int]], *, fill_gaps: bool
) -> list[Buckets]:
    found = await info.context.loaders.buckets.load_many(keys)
    return _with_gaps(info, [one for one, _ in keys], found) if fill_gaps else found


def _keys(
    info: Info, subjects: Subjects, period: Period | None, *, fill_gaps: bool
) -> list[tuple[BucketsQuestion, int]]:
    """The loader keys; OutOfBounds, before anything is read, for too many gaps."""
    questions = _by_period(info, subjects, period, fill_gaps=fill_gaps)
    return [(questions[question], subject_id) for question, subject_id in subjects]


def _by_period(
    info: Info, subjects: Subjects, period: Period | None, *, fill_gaps: bool
) -> dict[Question, BucketsQuestion]:
    """The buckets question of each different question, with the period that suits it."""
    return {
        question: BucketsQuestion(
            question,
            _chosen(question.selection.days, period, info.context.today, fill_gaps=fill_gaps),
        )
        for question in dict.fromkeys(question for question, _ in subjects)
    }


def _with_gaps(
    info: Info, questions: Iterable[BucketsQuestion], found: Iterable[Buckets]
) -> list[Buckets]:
    today = info.context.today
    return [
        tuple(_filled(one, Answer(), question.selection.days, period, today))
        for (question, period), one in zip(questions, found, strict=True)
    ]


def _of_a_user(found: Buckets) -> list[PeriodBucket]:
    return period_buckets(found, {start: 1 for start, answer in found if answer.n})


async def load_new_users(
    info: Info, question: Question, subject_id: int, period: Period | None, *, fill_gaps: bool
) -> list[NewUsersBucket]:
    """How many volunteers were new in each period; the arguments as for :func:`load_buckets`."""
    days = question.selection.days
    chosen = _chosen(days, period, info.context.today, fill_gaps=fill_gaps)
    key = BucketsQuestion(question, chosen), subject_id
    found: Iterable[tuple[int, int]] = await info.context.loaders.new_users.load(key)
    if fill_gaps:
        found = _filled(tuple(found), 0, days, chosen, info.context.today)
    return [made(NewUsersBucket, (day_date(start), count)) for start, count in found]


def periods_of_range(
    arguments: Mapping[str, Any], above: Mapping[str, Any], today: int
) -> int | None:
    """How many buckets there may be, from the arguments of the field and the one with the range.

    None where the range has no start. There are no events to come, so that only gaps are filled
    beyond today; what is beyond ``MAX_FILLED`` is refused by the field.
    """
    given = above.get("range") or {}
    start, end = given.get("start"), given.get("end")
    if start is None:
        return None
    days = DayRange(day_number(start), None if end is None else day_number(end))
    chosen = arguments.get("period") or period_for(days, today)
    last = today if days.end is None else days.end
    first = day_number(start)
    if arguments.get("fillGaps"):
        return min(count_periods(first, last, chosen), MAX_FILLED)
    return count_periods(max(first, FIRST_DAY), min(last, today), chosen)


def _filled(
    found: Sequence[tuple[int, V]], nothing: V, days: DayRange, period: Period, today: int
) -> Iterator[tuple[int, V]]:
    starts = [start for start, _ in found]
    first = days.start if days.start is not None else min(starts, default=None)
    if first is None:
        return
    last = days.end if days.end is not None else max([today, *starts])
    _require_fillable(first, last, period)
    known = dict(found)
    # Gaps before 1970 are filled, too. A range from tomorrow on may have events, by fast clocks.
    for start in period_starts(period_start(first, period), last, period):
        yield start, known.get(start, nothing)


def _chosen(days: DayRange, period: Period | None, today: int, *, fill_gaps: bool) -> Period:
    """The period to count by; OutOfBounds, before anything is read, for too many gaps."""
    chosen = period or period_for(days, today)
    if fill_gaps and days.start is not None:
        _require_fillable(days.start, today if days.end is None else days.end, chosen)
    return chosen


def _require_fillable(first: int, last: int, period: Period) -> None:
    buckets = count_periods(first, last, period)
    if buckets > MAX_FILLED:
        raise OutOfBounds(
            "fillGaps",
            buckets,
            0,
            MAX_FILLED,
            f"fillGaps would make {buckets:,} buckets for the {last - first + 1:,} days of the "
            f"range, and the limit is {MAX_FILLED:,}: ask for fewer days or a longer period.",
        )


def period_buckets(found: Buckets, active: Mapping[int, int]) -> list[PeriodBucket]:
    """Convert buckets to objects of the schema; ``active``: volunteers by first day."""
    return [
        made(PeriodBucket, (day_date(start), answer.n, answer.seconds, active.get(start, 0)))
        for start, answer in found
    ]


def comment_buckets(found: Buckets) -> list[CommentBucket]:
    """Convert buckets of comments to objects of the schema."""
    return [made(CommentBucket, (day_date(start), answer.n)) for start, answer in found]
