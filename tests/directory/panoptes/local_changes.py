"""Changes at the tests' own Panoptes: groups are created, edited, ended, and joined."""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING, Any

from tests.directory.panoptes.local_answers import Record, RefusedError
from tests.directory.panoptes.local_clock import instant
from tests.directory.panoptes.local_records import at, is_active

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.directory.panoptes.local import LocalPanoptes
    from tests.directory.panoptes.local_caller import Caller

NAME = re.compile(r"[A-Za-z0-9_.-]+")
LEVELS = (
    "private_agg_only",
    "private_show_agg_and_ind",
    "public_agg_only",
    "public_agg_show_ind_if_member",
    "public_show_all",
)
OF_GROUPS = {"name", "display_name", "private", "stats_visibility"}


def resource_of(body: Record, resource: str, permitted: set[str]) -> Record:
    """What a body says of its resource, without keys that may not be written."""
    sent = body.get(resource)
    if not isinstance(sent, dict) or not sent:
        raise RefusedError(422, f"param is missing or the value is empty: {resource}")
    if extra := [key for key in sent if key not in permitted]:
        named = ", ".join(f":{key}" for key in extra)
        plural = "s" if len(extra) > 1 else ""
        raise RefusedError(422, f"found unpermitted parameter{plural}: {named}")
    return sent


def create_group(panoptes: LocalPanoptes, caller: Caller, body: Record) -> Record:
    sent = resource_of(body, "user_groups", OF_GROUPS | {"links"})
    named = [str(one) for one in sent.get("links", {}).get("users", [])]
    known = [one["id"] for one in panoptes.has["users"] if one["id"] in named]
    if named and not known:
        raise RefusedError(422, "Couldn't find linked users for current user")
    made: Record = {
        "id": panoptes.new_id("user_groups"),
        "name": None,
        "display_name": None,
        "private": True,
        "stats_visibility": LEVELS[0],
        "classifications_count": 0,
        "_join_token": secrets.token_hex(8),
        **(values := _values(sent)),
    }
    _validate(panoptes, {**made, "display_name": values.get("display_name", made["name"])}, made)
    if made["display_name"] is None:
        made["display_name"] = made["name"]
    made["created_at"] = made["updated_at"] = instant()
    panoptes.has["user_groups"].append(made)
    _new_membership(panoptes, made["id"], caller.user_id, "active", ["group_admin"])
    for user_id in known:
        if user_id != caller.user_id:
            # The column's default: nothing at Panoptes ever writes ``invited``.
            _new_membership(panoptes, made["id"], user_id, "inactive", ["group_member"])
    return made


def update_group(panoptes: LocalPanoptes, group: Record, body: Record) -> Record:
    changed = {**group, **_values(resource_of(body, "user_groups", OF_GROUPS))}
    if changed["display_name"] is None:
        changed["display_name"] = changed["name"]
    _validate(panoptes, changed, group)
    group.update(changed, updated_at=instant())
    return group


def end_group(panoptes: LocalPanoptes, group: Record) -> None:
    group.update(_active=False, updated_at=instant())
    for one in panoptes.has["memberships"]:
        if at(one, "links.user_group") == group["id"]:
            one["state"] = "inactive"


def link_users(panoptes: LocalPanoptes, group: Record, body: Record) -> None:
    if "users" not in body:
        raise RefusedError(422, "Link relation users must match body key")
    named = {str(one) for one in body["users"]}
    known = [one["id"] for one in panoptes.has["users"] if one["id"] in named]
    there = {at(one, "links.user") for one in _members(panoptes, group["id"])}
    if any(user_id in there for user_id in known):
        raise RefusedError(400, "Validation failed: User has already been taken")
    for user_id in known:
        _new_membership(panoptes, group["id"], user_id, "inactive", ["group_member"])


def unlink_users(panoptes: LocalPanoptes, group: Record, user_ids: list[str]) -> None:
    """As ``update_all`` does it: the memberships' ETags stay the same."""
    for one in _members(panoptes, group["id"]):
        if at(one, "links.user") in user_ids:
            one["state"] = "inactive"


def join(panoptes: LocalPanoptes, caller: Caller, body: Record) -> list[Record]:
    """All memberships that are sent, or none."""
    sent = body.get("memberships")
    each = sent if isinstance(sent, list) else [sent]
    checked = [_join_checked(panoptes, caller, {"memberships": one}) for one in each]
    return [_joined(panoptes, caller, group_id) for group_id in checked]


def _join_checked(panoptes: LocalPanoptes, caller: Caller, body: Record) -> str:
    sent = resource_of(body, "memberships", {"join_token", "links"})
    links = sent.get("links")
    if links is None:
        raise RefusedError(422, "Links is required")
    if not isinstance(links, dict) or not {"user", "user_group"} <= links.keys():
        raise RefusedError(422, "Links is not a valid hash")
    if extra := [key for key in links if key not in {"user", "user_group"}]:
        raise RefusedError(422, f"found unpermitted parameter: :{extra[0]}")
    wanted, user = str(links["user_group"]), str(links["user"])
    group = next((one for one in panoptes.has["user_groups"] if one["id"] == wanted), None)
    if group is None:
        raise RefusedError(404, f"Couldn't find UserGroup with 'id'={wanted}")
    token = sent.get("join_token")
    if not token or token != group.get("_join_token") or user != caller.user_id:
        raise RefusedError(422, "Operation::Unauthorized")
    if not is_active(panoptes, wanted):
        raise RefusedError(422, "Group is inactive")
    return wanted


def _joined(panoptes: LocalPanoptes, caller: Caller, group_id: str) -> Record:
    """Whoever was a member before has the roles of then."""
    own = caller.own(panoptes, group_id)
    if own is None:
        return _new_membership(panoptes, group_id, caller.user_id, "active", ["group_member"])
    own.update(state="active", _updated_at=instant())
    return own


def update_membership(membership: Record, body: Record) -> Record:
    """States are of an enum; roles are not looked at."""
    sent = resource_of(body, "memberships", {"state", "roles"})
    if sent.get("state", "active") not in {"active", "invited", "inactive"}:
        raise RefusedError(500, f"'{sent['state']}' is not a valid state")
    membership.update(sent, _updated_at=instant())
    return membership


def end_membership(membership: Record) -> None:
    membership.update(state="inactive", _updated_at=instant())


def _members(panoptes: LocalPanoptes, group_id: str) -> list[Record]:
    return [one for one in panoptes.has["memberships"] if at(one, "links.user_group") == group_id]


def _new_membership(
    panoptes: LocalPanoptes, group_id: str, user_id: str | None, state: str, roles: list[str]
) -> Record:
    made: Record = {
        "id": panoptes.new_id("memberships"),
        "state": state,
        "roles": roles,
        "identity": False,
        "_updated_at": instant(),
        "links": {"user": user_id, "user_group": group_id},
    }
    panoptes.has["memberships"].append(made)
    return made


def _values(sent: Mapping[str, Any]) -> Record:
    """What is written, with a level by its name."""
    values = {key: value for key, value in sent.items() if key in OF_GROUPS}
    if "stats_visibility" in values:
        level = values["stats_visibility"]
        if isinstance(level, int) and 0 <= level < len(LEVELS):
            values["stats_visibility"] = LEVELS[level]
        elif level not in LEVELS:
            told = "Stats visibility Not valid stats_visibility type, please select from the list"
            raise RefusedError(400, f"Validation failed: {told}")
    return values


def _validate(panoptes: LocalPanoptes, group: Record, before: Record) -> None:
    """Names share one space with logins, without regard to letter case."""
    if group["name"] is None or not NAME.fullmatch(group["name"]):
        blank = "Name can't be blank, " if not group["name"] else ""
        raise RefusedError(400, f"Validation failed: {blank}Name is invalid")
    key = group["name"].lower()
    names = [one["name"] for one in panoptes.has["user_groups"] if one["id"] != before["id"]]
    logins = [one["login"] for one in panoptes.has["users"]]
    if key in {one.lower() for one in [*names, *logins]}:
        raise RefusedError(400, "Validation failed: Name has already been taken")
    if group["display_name"] == "":
        raise RefusedError(400, "Validation failed: Display name can't be blank")
