"""Does with PyPI's ``panoptes_client`` what each line of its input says; run as a script.

The client has no classes for groups: it is made to be extended, as people do and as is done here.
"""

from __future__ import annotations

import json
import os
import sys
from datetime import datetime, timedelta
from typing import Any

from panoptes_client import Panoptes, User
from panoptes_client.panoptes import LinkResolver, PanoptesAPIException, PanoptesObject


class UserGroup(PanoptesObject):
    _api_slug = _link_slug = "user_groups"
    _edit_attributes = (
        "name",
        "display_name",
        "private",
        "stats_visibility",
        {"links": ("users",)},
    )


class Membership(PanoptesObject):
    _api_slug = _link_slug = "memberships"
    _edit_attributes = ("state", "roles", "join_token", {"links": ("user", "user_group")})


LinkResolver.register(UserGroup)
LinkResolver.register(UserGroup, "user_group")
LinkResolver.register(Membership)
#: Objects that are kept from one line to the next, as a script keeps them.
kept: dict[str, Any] = {}


def create(values: dict[str, Any]) -> dict[str, Any]:
    group = UserGroup()
    for name, value in values.items():
        setattr(group, name, value)
    group.save()
    kept["group"] = group
    return shown(group)


def edit(values: dict[str, Any]) -> dict[str, Any]:
    """Edit what was created, with the ETag that the object has from then."""
    for name, value in values.items():
        setattr(kept["group"], name, value)
    kept["group"].save()
    return {name: getattr(kept["group"], name) for name in values}


def find(group_id: Any) -> dict[str, Any]:
    return shown(UserGroup.find(group_id))


def search(values: dict[str, Any]) -> list[str]:
    return [group.id for group in UserGroup.where(**values)]


def members(values: dict[str, Any]) -> list[list[Any]]:
    found = Membership.where(**values)
    return [[one.raw["links"]["user"], one.state, *one.roles] for one in found]


def invite(group_id: Any, user_ids: list[int]) -> None:
    UserGroup.find(group_id).links.users.add(user_ids)


def remove(group_id: Any, user_ids: list[int]) -> None:
    UserGroup.find(group_id).links.users.remove(user_ids)


def join(group_id: int, user_id: int, token: str) -> dict[str, Any]:
    """As in the client's own style: the numbers are sent as numbers."""
    membership = Membership()
    membership.join_token = token
    membership.links.user = user_id
    membership.links.user_group = group_id
    membership.save()
    kept["membership"] = membership
    return {"id": membership.id, "state": membership.state, "roles": membership.roles}


def set_state(state: str) -> str:
    """Change the membership of the join, with the ETag that the object has from then."""
    kept["membership"].state = state
    kept["membership"].save()
    told: str = kept["membership"].state
    return told


def set_roles(membership_id: Any, roles: list[str]) -> list[str]:
    membership = Membership.find(membership_id)
    membership.roles = roles
    membership.save()
    told: list[str] = membership.roles
    return told


def set_roles_from_list(values: dict[str, Any], roles: list[str]) -> None:
    """Save an object of a list, which has the list's ETag."""
    membership = next(Membership.where(**values))
    membership.roles = roles
    membership.save()


def membership_of(user_id: int, group_id: int) -> str:
    told: str = next(Membership.where(user_id=user_id, user_group_id=group_id)).id
    return told


def end_membership(membership_id: Any) -> None:
    Membership.find(membership_id).delete()


def end_group(group_id: Any) -> None:
    UserGroup.find(group_id).delete()


def login_of(user_id: Any) -> str:
    told: str = User.find(user_id).login
    return told


def shown(group: Any) -> dict[str, Any]:
    names = ("id", "name", "display_name", "stats_visibility", "join_token")
    return {name: group.raw.get(name) for name in names}


ACTIONS = {
    one.__name__: one
    for one in (
        create,
        edit,
        find,
        search,
        members,
        invite,
        remove,
        join,
        set_state,
        set_roles,
        set_roles_from_list,
        membership_of,
        end_membership,
        end_group,
        login_of,
    )
}


def main() -> None:
    admin = os.environ.get("ADMIN") == "yes"
    client = Panoptes(endpoint=os.environ["ENDPOINT"], admin=admin)
    client.bearer_token = os.environ["TOKEN"]
    client.bearer_expires = datetime.now() + timedelta(hours=1)  # noqa: DTZ005 - as the client does
    client.logged_in = True
    with client:
        for line in sys.stdin:
            told = json.loads(line)
            try:
                answer = {"value": ACTIONS[told["call"]](*told["arguments"])}
            except PanoptesAPIException as error:
                answer = {"kind": type(error).__name__, "error": str(error)}
            sys.stdout.write(json.dumps(answer) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
