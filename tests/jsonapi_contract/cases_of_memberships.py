"""One membership: read, its state and roles changed, and ended."""

from __future__ import annotations

from typing import Any

from tests.jsonapi_contract.case import CURRENT, Case, Expected, got, refused

STALE = '"0123456789abcdef0123456789abcdef"'
LOGIN_NEEDED = refused(401, "You must be logged in to access this resource.")
TAG = r'^"[0-9a-f]{32}"$'
GONE = refused(404)


def of(who: str) -> str:
    return f"/memberships/{{membership_of_{who}}}"


def missing(who: str) -> Expected:
    return refused(404, f"Could not find membership with id='{{membership_of_{who}}}'")


SHOWN = Expected(
    200,
    None,
    {
        "memberships.0.id": "{membership_of_member}",
        "memberships.0.state": "active",
        "memberships.0.roles": ["group_member"],
        "memberships.0.href": "/memberships/{membership_of_member}",
        "memberships.0.links.user": "{member}",
        "memberships.0.links.user_group": "{group}",
        "meta.memberships.count": 1,
        "meta.memberships.first_href": "/memberships?id={membership_of_member}",
    },
    {"ETag": TAG},
)
READING = [
    Case("a member reads the own membership", "member", f"GET {of('member')}", SHOWN),
    Case("an admin reads a membership", "admin", f"GET {of('member')}", SHOWN),
    Case("a site admin with the flag reads one", "site", f"GET {of('member')}?admin=true", SHOWN),
    Case(
        "a site admin without the flag reads none", "site", f"GET {of('member')}", missing("member")
    ),
    Case("nobody reads a membership", "nobody", f"GET {of('member')}", missing("member")),
    Case("a stranger reads a hidden one", "stranger", f"GET {of('member')}", missing("member")),
    Case(
        "a stranger reads one of an open group",
        "stranger",
        f"GET {of('member')}",
        SHOWN,
        world="open",
    ),
    Case("reading one needs the scope", "scopeless", f"GET {of('admin')}", refused(403)),
    Case(
        "an admin reads the role of who has left",
        "admin",
        f"GET {of('former')}",
        got(memberships__0__state="inactive"),
    ),
    Case("an unknown membership", "admin", "GET /memberships/{unknown}", refused(404)),
]


def put(title: str, who: str, whose: str, values: Any, *expected: Expected, **more: Any) -> Case:
    more = {"headers": {"If-Match": CURRENT}, **more}
    return Case(title, who, f"PUT {of(whose)}", *expected, body={"memberships": values}, **more)


def now(**people: str) -> Expected:
    return Expected(200, None, headers={"Last-Modified": " GMT$"}, then=people)


ADMIN, MEMBER = {"roles": ["group_admin"]}, {"roles": ["group_member"]}
ACTIVE, INACTIVE, INVITED = {"state": "active"}, {"state": "inactive"}, {"state": "invited"}
UNPERMITTED = refused(422, "found unpermitted parameter: :links")
ROLES = [
    put(
        "an admin makes a member an admin",
        "admin",
        "member",
        ADMIN,
        now(member="active group_admin"),
    ),
    put("a role that one has", "admin", "member", MEMBER, now(member="active group_member")),
    put("the last admin unmakes themselves", "admin", "admin", MEMBER, now(), refused(422)),
    put("a member makes themselves an admin", "member", "member", ADMIN, now(), refused(403)),
    put("a member unmakes the admin", "member", "admin", MEMBER, refused(404), refused((403, 404))),
    put("a stranger changes roles", "stranger", "member", ADMIN, missing("member")),
    put("nobody changes roles", "nobody", "member", ADMIN, LOGIN_NEEDED),
    put("a site admin without the flag changes roles", "site", "member", ADMIN, missing("member")),
    Case(
        "a site admin with the flag changes roles",
        "site",
        f"PUT {of('member')}?admin=true",
        now(member="active group_admin"),
        body={"memberships": ADMIN},
        headers={"If-Match": CURRENT},
    ),
    put("no role", "admin", "member", {"roles": []}, now(), refused(422)),
    put("an unknown role", "admin", "member", {"roles": ["owner"]}, now(), refused(422)),
    put("a role that is no list", "admin", "member", {"roles": {}}, now(), refused(422)),
]
STATES = [
    put(
        "a member leaves by state",
        "member",
        "member",
        INACTIVE,
        now(member="inactive group_member"),
    ),
    put("the last admin leaves by state", "admin", "admin", INACTIVE, now(), refused(422)),
    put(
        "the invited accept by state",
        "invited",
        "invited",
        ACTIVE,
        now(invited="active group_member"),
    ),
    put(
        "the invited decline by state",
        "invited",
        "invited",
        INACTIVE,
        now(invited="inactive group_member"),
    ),
    put("who has left comes back by state", "former", "former", ACTIVE, now(), refused(422)),
    put(
        "a member is active already", "member", "member", ACTIVE, now(member="active group_member")
    ),
    put("who has left leaves", "former", "former", INACTIVE, now(former="inactive group_member")),
    put("an admin makes who has left active", "admin", "former", ACTIVE, now(), refused(422)),
    put("an admin makes the invited active", "admin", "invited", ACTIVE, now(), refused(422)),
    put(
        "an admin invites again by state",
        "admin",
        "former",
        INVITED,
        now(former="invited group_member"),
    ),
    put(
        "an admin removes by state",
        "admin",
        "member",
        INACTIVE,
        now(member="inactive group_member"),
    ),
    put("an unknown state", "admin", "member", {"state": "banana"}, refused(500), refused(422)),
]
ORDER = [
    put("a change without If-Match", "admin", "member", ADMIN, refused(428), headers={}),
    put(
        "a change of what was", "admin", "member", ADMIN, refused(412), headers={"If-Match": STALE}
    ),
    put(
        "a membership with a weak tag",
        "admin",
        "member",
        ADMIN,
        now(member="active group_admin"),
        headers={"If-Match": f"W/{CURRENT}"},
    ),
    put("links are not changed", "admin", "member", {"links": {"user": "{other}"}}, UNPERMITTED),
    put("a change needs the scope", "scopeless", "member", ADMIN, refused(403)),
    put(
        "the record comes before the tag",
        "stranger",
        "member",
        ADMIN,
        missing("member"),
        headers={},
    ),
    put(
        "a change of nothing",
        "admin",
        "member",
        {},
        refused(422, "param is missing or the value is empty: memberships"),
    ),
]


def end(title: str, who: str, whose: str, *expected: Expected, **more: Any) -> Case:
    more = {"headers": {"If-Match": CURRENT}, **more}
    return Case(title, who, f"DELETE {of(whose)}", *expected, **more)


def left(**people: str) -> Expected:
    return Expected(204, then=people)


ENDING = [
    end("a member leaves", "member", "member", left(member="inactive group_member")),
    end("an admin removes a member", "admin", "member", left(member="inactive group_member")),
    end(
        "an admin withdraws an invitation",
        "admin",
        "invited",
        left(invited="inactive group_member"),
    ),
    end("the invited decline", "invited", "invited", left(invited="inactive group_member")),
    end("who has left leaves again", "former", "former", left(former="inactive group_member")),
    end("the last admin leaves", "admin", "admin", left(), refused(422)),
    end("a member removes the admin", "member", "admin", GONE),
    end("a stranger removes a member", "stranger", "member", missing("member")),
    end("nobody removes a member", "nobody", "member", LOGIN_NEEDED),
    end("leaving needs the scope", "scopeless", "admin", refused(403)),
    end("leaving without If-Match", "member", "member", refused(428), headers={}),
    end("leaving with a stale tag", "member", "member", refused(412), headers={"If-Match": STALE}),
    Case(
        "a site admin with the flag removes a member",
        "site",
        f"DELETE {of('member')}?admin=true",
        left(member="inactive group_member"),
        headers={"If-Match": CURRENT},
    ),
]
CASES = [*READING, *ROLES, *STATES, *ORDER, *ENDING]
