"""People join by the token, are invited by links, and are taken out by links."""

from __future__ import annotations

from typing import Any

from tests.jsonapi_contract.case import ANY, Case, Expected, refused

JOIN = "POST /memberships"
LINK, UNLINK = "POST /user_groups/{group}/links/users", "DELETE /user_groups/{group}/links/users"
MISSING = refused(404, "Could not find user_group with id='{group}'")
LOGIN_NEEDED = refused(401, "You must be logged in to access this resource.")
TAG = r'^"[0-9a-f]{32}"$'


def membership(who: str, token: str | None = "{token}", group: str = "{group}") -> dict[str, Any]:
    links = {"user": f"{{{who}}}", "user_group": group}
    return {"links": links} if token is None else {"join_token": token, "links": links}


def join(title: str, who: str, *expected: Expected, body: Any = None, **more: Any) -> Case:
    sent = {"memberships": membership(who)} if body is None else body
    return Case(title, who, JOIN, *expected, body=sent, **more)


def wrong(title: str, *expected: Expected, who: str = "newcomer", **more: Any) -> Case:
    return join(title, who, *expected, body={"memberships": more})


def joined(who: str) -> Expected:
    return Expected(
        201,
        None,
        {
            "memberships.0.id": ANY,
            "memberships.0.state": "active",
            "memberships.0.roles": ["group_member"],
            "memberships.0.href": ANY,
            "memberships.0.links.user": f"{{{who}}}",
            "memberships.0.links.user_group": "{group}",
        },
        {"ETag": TAG, "Location": r"^http://.*/api/memberships/\d+$"},
        {who: "active group_member"},
    )


TO_GROUP = {"user": "{newcomer}", "user_group": "{group}"}
JOINING = [
    join("a newcomer joins", "newcomer", joined("newcomer")),
    join("a stranger joins an open group", "stranger", joined("stranger"), world="open"),
    join("who has left joins again", "former", joined("former")),
    join("the invited join by the token", "invited", joined("invited")),
    join("a member joins again", "member", Expected(201, then={"member": "active group_member"})),
    join(
        "an admin joins, and stays one",
        "admin",
        Expected(201, then={"admin": "active group_admin"}),
    ),
    join(
        "a member joins with a wrong token",
        "member",
        refused(422),
        Expected(201, then={"member": "active group_member"}),
        body={"memberships": membership("member", "wrong")},
    ),
    join(
        "with keys of a client beside",
        "newcomer",
        joined("newcomer"),
        body={"memberships": membership("newcomer"), "http_cache": True},
    ),
    join(
        "several at once",
        "newcomer",
        Expected(201, then={"newcomer": "active group_member"}),
        body={"memberships": [membership("newcomer")]},
    ),
    join("nobody joins", "nobody", LOGIN_NEEDED, body={"memberships": membership("newcomer")}),
    join(
        "a token without the scope",
        "scopeless",
        refused(403),
        body={"memberships": membership("admin")},
    ),
    wrong(
        "a wrong token",
        refused(422, "Operation::Unauthorized"),
        refused(422),
        **membership("newcomer", "wrong"),
    ),
    wrong("an empty token", refused(422), **membership("newcomer", "")),
    wrong("no token", refused(422), **membership("newcomer", None)),
    wrong(
        "an unknown group",
        refused(404, "Couldn't find UserGroup with 'id'={unknown}"),
        refused(422),
        **membership("newcomer", "{token}", "{unknown}"),
    ),
    wrong("for somebody else", refused(422), **membership("other")),
    join(
        "a site admin without the token",
        "site",
        refused(422),
        body={"memberships": membership("stranger", "wrong"), "admin": True},
    ),
    wrong("without links", refused(422), join_token="{token}"),
    wrong("links that are a list", refused(422), join_token="{token}", links=["{group}"]),
    wrong(
        "links without a group", refused(422), join_token="{token}", links={"user": "{newcomer}"}
    ),
    wrong(
        "a group that is no number", refused((404, 422)), **membership("newcomer", "{token}", "x")
    ),
    wrong(
        "roles are not joined with",
        refused(422, "found unpermitted parameter: :roles"),
        **membership("newcomer"),
        roles=["group_admin"],
    ),
    wrong("a state is not joined with", refused(422), **membership("newcomer"), state="active"),
    join(
        "several, one of them wrong",
        "newcomer",
        refused(422),
        body={"memberships": [membership("newcomer"), membership("newcomer", "wrong")]},
    ),
    join("no membership", "newcomer", refused(422), body={"membership": membership("newcomer")}),
    join(
        "an ended group with its token",
        "newcomer",
        refused(422, "Group is inactive"),
        refused(422),
        world="ended",
    ),
    join(
        "an ended group with a wrong token",
        "newcomer",
        refused(422, "Operation::Unauthorized"),
        refused(422),
        body={"memberships": membership("newcomer", "wrong")},
        world="ended",
    ),
]


def link(title: str, body: Any, *expected: Expected, who: str = "admin", **more: Any) -> Case:
    return Case(title, who, LINK, *expected, body=body, **more)


def unlink(title: str, ids: str, *expected: Expected, who: str = "admin", **more: Any) -> Case:
    return Case(title, who, f"{UNLINK}/{ids}", *expected, **more)


def now(**people: str | None) -> Expected:
    return Expected(200, None, {"user_groups.0.id": "{group}"}, then=people)


def left(**people: str | None) -> Expected:
    return Expected(204, then=people)


LINKING = [
    link(
        "an admin invites",
        {"users": ["{newcomer}"]},
        now(newcomer="inactive group_member"),
        now(newcomer="invited group_member"),
    ),
    link(
        "an unknown user beside a known one",
        {"users": ["{newcomer}", "{unknown}"], "http_cache": True},
        now(newcomer="inactive group_member"),
        now(newcomer="invited group_member"),
    ),
    link(
        "a member is invited",
        {"users": ["{member}"]},
        refused(400),
        now(member="active group_member"),
    ),
    link(
        "who has left is invited again",
        {"users": ["{former}"]},
        refused(400),
        now(former="invited group_member"),
    ),
    link("nobody invites", {"users": ["{newcomer}"]}, refused(404), who="nobody"),
    link("a member invites", {"users": ["{newcomer}"]}, MISSING, who="member"),
    link("a stranger invites", {"users": ["{newcomer}"]}, MISSING, who="stranger"),
    link("a site admin without the flag invites", {"users": ["{newcomer}"]}, MISSING, who="site"),
    link(
        "the wrong key",
        {"people": ["{newcomer}"]},
        refused(422, "Link relation users must match body key"),
    ),
    link("an ended group invites nobody", {"users": ["{newcomer}"]}, MISSING, world="ended"),
]
UNLINKING = [
    unlink("an admin takes a member out", "{member}", left(member="inactive group_member")),
    unlink("an invitation is withdrawn", "{invited}", left(invited="inactive group_member")),
    unlink(
        "several, their comma encoded",
        "{member}%2C{invited}",
        left(member="inactive group_member", invited="inactive group_member"),
    ),
    unlink(
        "several, their comma plain",
        "{member},{invited}",
        left(member="inactive group_member", invited="inactive group_member"),
    ),
    unlink("ids without a membership", "{stranger},{unknown}", left(member="active group_member")),
    unlink("the last admin", "{admin}", left(), refused(422)),
    unlink("the last admin beside a member", "{member},{admin}", left(), refused(422)),
    unlink("nobody takes out", "{member}", refused(404), who="nobody"),
    unlink("a member takes out", "{admin}", MISSING, who="member"),
    unlink("a stranger takes out", "{member}", MISSING, who="stranger"),
    Case(
        "a site admin with the flag takes out",
        "site",
        f"{UNLINK}/{{member}}?admin=true",
        left(member="inactive group_member"),
    ),
    unlink("out of an ended group", "{member}", MISSING, world="ended"),
]
CASES = [*JOINING, *LINKING, *UNLINKING]
