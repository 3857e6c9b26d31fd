"""Conversion of Panoptes' records to entries of the directory; some are left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from gateway.directory.document import read_document
from gateway.directory.panoptes.answers import GROUPS, RECORDS, Scope, record_key_of
from gateway.directory.panoptes.paging import Resource
from gateway.directory.rows import Row
from gateway.directory.stats_visibility import StatsVisibility
from gateway.errors import UnreadableFile
from gateway.events.quoted import quoted

#: Panoptes' attributes that an entry keeps under the same name; e-mail addresses and all the
#: rest are dropped here, and never stored.
_ATTRIBUTES = {
    "users": ("id", "login", "display_name"),
    "user_groups": ("id", "name", "display_name", "private", "created_at", "updated_at"),
    "memberships": ("id", "state", "roles", "created_at"),
    "projects": ("id", "slug", "display_name"),
    "workflows": (
        "id",
        "display_name",
        "active",
        "completeness",
        "subjects_count",
        "retirement",
    ),
}
#: The entry's name of a link that it keeps.
_LINKS = {
    "memberships": {"user": "user_id", "user_group": "user_group_id"},
    "workflows": {"project": "project_id"},
}


@dataclass
class Entries:
    """Rows of the directory by the name of their list, and what was left out.

    Beside ``user_groups`` stand their ``group_records``.
    """

    rows: dict[str, list[Row]] = field(default_factory=dict)
    #: Users' own groups and memberships, by list.
    identities: Counter[str] = field(default_factory=Counter)
    #: Why records could not be used, by list.
    refused: dict[str, list[str]] = field(default_factory=dict)

    def add(self, name: str, records: Iterable[Resource]) -> None:
        """Read records of the resource ``name``; one that cannot be used stops nothing."""
        lists = (name, RECORDS) if name == GROUPS else (name,)
        rows = {each: self.rows.setdefault(each, []) for each in lists}
        for record in records:
            if record.get("identity") is True:
                self.identities[name] += 1
                continue
            try:
                read = read_document({name: [_entry(name, record)]}, any_role=True)
            except UnreadableFile as error:
                reason = f"{quoted(record.get('id'))}: {error.message}"
                self.refused.setdefault(name, []).append(reason)
                continue
            for each in lists:
                rows[each] += read[each]

    def only(self, scope: Scope) -> Entries:
        """Only what was requested: no other groups, memberships or users, and each of them once.

        Whoever answers for Panoptes is not to write what nobody requested.
        """
        rows = dict(self.rows)
        wanted = {}
        for row in rows.get(scope.resource, ()):
            key = record_key_of(scope.resource, row)
            if scope.includes(key):
                wanted[key] = row
        rows[scope.resource] = list(wanted.values())
        if scope.resource == GROUPS:
            ids = {row["id"] for row in wanted.values()}
            records = {row["group_id"]: row for row in rows.get(RECORDS, ())}
            rows[RECORDS] = [row for group, row in records.items() if group in ids]
        if "users" in rows:
            ids = {row["user_id"] for row in wanted.values() if "user_id" in row}
            users = {row["id"]: row for row in rows["users"]}
            rows["users"] = [row for user, row in users.items() if user in ids]
        return Entries(rows, self.identities, self.refused)


def may_be_identity(group: Resource) -> bool:
    """Whether a group may be a user's own, which has one member and does not say so itself."""
    users = _links(group).get("users")
    return not isinstance(users, list) or len(users) <= 1


def identity_groups(memberships: Sequence[Resource]) -> set[str]:
    """The ids of the groups that are a user's own, as their memberships tell."""
    return {
        str(_links(one).get("user_group")) for one in memberships if one.get("identity") is True
    }


def _entry(name: str, record: Resource) -> Row:
    entry = {key: record[key] for key in _ATTRIBUTES[name] if record.get(key) is not None}
    links = _links(record)
    entry |= {key: links.get(link) for link, key in _LINKS.get(name, {}).items()}
    if isinstance(rule := entry.get("retirement"), dict):
        entry["retirement"] = _retirement(rule)
    if name == GROUPS:
        entry["stats_visibility"] = _visibility(record.get("stats_visibility"))
        if "activated_state" in record:
            entry["state"] = record["activated_state"]
    return entry


def _retirement(rule: Resource) -> Resource:
    """A rule of retirement without what is of no use here."""
    options = rule.get("options")
    known = {"count": options["count"]} if isinstance(options, dict) and "count" in options else {}
    return {"criteria": rule.get("criteria"), "options": known}


def _links(record: Resource) -> Resource:
    links = record.get("links")
    return links if isinstance(links, dict) else {}


def _visibility(name: object) -> int:
    try:
        return int(StatsVisibility.parse(name))
    except ValueError:
        # A level that we do not know must not leave the group as open as it was.
        return int(StatsVisibility.PRIVATE_AGG_ONLY)
