"""Rollup deltas: what a change of the ledger adds to every rollup set.

Events are first summed under their finest key (day, group, user, project, workflow); each set is
a projection of those sums at its four grains, so a batch costs by its distinct keys.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from operator import add, itemgetter
from typing import cast

from sqlalchemy import Connection

from gateway.calendar import MICROSECONDS_A_DAY, Grain, bucket_of, day_of
from gateway.db.rollup_sets import SETS, USER, RollupSet
from gateway.db.upsert import add_rows, delete_empty
from gateway.events.event import Classification, Comment
from gateway.rollups.effective_groups import GroupRules, effective_groups
from gateway.rollups.volunteers import UserKey, VolunteerChanges, volunteer_changes

#: Day, then what an event can be counted under: site, group, user, project, workflow.
_Key = tuple[int, int, int, int, int, int]
#: By bucket, and then by what a set counts under, the set's measures.
_Sums = dict[int, dict[tuple[int, ...], list[int]]]
_POSITIONS = {"site_id": 1, "group_id": 2, "user_id": 3, "project_id": 4, "workflow_id": 5}
_USER = _POSITIONS["user_id"]
#: Where the kinds of entities stand in a key.
_KINDS = {"user_group": 2, "user": 3, "project": 4, "workflow": 5}


class RollupDeltas:
    """Signed sums of events; written to the rollups by :meth:`write`."""

    def __init__(self) -> None:
        self._classifications: dict[_Key, list[int]] = {}
        self._grouped: dict[_Key, list[int]] = {}
        self._comments: dict[_Key, list[int]] = {}

    def classifications(
        self, events: Iterable[Classification], rules: GroupRules, sign: int
    ) -> None:
        """Count each event once for all sets, and once for each of its effective groups."""
        alone, grouped = self._classifications, self._grouped
        added, tenures = rules
        for event in events:
            _, event_time, _, user_id, project_id, workflow_id, session_ms, groups = event
            day, user, ms = event_time // MICROSECONDS_A_DAY, user_id or 0, sign * session_ms
            # Spelled out: a call takes longer than all that it does.
            key = (day, 0, 0, user, project_id, workflow_id)
            if (known := alone.get(key)) is None:
                alone[key] = [sign, ms]
            else:
                known[0] += sign
                known[1] += ms
            if not user:
                continue
            decided = user in added or (groups and tenures)
            for group in effective_groups(event, rules) if decided else groups:
                _add(grouped, (day, 0, group, user, project_id, workflow_id), sign, ms)

    def grouped(
        self,
        day: int,
        user_id: int,
        project_id: int,
        workflow_id: int,
        groups: Iterable[int],
        n: int,
        ms: int,
    ) -> None:
        """Count ``n`` classifications of a user for groups alone."""
        for group_id in groups:
            _add(self._grouped, (day, 0, group_id, user_id, project_id, workflow_id), n, ms)

    def comments(self, events: Iterable[Comment], sign: int) -> None:
        """Count each comment."""
        for event in events:
            key = (day_of(event.event_time), 0, 0, event.user_id or 0, event.project_id, 0)
            _add(self._comments, key, sign, 0)

    def changed(self) -> dict[str, set[int]]:
        """The ids of all that was counted under, by kinds of entities."""
        keys = [*self._classifications, *self._grouped, *self._comments]
        return {kind: {key[at] for key in keys} - {0} for kind, at in _KINDS.items()}

    def write(self, connection: Connection) -> None:
        """Add the sums to all rollups; rows that come to zero events are deleted."""
        users = self.rows(USER)
        # Read before any row is changed: who is new follows from what was there.
        changed = cast("dict[UserKey, int]", {row[:5]: row[5] for row in users if row[5]})
        volunteers = volunteer_changes(connection, changed)
        # Else no row can come to zero events.
        sources = (self._classifications, self._grouped, self._comments)
        takes = any(n < 0 for sums in sources for n, _ in sums.values())
        for rollup in SETS:
            sums = users if rollup is USER else self.rows(rollup)
            rows = _with_volunteers(rollup, sums, volunteers)
            new = volunteers.begun if rollup is USER else frozenset[tuple[int, ...]]()
            add_rows(connection, rollup.table, rows, new)
            if takes:
                width = len(rollup.keys)
                fewer = [row[:width] for row in rows if row[width] < 0]
                delete_empty(connection, rollup.table, fewer)

    def rows(self, rollup: RollupSet) -> list[tuple[int, ...]]:
        """What to add to one set: keys, then sums, in the order of the keys."""
        sums = self._by_day(rollup)
        rows: list[tuple[int, ...]] = []
        nothing = [0] * len(rollup.sums)
        for grain in Grain:
            if grain is not Grain.DAY:
                sums = _coarser(sums, grain)
            number = int(grain)
            for bucket, dims in sums.items():
                rows += [
                    (key[0], number, bucket, *key[1:], *values)
                    for key, values in dims.items()
                    if values != nothing
                ]
        rows.sort()
        return rows

    def _by_day(self, rollup: RollupSet) -> _Sums:
        sums: _Sums = defaultdict(dict)
        first, *others = (_POSITIONS[name] for name in rollup.dims)
        # Of one place, itemgetter would pick a bare number: a slice of one is a tuple as well.
        pick = itemgetter(first, *others) if others else itemgetter(slice(first, first + 1))
        with_user, width = rollup.entity == "user_id", len(rollup.sums)
        for key, (n, ms) in self._source(rollup).items():
            user = key[_USER]
            if with_user and not user:
                continue
            measures = [n, ms, 0 if user else n][:width]
            day, picked = sums[key[0]], pick(key)
            if (known := day.get(picked)) is None:
                day[picked] = measures
            else:
                _add_to(known, measures)
        return sums

    def _source(self, rollup: RollupSet) -> dict[_Key, list[int]]:
        if rollup.source == "comment":
            return self._comments
        return self._grouped if rollup.by_group else self._classifications


def _with_volunteers(
    rollup: RollupSet, rows: list[tuple[int, ...]], changes: VolunteerChanges
) -> list[tuple[int, ...]]:
    """The rows with the deltas of volunteer counts appended to their sums."""
    counted = len(rollup.volunteer_counts)
    if not counted:
        return rows
    width = len(rollup.keys)
    nothing, sums = (0,) * counted, (0,) * len(rollup.sums)
    # Where one volunteer's event becomes another's, the sums do not change.
    changed = dict(changes.counts[rollup.name])
    found = [(*row, *changed.pop(row[:width], nothing)[:counted]) for row in rows]
    found += [(*key, *sums, *counts[:counted]) for key, counts in changed.items() if any(counts)]
    found.sort()
    return found


def _add(sums: dict[_Key, list[int]], key: _Key, n: int, ms: int) -> None:
    if (known := sums.get(key)) is None:
        sums[key] = [n, ms]
    else:
        known[0] += n
        known[1] += ms


def _coarser(sums: _Sums, grain: Grain) -> _Sums:
    """The sums of the next coarser grain; what has one finer bucket shares its sums."""
    parts: dict[int, list[dict[tuple[int, ...], list[int]]]] = defaultdict(list)
    for bucket, dims in sums.items():
        parts[bucket_of(bucket, grain)].append(dims)
    return {bucket: _merged(several) for bucket, several in parts.items()}


def _merged(parts: Sequence[dict[tuple[int, ...], list[int]]]) -> dict[tuple[int, ...], list[int]]:
    if len(parts) == 1:
        return parts[0]
    first, *others = parts
    merged = dict(first)
    for dims in others:
        both = merged.keys() & dims.keys()
        sums = {key: [*map(add, merged[key], dims[key])] for key in both}
        merged.update(dims)
        merged.update(sums)
    return merged


def _add_to(known: list[int], more: list[int]) -> None:
    known[:] = map(add, known, more)
