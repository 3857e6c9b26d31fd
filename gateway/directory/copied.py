"""Store the lists that only a copy of a gateway has: tenures, spans, history, goals …

A group whose entry says its ``authority`` is copied as a whole: what is stored of it and is
not in the copy is deleted, but for join links and goals if the copy has none of anybody.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import pairwise

from sqlalchemy import Connection, Table, delete, select

from gateway.changes.log import log_change
from gateway.db.group_tables import (
    group_change,
    group_join_link,
    group_tenure,
    last_id,
    membership_span,
)
from gateway.db.ids import among
from gateway.db.tables import backfill, membership
from gateway.db.upsert import delete_rows, replace_rows
from gateway.directory.copied_certificates import add_certificates, check_certificates
from gateway.directory.copied_goals import check_goals, replace_goals, with_new_ids
from gateway.directory.new_ids import IdKind, new_ids
from gateway.directory.rows import Row, key_of, read_rows
from gateway.errors import UnreadableFile
from gateway.rollups.erasure import read_erased
from gateway.rollups.spans import recount_groups

#: Lists that decide what counts to a group.
_COUNTING = {
    "group_tenures": group_tenure,
    "membership_spans": membership_span,
    "backfills": backfill,
}
#: Lists whose rows are of a group, and of a group that is copied alone.
_OF_GROUPS = (*_COUNTING, "group_changes", "goals", "join_links")

Entries = Mapping[str, Sequence[Row]]


def copied_groups(entries: Entries) -> set[int]:
    """The groups that a document copies."""
    return {row["id"] for row in entries["user_groups"] if "authority" in row}


def check_copied(entries: Entries) -> None:
    """Validate a copy: UnreadableFile if its lists contradict each other."""
    copied = copied_groups(entries)
    for name in _OF_GROUPS:
        for position, row in enumerate(entries.get(name, ())):
            # A volunteer's own goals are of no group.
            if row["group_id"] is not None and row["group_id"] not in copied:
                raise UnreadableFile(
                    f"{name}[{position}].user_group_id cannot be used: no entry of user_groups"
                    f" tells the authority of group {row['group_id']}."
                )
    for name in ("group_tenures", "membership_spans"):
        _check_apart(name, entries.get(name, ()))
    check_goals(entries.get("goals", ()))
    check_certificates(entries.get("certificates", ()))
    led = {row["group_id"] for row in entries.get("group_tenures", ()) if row["until_us"] is None}
    for position, row in enumerate(entries["user_groups"]):
        if "authority" in row and (row["authority"] == "gateway") is not (row["id"] in led):
            raise UnreadableFile(
                f"user_groups[{position}].authority cannot be used: a group has an entry of"
                " group_tenures without an end if the gateway decides about it, and else none."
            )


def _check_apart(name: str, rows: Sequence[Row]) -> None:
    """No two of the same group and user overlap."""
    in_order = sorted(
        enumerate(rows),
        key=lambda one: (one[1]["group_id"], one[1].get("user_id", 0), one[1]["from_us"]),
    )
    for (_, before), (position, row) in pairwise(in_order):
        same = all(before.get(key) == row.get(key) for key in ("group_id", "user_id"))
        if same and (before["until_us"] is None or before["until_us"] > row["from_us"]):
            raise UnreadableFile(f"{name}[{position}] cannot be used: it overlaps another one.")


def remove_uncopied_memberships(connection: Connection, entries: Entries) -> None:
    """Delete memberships of copied groups that the copy has not, before it is stored."""
    copied = copied_groups(entries)
    listed = {(row["group_id"], row["user_id"]) for row in entries["memberships"]}
    gone = sorted(read_rows(connection, membership, copied).keys() - listed)
    delete_rows(connection, membership, gone)
    if gone:
        groups, users = zip(*gone, strict=True)
        log_change(connection, user_record=set(users), user_group_record=set(groups))


def store_copied(
    connection: Connection, entries: Entries, log: Callable[[str], object]
) -> dict[str, int]:
    """Store the lists of a copy; returns how many rows of each differ from what was known.

    Counts what the groups' tenures, spans and backfills say now, which takes its time and is
    logged first. Runs in the writing transaction that has stored the groups and memberships.
    """
    copied = copied_groups(entries)
    numbers: dict[str, int] = {}
    touched: set[int] = set()
    entries = _without_erased(connection, entries)
    changes = entries.get("group_changes", ())
    if "goals" in entries:
        people = {row["id"] for row in entries["users"]}
        goals = replace_goals(connection, entries["goals"], copied, people)
        numbers["goals"] = goals.number
        touched |= goals.groups
        changes = with_new_ids(changes, goals.new_ids)
        if goals.users:
            log_change(connection, user_record=goals.users)
    if "certificates" in entries:
        numbers["certificates"] = add_certificates(connection, entries["certificates"])
    if copied:
        counted: set[int] = set()
        for name, table in _COUNTING.items():
            numbers[name], groups = _replace(connection, table, entries.get(name, ()), copied)
            counted |= groups
        if counted:
            log(f"Counting {len(counted):,} groups from the stored events …")
            recount_groups(connection, sorted(counted))
            touched |= counted
        numbers["group_changes"], groups = _replace_history(connection, changes, copied)
        touched |= groups
        if "join_links" in entries:
            numbers["join_links"], groups = _replace(
                connection, group_join_link, entries["join_links"], copied
            )
            touched |= groups
    if touched:
        log_change(connection, user_group_record=touched)
    numbers["last_ids"] = _note_last_ids(connection, entries.get("last_ids", ()))
    return {name: number for name, number in numbers.items() if name in entries}


def _without_erased(connection: Connection, entries: Entries) -> Entries:
    """The lists without users who were erased here."""
    columns = {
        "membership_spans": ("user_id",),
        "backfills": ("user_id",),
        "group_changes": ("actor_id", "subject_id"),
        "goals": ("user_id", "created_by"),
        "certificates": ("user_id",),
        "join_links": ("created_by",),
    }
    lists = {name: entries[name] for name in columns if name in entries}
    named = {
        row[column] for name, rows in lists.items() for row in rows for column in columns[name]
    }
    erased = read_erased(connection, named - {None})
    if not erased:
        return entries
    remaining: dict[str, Sequence[Row]] = {
        name: [
            row | {one: None for one in columns[name] if row[one] in erased}
            for row in rows
            if row.get("user_id") not in erased
        ]
        for name, rows in lists.items()
    }
    return {**entries, **remaining}


def _replace(
    connection: Connection, table: Table, rows: Sequence[Row], copied: Collection[int]
) -> tuple[int, set[int]]:
    """Let these be all rows of the groups; how many differ, and the groups of which some do."""
    known = read_rows(connection, table, copied)
    wanted = {key_of(table, row): row for row in rows}
    differing = {key: row for key, row in wanted.items() if known.get(key) != row}
    gone = sorted(known.keys() - wanted.keys())
    delete_rows(connection, table, gone)
    names = table.c.keys()
    replace_rows(
        connection, table, [tuple(row[name] for name in names) for row in differing.values()]
    )
    return len(differing), {key[0] for key in (*differing, *gone)}


def _replace_history(
    connection: Connection, rows: Sequence[Row], copied: Collection[int]
) -> tuple[int, set[int]]:
    """The same of the history, whose entries get new ids if other groups have some of theirs."""
    names = group_change.c.keys()
    of_groups = select(group_change).where(among(group_change.c.group_id, "groups"))
    known = {
        row.id: row._asdict() for row in connection.execute(of_groups, {"groups": sorted(copied)})
    }
    wanted = {row["id"]: row for row in rows}
    if wanted == known:
        return 0, set()
    connection.execute(
        delete(group_change).where(among(group_change.c.group_id, "groups")),
        {"groups": sorted(copied)},
    )
    ordered = [wanted[one] for one in sorted(wanted)]
    taken = select(group_change.c.id).where(among(group_change.c.id, "ids"))
    if connection.execute(taken, {"ids": sorted(wanted)}).first():
        ids = new_ids(connection, IdKind.GROUP_CHANGE, len(ordered))
        ordered = [row | {"id": new} for row, new in zip(ordered, ids, strict=True)]
    replace_rows(connection, group_change, [tuple(row[name] for name in names) for row in ordered])
    differing = [row for row in wanted.values() if known.get(row["id"]) != row]
    gone = [row for one, row in known.items() if one not in wanted]
    return len(differing), {row["group_id"] for row in (*differing, *gone)}


def _note_last_ids(connection: Connection, rows: Sequence[Row]) -> int:
    """Store the last ids where they are above those that are known; how many are."""
    known = {row.kind: row.id for row in connection.execute(select(last_id))}
    above = [(row["kind"], row["id"]) for row in rows if row["id"] > known.get(row["kind"], 0)]
    replace_rows(connection, last_id, above)
    return len(above)
