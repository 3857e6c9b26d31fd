"""Shapes of the tests' own Panoptes: how its serializers show records, and what is included."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.directory.panoptes.local_answers import Record, RefusedError
from tests.directory.panoptes.local_records import at

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.directory.panoptes.local import LocalPanoptes
    from tests.directory.panoptes.local_caller import Caller

TEMPLATES = {
    "user_groups.memberships": ("/memberships?user_group_id={user_groups.id}", "memberships"),
    "user_groups.users": ("/users?user_group_id={user_groups.id}", "users"),
    "user_groups.projects": ("/projects?owner={user_groups.name}", "projects"),
    "user_groups.collections": ("/collections?owner={user_groups.name}", "collections"),
    "user_groups.recents": ("/user_groups/{user_groups.id}/recents", "recents"),
    "memberships.user": ("/users/{memberships.user}", "users"),
    "memberships.user_group": ("/user_groups/{memberships.user_group}", "user_groups"),
    "projects.workflows": ("/workflows?project_id={projects.id}", "workflows"),
    "workflows.project": ("/projects/{workflows.project}", "projects"),
}
#: What may be included, by its name in the singular, and the resource that it stands in.
INCLUDES = {
    "memberships": {"user": "users", "user_group": "user_groups"},
    "user_groups": {
        "membership": "memberships",
        "user": "users",
        "project": "projects",
        "collection": "collections",
    },
}
#: What Panoptes shows of users beside names; nobody's e-mail address but to admins.
OF_USERS = {"credited_name": None, "private_profile": True, "avatar_src": None}


def templates(resource: str) -> Record:
    return {
        name: {"href": href, "type": kind}
        for name, (href, kind) in TEMPLATES.items()
        if name.startswith(f"{resource}.")
    }


def shown(
    panoptes: LocalPanoptes,
    resource: str,
    record: Record,
    caller: Caller | None,
    *,
    as_admin: bool,
) -> Record:
    """A record as its serializer has it; included ones are shown to nobody in particular."""
    kept = {name: value for name, value in record.items() if not name.startswith("_")}
    kept = {"type": resource, "href": f"/{resource}/{record['id']}", **kept}
    if resource == "memberships":
        del kept["type"]
    if resource == "users":
        kept = {**OF_USERS, "credited_name": kept["login"], **kept}
        if not as_admin:
            kept.pop("email", None)
    if resource == "user_groups":
        own = [
            one
            for one in panoptes.has["memberships"]
            if at(one, "links.user_group") == record["id"]
        ]
        kept["links"] = {
            "memberships": [one["id"] for one in own],
            # Everybody, of any state.
            "users": [at(one, "links.user") for one in own],
            "projects": [],
            "collections": [],
        }
        leads = caller is not None and caller.leads(panoptes, record["id"])
        if "_join_token" in record and (leads or (caller is not None and as_admin)):
            kept["join_token"] = record["_join_token"]
    return kept


def asked_includes(resource: str, parameters: Mapping[str, str]) -> list[str]:
    """The names as they were asked for, each of which the resource must have."""
    if resource not in INCLUDES:
        return []
    names = [name for name in parameters.get("include", "").split(",") if name]
    for name in names:
        if name.removesuffix("s") not in INCLUDES[resource]:
            kind = {"memberships": "Membership", "user_groups": "UserGroup"}[resource]
            raise RefusedError(422, f":{name} is not a valid include for {kind}")
    return names


def linked(
    panoptes: LocalPanoptes, resource: str, page: list[Record], names: list[str], *, as_admin: bool
) -> Record:
    """Included records, each with the ids that named it under ``links``."""
    found: Record = {}
    for name in names:
        single = name.removesuffix("s")
        kind = INCLUDES[resource][single]
        named = _named(panoptes, resource, page, single)
        found[kind] = [
            _back(
                shown(panoptes, kind, one, None, as_admin=as_admin),
                resource,
                named[one["id"]],
            )
            for one in panoptes.has.get(kind, [])
            if one["id"] in named and one.get("_active", True)
        ] + panoptes.beside.get(kind, [])
    return found


def _back(record: Record, resource: str, ids: list[str]) -> Record:
    return {**record, "links": {**record.get("links", {}), resource: ids}}


def _named(
    panoptes: LocalPanoptes, resource: str, page: list[Record], single: str
) -> dict[str, list[str]]:
    """Which records of the page name which others."""
    named: dict[str, list[str]] = {}
    for one in page:
        if resource == "memberships":
            named.setdefault(at(one, f"links.{single}"), []).append(one["id"])
            continue
        for member in panoptes.has["memberships"]:
            if at(member, "links.user_group") == one["id"]:
                other = member["id"] if single == "membership" else at(member, f"links.{single}")
                if isinstance(other, str):
                    named.setdefault(other, []).append(one["id"])
    return named
