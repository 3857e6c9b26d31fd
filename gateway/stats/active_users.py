"""Active users: how many distinct volunteers classified in a range, and in each of its periods.

The rollup rows of the site, projects and workflows store the number for each day, month and year
and for all time. For other ranges, for selections and for groups, the volunteers are counted.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, ColumnElement, Select, bindparam, func, select, union_all

from gateway.calendar import FIRST_DAY, LAST_DAY, DayRange, Grain, bucket_of, decompose
from gateway.db.rollup_sets import RollupSet
from gateway.period import Period, next_period, period_start
from gateway.stats.rows import filters, narrowest, parameters, rows, total
from gateway.stats.subject import Kind, Question
from gateway.stats.volunteer_rows import VolunteerRows

_NO_DAYS = DayRange(1, 0)


def active_users(question: Question) -> Select[tuple[int, int]]:
    """Rows of subject and the number of users with at least one classification in the selection.

    Binds what the question binds. A subject without any may have no row.
    """
    pieces = decompose(question.selection.days)
    grains = tuple(piece.grain for piece in pieces)
    (grain, first, last), *others = pieces
    is_one_row = not others and bucket_of(min(last, LAST_DAY), grain) == first
    if is_one_row and _is_stored(question):
        return _stored(narrowest(question), question.kind, grains)
    return _counted(VolunteerRows.of(question), grains)


def active_users_by_period(question: Question, period: Period) -> Select[tuple[int, int, int]]:
    """Rows of subject, the first day of a period, and the number of users active in it.

    Binds :func:`period_parameters`. If the range cuts a period, only its days in the range count.
    A period without any may have no row.
    """
    whole, cut = _parts(question, period)
    cuts = tuple(tuple(piece.grain for piece in decompose(days)) for _, days in cut)
    stored = narrowest(question) if _is_stored(question) and period.is_one_row else None
    return _by_period(VolunteerRows.of(question), stored, period, whole is not None, cuts)


def period_parameters(question: Question, period: Period, ids: Iterable[int]) -> dict[str, Any]:
    """The parameters of :func:`active_users_by_period`, with those of the question."""
    bound = parameters(question, ids)
    whole, cut = _parts(question, period)
    if whole is not None:
        bound |= {"whole_first_0": whole.start, "whole_last_0": whole.end}
    for number, (start, days) in enumerate(cut):
        bound[f"cut_{number}"] = start
        for index, piece in enumerate(decompose(days)):
            bound[f"cut_{number}_first_{index}"] = piece.first
            bound[f"cut_{number}_last_{index}"] = piece.last
    return bound


def _is_stored(question: Question) -> bool:
    """Whether rows of the subject itself store the number of active users."""
    return question.kind is not Kind.GROUP and not filters(question)


class _Parts(NamedTuple):
    """A range split into whole periods and cut ones."""

    #: From the first to the last day on which a period starts that is wholly in the range.
    whole: DayRange | None
    #: The starts of the others, and which of their days are in the range.
    cut: tuple[tuple[int, DayRange], ...]


def _parts(question: Question, period: Period) -> _Parts:
    start, end = question.selection.days
    start = FIRST_DAY if start is None else max(start, FIRST_DAY)
    end = LAST_DAY if end is None else min(end, LAST_DAY)
    if period.grain is Grain.DAY:
        # A row of a day never belongs to two periods.
        return _Parts(DayRange(start, end), ())
    if start > end:
        return _Parts(None, ((FIRST_DAY, _NO_DAYS),))
    first, last = period_start(start, period), period_start(end, period)
    ends_whole = next_period(last, period) == end + 1
    if first == last and not (start == first and ends_whole):
        return _Parts(None, ((first, DayRange(start, end)),))
    cut = []
    if start != first:
        cut.append((first, DayRange(start, next_period(first, period) - 1)))
        first = next_period(first, period)
    if not ends_whole:
        cut.append((last, DayRange(last, end)))
        last -= 1
    return _Parts(DayRange(first, last) if first <= last else None, tuple(cut))


@lru_cache(maxsize=64)
def _stored(rollup: RollupSet, kind: Kind, grains: tuple[Grain, ...]) -> Select[Any]:
    row = rows(rollup, kind, (), grains, ("active_users",)).c
    return select(row.subject, total(row.active_users)).group_by(row.subject)


@lru_cache(maxsize=256)
def _counted(volunteers: VolunteerRows, grains: tuple[Grain, ...]) -> Select[Any]:
    row = volunteers.rows(grains).c
    return select(row.subject, func.count(row.user_id.distinct())).group_by(row.subject)


@lru_cache(maxsize=256)
def _by_period(
    volunteers: VolunteerRows,
    stored: RollupSet | None,
    period: Period,
    has_whole: bool,  # noqa: FBT001 (a cache key)
    cuts: tuple[tuple[Grain, ...], ...],
) -> Select[Any]:
    parts = [_whole(volunteers, stored, period)] if has_whole else []
    for number, grains in enumerate(cuts):
        row = volunteers.rows(grains, f"cut_{number}_").c
        start = bindparam(f"cut_{number}", type_=BigInteger)
        counted = func.count(row.user_id.distinct())
        parts.append(select(row.subject, start.label("start"), counted).group_by(row.subject))
    found = (parts[0] if len(parts) == 1 else union_all(*parts)).subquery("active")
    return select(*found.c)


def _whole(volunteers: VolunteerRows, stored: RollupSet | None, period: Period) -> Select[Any]:
    if stored is not None:
        row = rows(
            stored,
            volunteers.kind,
            (),
            (period.grain,),
            ("bucket", "active_users"),
            prefix="whole_",
        ).c
        by = (row.subject, row.bucket)
        return select(row.subject, row.bucket.label("start"), total(row.active_users)).group_by(*by)
    row = volunteers.rows((period.grain,), "whole_").c
    start: ColumnElement[int] = row.bucket
    if period.grain is Grain.DAY and period.units > 1:
        # As ``gateway.period`` has it: day 0 lies so far after the start of its period.
        start = start - (start - period_start(FIRST_DAY, period)) % period.units
    counted = func.count(row.user_id.distinct())
    return select(row.subject, start.label("start"), counted).group_by(row.subject, start)
