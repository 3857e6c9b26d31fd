"""Everybody who may ask, and groups of each level in which each of them stands alike."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from gateway.auth.viewer import ANONYMOUS, Scope, Viewer
from gateway.db import Database
from gateway.db.group_tables import group_join_link
from gateway.db.upsert import replace_rows
from gateway.directory.load import load_directory
from tests.certificates_of import made_certificate, write_certificates
from tests.events_of import classification, store
from tests.goals_of import made_goal, write_goals

LEVELS = (
    "private_agg_only",
    "private_show_agg_and_ind",
    "public_agg_only",
    "public_agg_show_ind_if_member",
    "public_show_all",
)
#: No group has this id.
UNKNOWN = 99


def open_group(level: int) -> int:
    """The group of a level that is not marked private."""
    return 10 + level


def private_group(level: int) -> int:
    """The group of a level that is marked private."""
    return 20 + level


def ended_group(level: int) -> int:
    """The group of a level that has ended; every other one is marked private."""
    return 30 + level


GROUPS = [each(level) for each in (open_group, private_group, ended_group) for level in range(5)]

#: How each volunteer stands in every group: id, state and roles.
MEMBERSHIPS = {
    "invited": (1002, "invited", ["group_member"]),
    "invited as admin": (1003, "invited", ["group_admin"]),
    "inactive": (1004, "inactive", ["group_member"]),
    "member without roles": (1005, "active", []),
    "member": (1006, "active", ["group_member"]),
    "group admin": (1007, "active", ["group_admin"]),
    "inactive group admin": (1008, "inactive", ["group_admin"]),
}
STRANGER, SITE_ADMIN, ELSEWHERE = 1001, 1009, 1010
VOLUNTEERS = range(STRANGER, ELSEWHERE + 1)

ASKING: dict[str, Viewer] = {
    "anonymous": ANONYMOUS,
    "not a member": Viewer(id=STRANGER),
    **{name: Viewer(id=user_id) for name, (user_id, _, _) in MEMBERSHIPS.items()},
    "site admin": Viewer(id=SITE_ADMIN, is_site_admin=True),
    "API key with stats:read": Viewer(
        is_site_admin=True, api_key_id="c0ffee", scopes=frozenset({Scope.STATS_READ})
    ),
    "API key with groups:count": Viewer(
        api_key_id="decade", scopes=frozenset({Scope.GROUPS_COUNT})
    ),
    "API key without a scope": Viewer(api_key_id="facade"),
}


def directory() -> dict[str, Any]:
    groups = [
        {
            "id": each(level),
            "name": f"{name}-{level}",
            "stats_visibility": level,
            "private": private,
        }
        for each, name, private in ((open_group, "open", False), (private_group, "private", True))
        for level in range(5)
    ] + [
        {
            "id": ended_group(level),
            "name": f"ended-{level}",
            "stats_visibility": level,
            "private": level % 2 == 1,
            "state": ("deleted", "inactive", "Active", "", "archived")[level],
        }
        for level in range(5)
    ]
    standings = [
        {"user_id": user_id, "user_group_id": group, "state": state, "roles": roles}
        for user_id, state, roles in MEMBERSHIPS.values()
        for group in GROUPS
    ]
    # Admin of one group, member of another, nothing to the rest.
    elsewhere = [
        {"user_id": ELSEWHERE, "user_group_id": group, "state": "active", "roles": [role]}
        for group, role in ((open_group(0), "group_admin"), (open_group(2), "group_member"))
    ]
    return {
        "users": [{"id": one, "login": f"user-{one}"} for one in VOLUNTEERS],
        "user_groups": groups,
        "memberships": standings + elsewhere,
        "projects": [{"id": 11, "slug": "zoo/cats"}],
        "workflows": [{"id": 101, "project_id": 11}],
    }


async def fill(database: Database) -> None:
    """Store the directory; every volunteer has classified once, and it counts to every group.

    Every group has a join link and a goal, which one of its admins has set; every volunteer has a
    goal of their own, and a certificate.
    """
    leader, _, _ = MEMBERSHIPS["group admin"]

    def load(connection: Connection) -> None:
        load_directory(connection, directory())
        links = [(group, f"{group:032x}", True, None, 0, None, 1) for group in GROUPS]
        replace_rows(connection, group_join_link, links)
        write_goals(
            connection,
            *(made_goal(group, group=group, created_by=leader) for group in GROUPS),
            *(made_goal(one, user=one) for one in VOLUNTEERS),
        )
        write_certificates(connection, *(made_certificate(one, one) for one in VOLUNTEERS))

    await database.write(load)
    await store(database, *(classification(one, user=one, groups=(*GROUPS,)) for one in VOLUNTEERS))
