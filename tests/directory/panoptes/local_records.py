"""Records of the tests' own Panoptes: how they are filtered, found, and who sees which."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.directory.panoptes.local_answers import Record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.directory.panoptes.local import LocalPanoptes
    from tests.directory.panoptes.local_caller import Caller

#: Query parameters that filter, and where a record has what they are compared with.
FILTERS: dict[str, dict[str, str]] = {
    "users": {"id": "id", "login": "login"},
    "user_groups": {"id": "id", "name": "name"},
    "memberships": {"id": "id", "user_id": "links.user", "user_group_id": "links.user_group"},
    "projects": {"id": "id", "slug": "slug"},
    "workflows": {"id": "id", "project_id": "links.project"},
}


def at(record: Record, where: str) -> Any:
    for step in where.split("."):
        record = record.get(step, {})
    return record


def wanted(resource: str, parameters: Mapping[str, str]) -> dict[str, str]:
    """The filters of a query; a name and its plural are the same."""
    return {
        name: parameters.get(name) or parameters[f"{name}s"]
        for name in FILTERS[resource]
        if parameters.get(name) or parameters.get(f"{name}s")
    }


def matches(resource: str, record: Record, parameters: Mapping[str, str]) -> bool:
    return all(
        str(at(record, FILTERS[resource][name])) in values.split(",")
        for name, values in wanted(resource, parameters).items()
    )


def is_active(panoptes: LocalPanoptes, group_id: str) -> bool:
    return any(
        one["id"] == group_id and one.get("_active", True) for one in panoptes.has["user_groups"]
    )


def visible(
    panoptes: LocalPanoptes, resource: str, caller: Caller, *, as_admin: bool
) -> list[Record]:
    """What whoever asks may see; groups that were deactivated nobody sees."""
    records = panoptes.has[resource]
    if resource == "user_groups":
        records = [one for one in records if one.get("_active", True)]
    if as_admin or resource not in {"user_groups", "memberships"}:
        return list(records)
    open_groups = {
        one["id"]
        for one in panoptes.has["user_groups"]
        if one.get("_active", True) and not one["private"]
    }
    own = [
        one
        for one in panoptes.has["memberships"]
        if caller.user_id is not None and at(one, "links.user") == caller.user_id
    ]
    joined = {at(one, "links.user_group") for one in own if one["state"] == "active"}
    if resource == "user_groups":
        return [one for one in records if one["id"] in open_groups | joined]
    led = {group for group in joined if caller.leads(panoptes, group)}
    return [
        one
        for one in records
        if not one["identity"]
        and (
            one in own
            or at(one, "links.user_group") in led
            or (one["state"] == "active" and at(one, "links.user_group") in open_groups | joined)
        )
    ]


def changeable(
    panoptes: LocalPanoptes, resource: str, caller: Caller, *, as_admin: bool
) -> list[Record]:
    """What whoever asks may change: groups that one leads, and one's own memberships."""
    seen = visible(panoptes, resource, caller, as_admin=as_admin)
    if as_admin:
        return seen
    if resource == "user_groups":
        return [one for one in seen if caller.leads(panoptes, one["id"])]
    return [
        one
        for one in seen
        if at(one, "links.user") == caller.user_id
        or caller.leads(panoptes, at(one, "links.user_group"))
    ]


def searched(groups: list[Record], text: str) -> list[Record]:
    """Groups whose display name equals the text, else from three characters on what is like it."""
    words = [word for word in text.lower().split() if ":" not in word]
    if not words:
        return groups
    told = " ".join(words)
    if equal := [one for one in groups if one["display_name"].lower() == told]:
        return equal
    return [one for one in groups if len(told) >= 3 and told in one["display_name"].lower()]
