"""Store the goals of a copy: all those of the groups that it copies, and own ones of its users."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

import orjson
from sqlalchemy import Connection, or_, select

from gateway.db.goal_tables import goal
from gateway.db.ids import among
from gateway.db.upsert import delete_rows, replace_rows
from gateway.directory.change_kinds import ChangeKind
from gateway.directory.goals import MOST_GOALS
from gateway.directory.new_ids import IdKind, new_ids
from gateway.directory.rows import Row
from gateway.errors import UnreadableFile

_GOAL_CHANGES = {
    ChangeKind.GOAL_CREATED.value,
    ChangeKind.GOAL_CHANGED.value,
    ChangeKind.GOAL_ARCHIVED.value,
    ChangeKind.GOAL_DELETED.value,
}


class Replaced(NamedTuple):
    """Result of a replacement: the number of changed goals, their owners and their new ids."""

    number: int
    groups: set[int]
    users: set[int]
    new_ids: Mapping[int, int]


def check_goals(rows: Sequence[Row]) -> None:
    """Validate goals: UnreadableFile for more of a group, or a volunteer, than the limit."""
    seen: Counter[tuple[int | None, int | None]] = Counter()
    last = {row["id"]: position for position, row in enumerate(rows)}
    for position, row in enumerate(rows):
        if last[row["id"]] != position:
            continue
        owner = row["group_id"], row["user_id"]
        seen[owner] += 1
        if seen[owner] > MOST_GOALS:
            whose = "a group" if row["user_id"] is None else "a volunteer"
            raise UnreadableFile(
                f"goals[{position}] cannot be used: {whose} has at most {MOST_GOALS} goals."
            )


def replace_goals(
    connection: Connection, rows: Sequence[Row], groups: Collection[int], users: Collection[int]
) -> Replaced:
    """Replace all goals of the groups, and all own goals of the users and of those in the rows.

    A goal gets a new id if a goal that stays has its own.
    """
    wanted = {row["id"]: row for row in rows}
    owners = {"groups": sorted(groups)}
    owners["users"] = sorted({*users, *(row["user_id"] for row in rows)} - {None})
    theirs = or_(among(goal.c.group_id, "groups"), among(goal.c.user_id, "users"))
    known = {
        row.id: row._asdict() for row in connection.execute(select(goal).where(theirs), owners)
    }
    there = connection.execute(
        select(goal.c.id).where(among(goal.c.id, "ids")), {"ids": sorted(wanted)}
    ).scalars()
    renumbered = _renumbered(connection, sorted(set(there) - known.keys()), wanted)
    wanted = {
        (now := renumbered.get(number, number)): _later({**row, "id": now}, known.get(now))
        for number, row in wanted.items()
    }
    gone = [row for number, row in known.items() if number not in wanted]
    differing = [row for number, row in wanted.items() if known.get(number) != row]
    before = [known[row["id"]] for row in differing if row["id"] in known]
    delete_rows(connection, goal, [(row["id"],) for row in gone])
    names = goal.c.keys()
    replace_rows(connection, goal, [tuple(row[name] for name in names) for row in differing])
    touched = (*gone, *differing, *before)
    return Replaced(
        len(differing),
        {row["group_id"] for row in touched} - {None},
        {row["user_id"] for row in touched} - {None},
        renumbered,
    )


def _renumbered(
    connection: Connection, taken: Sequence[int], wanted: Collection[int]
) -> dict[int, int]:
    """New ids for those that are taken, none of which the copy has for another goal."""
    if not taken:
        return {}
    # Of so many at least as many are free as are needed.
    new = new_ids(connection, IdKind.GOAL, len(taken) + len(wanted))
    return dict(zip(taken, (one for one in new if one not in wanted), strict=False))


def _later(row: Row, before: Row | None) -> Row:
    """The row; with a later revision than the one that is known if it differs from that.

    Whoever has read that gets a conflict: it is another goal now.
    """
    if before is None or row["revision"] > before["revision"]:
        return row
    if row | {"revision": before["revision"]} == before:
        return before
    return row | {"revision": before["revision"] + 1}


def with_new_ids(changes: Sequence[Row], renumbered: Mapping[int, int]) -> Sequence[Row]:
    """Entries of histories, with the current ids of the goals in their details."""
    if not renumbered:
        return changes
    found = []
    for row in changes:
        details = orjson.loads(row["details"] or "{}") if row["kind"] in _GOAL_CHANGES else {}
        new = renumbered.get(details.get("goal", 0))
        text = row["details"] if new is None else orjson.dumps({**details, "goal": new}).decode()
        found.append(row | {"details": text})
    return found
