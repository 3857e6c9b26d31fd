"""Volunteer counts: what a change of the user set adds to them.

A volunteer is active in a bucket while the user set has a row of theirs there, and new on the day
of their first. So the counts change only where such rows begin or end, which is read before the
set is changed: the cost of a batch follows its rows, not the history.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from operator import itemgetter
from typing import NamedTuple

from sqlalchemy import Connection

from gateway.calendar import Grain, bucket_of
from gateway.db.rollup_sets import PROJECT, SITE, WORKFLOW
from gateway.rollups.user_rows import BY_KEY, EACH_DAY, FIRST_DAY, IN_SPANS, USED, LookUp, look_up

#: User, grain, bucket, project, workflow: the key of the user set.
UserKey = tuple[int, int, int, int, int]
#: User, grain, bucket.
_Span = tuple[int, int, int]
#: User and project.
_Member = tuple[int, int]
#: Projects and workflows in which a volunteer has rows.
_Pairs = Set[tuple[int, int]]
#: By span: where the volunteer has rows.
_Present = dict[_Span, set[tuple[int, int]]]
#: By member: days on which the volunteer begins (1) or no longer has (-1) rows in the project.
_Days = dict[_Member, dict[int, int]]
_NO_PAIRS: _Pairs = frozenset()
_DAY, _ALL = int(Grain.DAY), int(Grain.ALL)
_COARSER = (Grain.MONTH, Grain.YEAR, Grain.ALL)
#: Of a key: its span, and what it has in common with the rows of others.
_span_of, _row_of = itemgetter(0, 1, 2), itemgetter(1, 2, 3, 4)
#: From so many keys on it is looked which buckets are in use.
_WORTH_A_LOOK = 1_000


class VolunteerChanges(NamedTuple):
    """The deltas of volunteer counts."""

    #: By the name of a set and the key of a row: what to add to ``active_users`` and ``new_users``.
    counts: Mapping[str, Mapping[tuple[int, ...], Sequence[int]]]
    #: The keys of the rows that begin in the user set itself.
    begun: Set[UserKey]


class _Counts(dict[tuple[int, ...], list[int]]):
    """By key: what is added to ``active_users`` and to ``new_users``."""

    def __missing__(self, key: tuple[int, ...]) -> list[int]:
        self[key] = counts = [0, 0]
        return counts


def volunteer_changes(connection: Connection, changed: Mapping[UserKey, int]) -> VolunteerChanges:
    """The deltas of volunteer counts when so many events are added to rows of ``USER``.

    Call it before they are added.
    """
    begun, ended, present = _turnover(connection, changed)
    counts = {rollup.name: _Counts() for rollup in (SITE, PROJECT, WORKFLOW)}
    days: _Days = {}
    newcomers: set[_Member] = set()
    rows = Counter(map(_span_of, begun))
    alone: list[UserKey] = []
    begun_in: _Present = {}
    for key in begun:
        span = key[:3]
        if rows[span] == 1 and span not in present:
            alone.append(key)
        else:
            begun_in.setdefault(span, set()).add(key[3:])
    _count_alone(alone, counts, days, newcomers)
    ended_in: _Present = {}
    for key in ended:
        ended_in.setdefault(key[:3], set()).add(key[3:])
    for span in begun_in.keys() | ended_in.keys():
        before = present.get(span, _NO_PAIRS)
        after = before - ended_in.get(span, _NO_PAIRS) | begun_in.get(span, _NO_PAIRS)
        _count_span(span, before, after, counts, days, newcomers)
    new = counts[PROJECT.name]
    first_days = Counter[tuple[int, int]]()
    for project, day, sign in _first_days(connection, days, newcomers):
        first_days[project, day] += sign
    buckets = {
        day: [(int(grain), bucket_of(day, grain)) for grain in Grain]
        for day in {day for _, day in first_days}
    }
    for (project, day), volunteers in first_days.items():
        for bucket in buckets[day]:
            new[project, *bucket][1] += volunteers
    return VolunteerChanges(counts, set(begun))


def _count_alone(
    keys: Iterable[UserKey],
    counts: Mapping[str, _Counts],
    days: _Days,
    newcomers: set[_Member],
) -> None:
    """Count rows that begin, each as the only one of its span: most of them do."""
    site, projects, workflows = (counts[rollup.name] for rollup in (SITE, PROJECT, WORKFLOW))
    for (grain, bucket, project, workflow), volunteers in Counter(map(_row_of, keys)).items():
        site[0, grain, bucket][0] += volunteers
        projects[project, grain, bucket][0] += volunteers
        workflows[workflow, grain, bucket, project][0] += volunteers
    for user, grain, bucket, project, _ in keys:
        if grain == _DAY:
            days.setdefault((user, project), {})[bucket] = 1
        elif grain == _ALL:
            newcomers.add((user, project))


def _count_span(
    span: _Span,
    before: _Pairs,
    after: _Pairs,
    counts: Mapping[str, _Counts],
    days: _Days,
    newcomers: set[_Member],
) -> None:
    """Count a volunteer in a bucket, by the projects and workflows before and after the change."""
    user, grain, bucket = span
    if bool(before) != bool(after):
        counts[SITE.name][0, grain, bucket][0] += 1 if after else -1
    were, are = {project for project, _ in before}, {project for project, _ in after}
    for sign, projects in ((1, are - were), (-1, were - are)):
        for project in projects:
            counts[PROJECT.name][project, grain, bucket][0] += sign
            if grain == _DAY:
                days.setdefault((user, project), {})[bucket] = sign
            elif grain == _ALL and sign > 0:
                newcomers.add((user, project))
    was, is_now = _lowest_projects(before), _lowest_projects(after)
    for sign, lowest, other in ((1, is_now, was), (-1, was, is_now)):
        for workflow, project in lowest.items():
            if other.get(workflow) != project:
                counts[WORKFLOW.name][workflow, grain, bucket, project][0] += sign


def _lowest_projects(pairs: _Pairs) -> dict[int, int]:
    """The project in which each workflow counts its volunteer."""
    # The last of a key is what a dict keeps.
    return {workflow: project for project, workflow in sorted(pairs, reverse=True)}


def _turnover(
    connection: Connection, changed: Mapping[UserKey, int]
) -> tuple[Collection[UserKey], Collection[UserKey], _Present]:
    """The rows that begin, those that end, and the others in the same buckets."""
    known: dict[UserKey, int] = {}
    used = _used_buckets(connection, changed)
    begun: list[UserKey] = []
    days: list[UserKey] = []
    fewer: list[UserKey] = []
    for key, n in changed.items():
        if n < 0:
            fewer.append(key)
        elif key[1:3] not in used:
            begun.append(key)
        elif key[1] == _DAY:
            days.append(key)
    spans = {key[:3] for key in (*days, *fewer)}
    _read_into(known, connection, IN_SPANS, spans)
    begun += [key for key in days if key not in known]
    # Rows of a month, a year and all time can begin only with the row of a day.
    buckets = {
        day: [
            (int(grain), bucket)
            for grain in _COARSER
            if (int(grain), bucket := bucket_of(day, grain)) in used
        ]
        for day in {key[2] for key in begun if key[1] == _DAY}
    }
    above = {
        (user, *bucket, project, workflow)
        for user, grain, day, project, workflow in begun
        if grain == _DAY
        for bucket in buckets[day]
    }
    above = {key for key in above if changed.get(key, 0) > 0 and key not in known}
    # A volunteer may have many rows of a year: all of them are read only where one begins.
    _read_into(known, connection, BY_KEY, [key for key in above if key[:3] not in spans])
    above -= known.keys()
    begun += above
    _read_into(known, connection, IN_SPANS, {key[:3] for key in above} - spans)
    present: _Present = {}
    for key in known:
        present.setdefault(key[:3], set()).add(key[3:])
    return begun, [key for key in fewer if known.get(key) == -changed[key]], present


def _used_buckets(connection: Connection, changed: Collection[UserKey]) -> Set[tuple[int, int]]:
    """The buckets of these keys, by grain, but for those in which nobody has a row yet.

    History mostly comes day by day: one look at a bucket saves one for each volunteer there. Few
    keys are not worth the look.
    """
    buckets = {key[1:3] for key in changed}
    if len(changed) < _WORTH_A_LOOK:
        return buckets
    found = look_up(connection, USED, buckets)
    return {(grain, bucket) for grain, bucket, is_used in found if is_used}


def _read_into(
    known: dict[UserKey, int],
    connection: Connection,
    what: LookUp,
    keys: Collection[tuple[int, ...]],
) -> None:
    """Read the event counts of those keys that have rows into ``known``."""
    known.update((row[:5], row[5]) for row in look_up(connection, what, keys))


def _first_days(
    connection: Connection, days: _Days, newcomers: Set[_Member]
) -> Iterator[tuple[int, int, int]]:
    """Projects and days with 1 for a volunteer whose first day it becomes, and -1 if it was.

    Of ``newcomers`` it is known that they had none.
    """
    others: dict[_Member, int | None] = {}
    for member, signs in days.items():
        if member in newcomers:
            yield member[1], min(signs), 1
        else:
            others[member] = None
    for user, project, day in look_up(connection, FIRST_DAY, others.keys()):
        others[user, project] = day
    lost = [key for key, day in others.items() if day is not None and days[key].get(day, 0) < 0]
    known: dict[_Member, set[int]] = {
        key: set() if day is None else {day} for key, day in others.items()
    }
    for user, project, day in look_up(connection, EACH_DAY, lost):
        known[user, project].add(day)
    for key, before in others.items():
        signs = days[key]
        begun = (day for day, sign in signs.items() if sign > 0)
        stay = (day for day in known[key] if signs.get(day, 0) >= 0)
        after = min((*begun, *stay), default=None)
        if before != after:
            if before is not None:
                yield key[1], before, -1
            if after is not None:
                yield key[1], after, 1
