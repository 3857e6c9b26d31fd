"""What clients send to lead the life of a group, request by request, and what they read of answers.

``FRONT_END`` is what pages of ``front-end-monorepo`` send by what a person does there, ``RUBY``
what the classrooms' Ruby client sends, ``ERAS`` what ERAS asks Panoptes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.jsonapi_contract.case import ABSENT, ANY, Length, Like


@dataclass(frozen=True)
class Call:
    """A request of somebody, and the fields that are read of its answer."""

    who: str
    method: str
    path: str
    reads: Mapping[str, Any] = field(default_factory=dict)
    body: Any = None
    #: Whether the ETag of the answer before is sent as If-Match.
    holds: bool = False
    status: int = 200


INSTANT = Like(r"\d{4}-\d\d-\d\dT.*Z")
MINE = {"memberships.0.id": ANY, "memberships.0.state": "active", "memberships.0.roles.0": ANY}
GROUP = {
    "user_groups.0.id": "{group}",
    "user_groups.0.display_name": "{display}",
    "user_groups.0.created_at": INSTANT,
    "user_groups.0.stats_visibility": ANY,
}
CACHE = "http_cache=true"


def own(who: str) -> str:
    return f"/memberships?{CACHE}&user_group_id={{group}}&user_id={{{who}}}"


def get_group(who: str, **reads: Any) -> Call:
    return Call(who, "GET", f"/user_groups/{{group}}?{CACHE}", {**GROUP, **reads})


def membership(who: str, whose: str) -> Call:
    path = f"/memberships/{{membership_of_{whose}}}?{CACHE}"
    return Call(who, "GET", path, {"memberships.0.id": ANY})


FRONT_END: dict[str, tuple[str, list[Call]]] = {
    "opens My groups": (
        "hidden",
        [
            Call(
                "member",
                "GET",
                f"/memberships?include=user_group&page=1&user_id={{member}}&{CACHE}",
                {
                    **MINE,
                    "memberships.0.links.user_group": "{group}",
                    "linked.user_groups.0.id": "{group}",
                    "linked.user_groups.0.display_name": "{display}",
                    "linked.user_groups.0.created_at": INSTANT,
                    "meta.memberships.count": 1,
                    "meta.memberships.page_size": 20,
                },
            )
        ],
    ),
    "creates a group": (
        "hidden",
        [
            Call(
                "newcomer",
                "POST",
                f"/user_groups?{CACHE}",
                {"user_groups.0.id": Like(r"\d+")},
                {
                    "user_groups": {
                        "name": "{uuid}",
                        "display_name": "My class",
                        "private": True,
                        "stats_visibility": "private_agg_only",
                    }
                },
                status=201,
            )
        ],
    ),
    "opens a group": (
        "hidden",
        [
            Call("member", "GET", own("member"), {**MINE, "memberships.0.roles.0": "group_member"}),
            get_group("member", **{"user_groups.0.join_token": ABSENT}),
            Call("admin", "GET", own("admin"), {**MINE, "memberships.0.roles.0": "group_admin"}),
            get_group("admin", **{"user_groups.0.join_token": "{token}"}),
            Call("stranger", "GET", own("stranger"), {"memberships": []}),
            Call("stranger", "GET", f"/user_groups/{{group}}?{CACHE}", status=404),
        ],
    ),
    "follows a join link": (
        "hidden",
        [
            Call("newcomer", "GET", own("newcomer"), {"memberships": []}),
            Call(
                "newcomer",
                "POST",
                f"/memberships?{CACHE}",
                {**MINE, "memberships.0.roles.0": "group_member"},
                {
                    "memberships": {
                        "join_token": "{token}",
                        "links": {"user": "{newcomer}", "user_group": "{group}"},
                    }
                },
                status=201,
            ),
            get_group("newcomer"),
        ],
    ),
    "edits settings": (
        "hidden",
        [
            get_group("admin"),
            Call(
                "admin",
                "PUT",
                f"/user_groups/{{group}}?{CACHE}",
                {
                    "user_groups.0.id": "{group}",
                    "user_groups.0.display_name": "Renamed",
                    "user_groups.0.stats_visibility": "public_agg_only",
                    "user_groups.0.join_token": "{token}",
                    "user_groups.0.created_at": INSTANT,
                },
                {
                    "user_groups": {
                        "display_name": "Renamed",
                        "private": False,
                        "stats_visibility": "public_agg_only",
                    }
                },
                holds=True,
            ),
        ],
    ),
    "opens the members list": (
        "hidden",
        [
            Call(
                "admin",
                "GET",
                f"/memberships?{CACHE}&include=user&page=1&user_group_id={{group}}",
                {
                    "memberships.*.state": ANY,
                    "memberships.*.links.user": ANY,
                    "linked.users": Length(4),
                    "linked.users.*.id": ANY,
                    "linked.users.*.login": ANY,
                    "linked.users.*.display_name": ANY,
                    "meta.memberships.count": 4,
                },
            )
        ],
    ),
    "makes and unmakes an admin": (
        "hidden",
        [
            membership("admin", "member"),
            Call(
                "admin",
                "PUT",
                f"/memberships/{{membership_of_member}}?{CACHE}",
                {"memberships.0.roles": ["group_admin"], "memberships.0.state": "active"},
                {"memberships": {"roles": ["group_admin"]}},
                holds=True,
            ),
            membership("admin", "member"),
            Call(
                "admin",
                "PUT",
                f"/memberships/{{membership_of_member}}?{CACHE}",
                {"memberships.0.roles": ["group_member"]},
                {"memberships": {"roles": ["group_member"]}},
                holds=True,
            ),
        ],
    ),
    "removes a member": (
        "hidden",
        [
            membership("admin", "member"),
            Call(
                "admin",
                "DELETE",
                f"/memberships/{{membership_of_member}}?{CACHE}",
                holds=True,
                status=204,
            ),
            Call("member", "GET", own("member"), {"memberships.0.state": "inactive"}),
        ],
    ),
    "leaves": (
        "hidden",
        [
            membership("member", "member"),
            Call(
                "member",
                "DELETE",
                f"/memberships/{{membership_of_member}}?{CACHE}",
                holds=True,
                status=204,
            ),
        ],
    ),
    "deactivates the group": (
        "hidden",
        [
            get_group("admin"),
            Call("admin", "DELETE", f"/user_groups/{{group}}?{CACHE}", holds=True, status=204),
            Call("admin", "GET", f"/user_groups/{{group}}?{CACHE}", status=404),
        ],
    ),
    "sees who contributed to which projects": (
        "open",
        [
            Call(
                "nobody",
                "GET",
                "/users?id={admin},{member}&page=1&http_cache=true",
                {"users.*.id": ANY, "users.*.display_name": ANY, "users.*.login": ANY},
            ),
            Call(
                "nobody",
                "GET",
                "/projects?cards=true&id={project}&page=1&page_size=100&http_cache=true",
                {"projects.0.id": "{project}", "projects.0.display_name": ANY},
            ),
        ],
    ),
}
RUBY = [
    Call(
        "newcomer",
        "POST",
        "/user_groups",
        {"user_groups.0.id": ANY, "user_groups.0.join_token": ANY},
        {"user_groups": {"name": "{uuid}", "display_name": "Class 7"}},
        status=201,
    ),
    Call("admin", "GET", "/user_groups", {"user_groups": ANY}),
    Call(
        "newcomer",
        "POST",
        "/memberships",
        {"memberships.0.id": ANY, "memberships.0.state": "active"},
        {
            "memberships": {
                "join_token": "{token}",
                "links": {"user": "{newcomer}", "user_group": "{group}"},
            }
        },
        status=201,
    ),
    Call("admin", "DELETE", "/user_groups/{group}/links/users/{newcomer}", status=204),
    get_group("admin"),
    Call("admin", "DELETE", "/user_groups/{group}", holds=True, status=204),
]
ERAS = [
    Call("member", "GET", "/memberships?user_id={member}&user_group_id={group}", MINE),
    Call(
        "stranger",
        "GET",
        "/memberships?user_id={stranger}&user_group_id={group}",
        {"memberships": []},
    ),
    Call("site", "GET", "/user_groups/{group}?admin=true", {"user_groups.0.stats_visibility": ANY}),
]
