"""Serializers of records, in the shapes of Panoptes, and its link templates."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from gateway.directory.listed_members import ListedMember
from gateway.directory.membership_pages import MembershipRecord
from gateway.directory.memberships import ROLES
from gateway.directory.projects import Project
from gateway.directory.user_groups import UserGroup
from gateway.directory.users import User

Json = dict[str, Any]

#: Link templates at the top of an answer, by the kind of its records.
LINKS: Mapping[str, Json] = {
    "user_groups": {
        "user_groups.memberships": {
            "href": "/memberships?user_group_id={user_groups.id}",
            "type": "memberships",
        },
        "user_groups.users": {"href": "/users?user_group_id={user_groups.id}", "type": "users"},
        "user_groups.projects": {
            "href": "/projects?owner={user_groups.name}",
            "type": "projects",
        },
        "user_groups.collections": {
            "href": "/collections?owner={user_groups.name}",
            "type": "collections",
        },
        "user_groups.recents": {
            "href": "/user_groups/{user_groups.id}/recents",
            "type": "recents",
        },
    },
    "memberships": {
        "memberships.user": {"href": "/users/{memberships.user}", "type": "users"},
        "memberships.user_group": {
            "href": "/user_groups/{memberships.user_group}",
            "type": "user_groups",
        },
    },
    "users": {},
    "projects": {},
}

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def instant_text(instant: int | None) -> str | None:
    """Format microseconds since the epoch as ISO 8601 with milliseconds; None if unknown."""
    if instant is None:
        return None
    moment = _EPOCH + timedelta(microseconds=instant)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z"


def group_shape(
    group: UserGroup,
    members: Collection[ListedMember],
    memberships: Collection[ListedMember],
) -> Json:
    """Serialize a group, with the ids of the members and memberships that the viewer may see."""
    return {
        "id": str(group.id),
        "name": group.name,
        "display_name": group.display_name or group.name,
        # Panoptes has the column and counts nothing in it.
        "classifications_count": 0,
        "created_at": instant_text(group.created_at),
        "updated_at": instant_text(group.updated_at),
        "type": "user_groups",
        "href": f"/user_groups/{group.id}",
        "stats_visibility": group.stats_visibility.name.lower(),
        "private": group.private,
        "activated_state": "inactive" if group.ended else "active",
        "links": {
            "memberships": [str(one.membership_id) for one in memberships],
            "users": [str(one.user_id) for one in members],
            "projects": [],
            "collections": [],
        },
    }


def membership_shape(one: MembershipRecord) -> Json:
    """Serialize a membership; the role of an admin comes first: front ends read only one."""
    return {
        "id": str(one.id),
        "state": one.state.value,
        "roles": sorted(one.roles, key=_role_order),
        "created_at": instant_text(one.created_at),
        "updated_at": instant_text(one.updated_at),
        "type": "memberships",
        "href": f"/memberships/{one.id}",
        "links": {"user": str(one.user_id), "user_group": str(one.group_id)},
    }


def _role_order(role: str) -> tuple[int, str]:
    return (ROLES.index(role) if role in ROLES else len(ROLES), role)


def user_shape(user_id: int, user: User | None) -> Json:
    """Serialize the public part of a volunteer; unknown names are null."""
    login = None if user is None else user.login
    display_name = None if user is None else user.display_name
    return {
        "id": str(user_id),
        "login": login,
        "display_name": display_name or login,
        "credited_name": login,
        "created_at": None,
        "updated_at": None,
        "type": "users",
        "href": f"/users/{user_id}",
        "private_profile": True,
        "avatar_src": None,
        "links": {},
    }


def project_shape(project: Project) -> Json:
    """Serialize the names of a project."""
    return {
        "id": str(project.id),
        "display_name": project.display_name or project.slug,
        "slug": project.slug,
        "type": "projects",
        "href": f"/projects/{project.id}",
        "links": {},
    }
