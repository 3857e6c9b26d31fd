"""Store a directory document."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Connection

from gateway.changes.log import log_change
from gateway.db.tables import group_record, membership, project, user, user_group, workflow
from gateway.directory.copied import (
    check_copied,
    copied_groups,
    remove_uncopied_memberships,
    store_copied,
)
from gateway.directory.document import SAID_LISTS, read_document
from gateway.directory.erase_user import erase_user
from gateway.directory.logins import find_by_login, why_not_one
from gateway.directory.name_sources import (
    PROJECTS,
    USERS,
    WORKFLOWS,
    apply_directory_names,
    apply_event_names,
)
from gateway.directory.revisions import complete_groups, complete_memberships
from gateway.directory.rows import Change, Row, ids_in, key_of, read_rows, write_rows
from gateway.directory.take_over import local_groups_among, refuse_local_groups, take_over
from gateway.directory.user_groups import USER_GROUPS_BY_ID, is_ended
from gateway.errors import UnreadableFile
from gateway.rollups.erasure import read_erased

_TABLES = {
    "users": user,
    # Before the groups, so that one that comes as ended was never among the public ones.
    "group_records": group_record,
    "user_groups": user_group,
    "memberships": membership,
    "projects": project,
    "workflows": workflow,
}
#: Those of which events speak as well.
_NAMED = {"users": USERS, "projects": PROJECTS, "workflows": WORKFLOWS}


class Loaded(NamedTuple):
    """How many entries a list named, and how many of them were new or different."""

    listed: int
    changed: int


def load_directory(
    connection: Connection, document: object, *, replace_local: bool = False
) -> dict[str, Loaded]:
    """Store all entries of a document, and count them by the name of their list.

    An entry replaces all that the directory said of its id (a membership: of its group and user),
    and holds over what events say; of two with the same id the last one holds. What is not listed
    stays, but for groups that a copy tells all of (``gateway.directory.copied``). Runs in a writing
    transaction; UnreadableFile, and nothing stored, if any entry cannot be used. Conflict for
    groups about which this gateway decides, unless they are to be replaced (``replace_local``).
    """
    return load_entries(connection, read_document(document), replace_local=replace_local)


def load_entries(
    connection: Connection,
    entries: Mapping[str, Sequence[Row]],
    *,
    replace_local: bool = False,
    log: Callable[[str], object] = lambda _sentence: None,
) -> dict[str, Loaded]:
    """Store the rows that ``read_document`` returned, and ``log`` what takes long."""
    check_copied(entries)
    named = {row["id"] for row in entries["user_groups"]}
    local = local_groups_among(
        connection, named | {row["group_id"] for row in entries["memberships"]}
    )
    if not replace_local:
        refuse_local_groups(local)
    _check_groups(connection, entries)
    erased = _erase(connection, entries.get("erased_users", ()))
    # First of all, so that memberships find them by login.
    people = store_rows(connection, {"users": entries["users"]})["users"]
    entries = {**entries, "memberships": _with_user_ids(connection, entries["memberships"])}
    take_over(connection, set(local) - copied_groups(entries))
    remove_uncopied_memberships(connection, entries)
    loaded = store_rows(connection, {**entries, "users": ()}) | {"users": people}
    _store_said(connection, entries)
    for name, changed in {**erased, **store_copied(connection, entries, log)}.items():
        loaded[name] = Loaded(len(entries[name]), changed)
    return loaded


def _erase(connection: Connection, rows: Sequence[Row]) -> dict[str, int]:
    """Erase the users who are not erased yet; each takes a look at all events."""
    ids = {row["id"] for row in rows}
    new = ids - read_erased(connection, ids)
    for user_id in sorted(new):
        erase_user(connection, user_id)
    return {"erased_users": len(new)} if rows else {}


def _with_user_ids(connection: Connection, rows: Sequence[Row]) -> list[Row]:
    """Memberships by user id, also where a login names the user."""
    found = find_by_login(connection, {row["login"] for row in rows if "login" in row})
    with_ids = []
    for position, row in enumerate(rows):
        said = dict(row)
        if (login := said.pop("login", None)) is not None:
            if reason := why_not_one(login, found[login]):
                raise UnreadableFile(f"memberships[{position}].login cannot be used: {reason}.")
            said["user_id"] = found[login][0]
        with_ids.append(said)
    return with_ids


def _store_said(connection: Connection, entries: Mapping[str, Sequence[Row]]) -> None:
    """Store what a copy says that events said."""
    said = {
        name: {row["id"]: row["said"] for row in entries.get(SAID_LISTS[name], ())}
        for name in SAID_LISTS
    }
    for erased in read_erased(connection, said["users"].keys()):
        del said["users"][erased]
    changes = {name: apply_event_names(connection, _NAMED[name], said[name]) for name in SAID_LISTS}
    if any(changes.values()):
        log_change(
            connection,
            user_record=ids_in(changes["users"], "id"),
            project_record=ids_in(changes["projects"], "id")
            | ids_in(changes["workflows"], "project_id"),
            workflow_record=ids_in(changes["workflows"], "id"),
        )


def _check_groups(connection: Connection, rows: Mapping[str, Sequence[Row]]) -> None:
    """UnreadableFile for a membership of a group that neither document nor directory has."""
    listed = {row["id"] for row in rows["user_groups"]}
    named = {row["group_id"] for row in rows["memberships"]} - listed
    if not named:
        return
    known = {group.id for group in connection.execute(USER_GROUPS_BY_ID, {"ids": sorted(named)})}
    for position, row in enumerate(rows["memberships"]):
        if row["group_id"] in named - known:
            raise UnreadableFile(
                f"memberships[{position}].user_group_id cannot be used: neither the file nor the"
                f" directory has a group {row['group_id']}."
            )


def store_rows(
    connection: Connection, entries: Mapping[str, Sequence[Row]], authority: str = "file"
) -> dict[str, Loaded]:
    """Store rows by the name of their list; a list may be left out.

    ``authority`` is who says so, a file or Panoptes, and decides about groups that are new. Their
    groups are not looked for: Panoptes tells of memberships before their groups are known.
    """
    lists = _without_erased(connection, {name: entries.get(name, ()) for name in _TABLES})
    changes: dict[str, list[Change]] = {}
    for name, rows in lists.items():
        changes[name] = _replace(connection, name, rows, authority, changes)
    if any(changes.values()):
        log_change(
            connection,
            user_record=ids_in(changes["users"], "id") | ids_in(changes["memberships"], "user_id"),
            user_group_record=ids_in(changes["user_groups"], "id")
            | ids_in(changes["group_records"], "group_id")
            | ids_in(changes["memberships"], "group_id"),
            project_record=ids_in(changes["projects"], "id")
            | ids_in(changes["workflows"], "project_id"),
            workflow_record=ids_in(changes["workflows"], "id"),
        )
    # A record is part of its group's entry, and not counted as one.
    return {
        name: Loaded(len(rows), len(changes[name]))
        for name, rows in lists.items()
        if name != "group_records"
    }


def _without_erased(
    connection: Connection, lists: dict[str, Sequence[Row]]
) -> dict[str, Sequence[Row]]:
    """The entries but for those of users who were erased."""
    columns = {"users": "id", "memberships": "user_id"}
    named = {row[column] for name, column in columns.items() for row in lists[name]}
    erased = read_erased(connection, named)
    if not erased:
        return lists
    return lists | {
        name: [row for row in lists[name] if row[column] not in erased]
        for name, column in columns.items()
    }


def _replace(
    connection: Connection,
    name: str,
    rows: Sequence[Row],
    authority: str,
    before: Mapping[str, Sequence[Change]],
) -> list[Change]:
    """Write one list; ``before`` has what changed in those before it."""
    if not rows:
        return []
    if name in _NAMED:
        return apply_directory_names(connection, _NAMED[name], rows)
    table = _TABLES[name]
    last = {key_of(table, row): row for row in rows}
    known = read_rows(connection, table, {key[0] for key in last})
    wanted = list(last.values())
    if table is user_group:
        changed = _changed_publicly(before["group_records"])
        wanted = complete_groups(known, wanted, authority, changed)
    elif table is membership:
        wanted = complete_memberships(connection, known, wanted)
    return write_rows(connection, table, known, wanted)


def _changed_publicly(records: Sequence[Change]) -> set[int]:
    """The groups whose record has another state than before, or other instants."""
    return {after["group_id"] for before, after in records if _public(before) != _public(after)}


def _public(record: Row | None) -> tuple[bool, int | None, int | None]:
    """The fields of a group's record that everybody may see."""
    if record is None:
        return False, None, None
    return is_ended(record["state"]), record["created_at"], record["last_modified_at"]
