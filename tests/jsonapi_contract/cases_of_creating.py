"""Groups are created, edited and deactivated."""

from __future__ import annotations

from typing import Any

from tests.jsonapi_contract.case import (
    ANY,
    CURRENT,
    Case,
    Expected,
    Like,
    got,
    refused,
)

CREATE, EDIT, END = "POST /user_groups", "PUT /user_groups/{group}", "DELETE /user_groups/{group}"
MISSING = refused(404, "Could not find user_group with id='{group}'")
LOGIN_NEEDED = refused(401, "You must be logged in to access this resource.")
STALE = '"0123456789abcdef0123456789abcdef"'
NEW = {"name": "{fresh}", "display_name": "New 🐸"}
TAG = r'^"[0-9a-f]{32}"$'


def group(**values: Any) -> dict[str, Any]:
    return {"user_groups": values}


def create(title: str, body: Any, *expected: Expected, who: str = "newcomer", **more: Any) -> Case:
    return Case(title, who, CREATE, *expected, body=body, **more)


def edit(title: str, body: Any, *expected: Expected, who: str = "admin", **more: Any) -> Case:
    more = {"headers": {"If-Match": CURRENT}, **more}
    return Case(title, who, EDIT, *expected, body=body, **more)


def end(title: str, *expected: Expected, who: str = "admin", **more: Any) -> Case:
    more = {"headers": {"If-Match": CURRENT}, **more}
    return Case(title, who, END, *expected, **more)


MADE = {
    "user_groups.0.id": ANY,
    "user_groups.0.name": "{fresh}",
    "user_groups.0.display_name": "New 🐸",
    "user_groups.0.stats_visibility": "private_agg_only",
    "user_groups.0.type": "user_groups",
}
MADE_HEADERS = {
    "ETag": TAG,
    "Last-Modified": " GMT$",
    "Location": r"^http://.*/api/user_groups/\d+$",
}
LEVEL = {"user_groups.0.stats_visibility": "public_show_all"}

CREATING = [
    create(
        "a group as the front end creates it",
        group(**NEW, private=True, stats_visibility="private_agg_only"),
        Expected(
            201, None, {**MADE, "user_groups.0.join_token": Like("[0-9a-f]{16}")}, MADE_HEADERS
        ),
        Expected(
            201, None, {**MADE, "user_groups.0.join_token": Like("[0-9a-f]{32}")}, MADE_HEADERS
        ),
    ),
    create("a level by number", group(**NEW, stats_visibility=4), Expected(201, None, LEVEL)),
    create(
        "a display name alone",
        group(display_name="Die Käfer"),
        refused(400),
        got(
            201, user_groups__0__name=Like("die_kafer.*"), user_groups__0__display_name="Die Käfer"
        ),
    ),
    create(
        "a name alone",
        group(name="{fresh}"),
        got(201, user_groups__0__name="{fresh}", user_groups__0__display_name="{fresh}"),
    ),
    create(
        "a group with linked users",
        group(**NEW, links={"users": ["{other}", "{unknown}", "{newcomer}"]}),
        got(201, user_groups__0__name="{fresh}"),
    ),
    create(
        "a group with unknown users", group(**NEW, links={"users": ["{unknown}"]}), refused(422)
    ),
    create("a key of a client beside", {**group(**NEW), "http_cache": True}, got(201)),
    create("nobody creates", group(**NEW), LOGIN_NEEDED, who="nobody"),
    create("a token without the scope creates none", group(**NEW), refused(403), who="scopeless"),
    create("a name that is taken", group(name="{name}", display_name="New"), refused(400)),
    create(
        "a name that is taken in other letters",
        group(name="{NAME}", display_name="N"),
        refused(400),
    ),
    create(
        "a name that is a login", group(name="{login_of_member}", display_name="N"), refused(400)
    ),
    create("a name with a space", group(name="a b", display_name="New"), refused(400)),
    create("an empty name", group(name="", display_name="New"), refused(400)),
    create("an empty display name", group(name="{fresh}", display_name=""), refused(400)),
    create("an unknown level", group(**NEW, stats_visibility="public"), refused(400)),
    create("a level beyond the last", group(**NEW, stats_visibility=5), refused(400)),
    create(
        "a key that is not permitted",
        group(**NEW, owner=1),
        refused(422, "found unpermitted parameter: :owner"),
    ),
    create(
        "keys that are not permitted",
        group(**NEW, id="5", join_token="abc"),
        refused(422, "found unpermitted parameters: :id, :join_token"),
    ),
    create(
        "no resource",
        {"groups": NEW},
        refused(422, "param is missing or the value is empty: user_groups"),
    ),
    create("no JSON", b"{", refused(400)),
    create(
        "another content type",
        group(**NEW),
        refused(
            415,
            "Only requests with Content-Type: application/json or application/vnd.api+json are "
            "allowed",
        ),
        headers={"Content-Type": "text/plain"},
    ),
    create(
        "the media type with parameters",
        group(**NEW),
        got(201),
        headers={"Content-Type": "application/vnd.api+json; version=1; charset=utf-8"},
    ),
    create(
        "the content type comes before the login",
        group(),
        refused(415),
        who="nobody",
        headers={"Content-Type": "text/csv"},
    ),
    Case(
        "PATCH",
        "admin",
        "PATCH /user_groups/{group}",
        refused(501, "PATCH Requests are not currently supported"),
        body=group(display_name="New"),
    ),
]
RENAMED = Expected(
    200,
    None,
    {"user_groups.0.display_name": "New", "user_groups.0.join_token": "{token}"},
    {"Last-Modified": " GMT$"},
)
NAMED = group(display_name="New")
EDITING = [
    edit("an admin edits, and gets the token again", NAMED, RENAMED),
    edit(
        "all that a form sends",
        group(display_name="New", private=False, stats_visibility="public_show_all"),
        Expected(200, None, {**LEVEL, "user_groups.0.display_name": "New"}),
    ),
    edit(
        "a level without private leaves that",
        group(stats_visibility="public_show_all"),
        Expected(200, None, {**LEVEL, "user_groups.0.private": True}),
    ),
    Case(
        "a site admin with the flag edits",
        "site",
        f"{EDIT}?admin=true&http_cache=true",
        RENAMED,
        body=NAMED,
        headers={"If-Match": CURRENT},
    ),
    edit("a flag in the body", {**NAMED, "admin": True}, RENAMED, who="site"),
    edit("nobody edits", NAMED, LOGIN_NEEDED, who="nobody"),
    *(
        edit(f"{who} edits", NAMED, MISSING, who=who)
        for who in ("stranger", "former", "invited", "member", "site")
    ),
    edit("a false flag in the body is none", {**NAMED, "admin": False}, MISSING, who="site"),
    edit("a flag of null is none", {**NAMED, "admin": None}, MISSING, who="site"),
    edit("a token without the scope edits none", NAMED, refused(403), who="scopeless"),
    edit(
        "an edit without If-Match",
        NAMED,
        refused(428, "Request requires If-Match header to be present"),
        headers={},
    ),
    edit("an edit of what was", NAMED, refused(412), headers={"If-Match": STALE}),
    edit("a tag that a proxy made weak", NAMED, RENAMED, headers={"If-Match": f"W/{CURRENT}"}),
    edit("any tag", NAMED, refused(412), RENAMED, headers={"If-Match": "*"}),
    edit(
        "one tag of two", NAMED, refused(412), RENAMED, headers={"If-Match": f"{STALE}, {CURRENT}"}
    ),
    edit(
        "If-Unmodified-Since beside If-Match",
        NAMED,
        RENAMED,
        headers={"If-Match": CURRENT, "If-Unmodified-Since": "Sat, 01 Jan 2011 00:00:00 GMT"},
    ),
    edit(
        "a stale tag comes before the body",
        group(owner=1),
        refused(412),
        headers={"If-Match": STALE},
    ),
    edit("the scope comes before the tag", NAMED, refused(403), who="scopeless", headers={}),
    edit("the group comes before the scope", NAMED, MISSING, who="stranger", headers={}),
    edit(
        "links are not edited",
        group(display_name="New", links={"users": ["{other}"]}),
        refused(422, "found unpermitted parameter: :links"),
    ),
    edit(
        "an edit of nothing",
        {},
        refused(422, "param is missing or the value is empty: user_groups"),
    ),
    edit("an edit to no display name", group(display_name=""), refused(400)),
    edit("an edit to a name with a space", group(name="a b"), refused(400)),
    edit("an edit to a login", group(name="{login_of_member}"), refused(400)),
    edit("an edit to an unknown level", group(stats_visibility="all"), refused(400)),
    edit(
        "an edit as text",
        NAMED,
        refused(415),
        headers={"If-Match": CURRENT, "Content-Type": "text/plain"},
    ),
    edit("an ended group is not edited", NAMED, MISSING, world="ended"),
]
GONE = Expected(204, then={"admin": "inactive group_admin", "member": "inactive group_member"})
ENDING = [
    end("an admin deactivates, and nobody is a member", GONE),
    Case(
        "a site admin with the flag deactivates",
        "site",
        f"{END}?admin=true",
        GONE,
        headers={"If-Match": CURRENT},
    ),
    end("nobody deactivates", LOGIN_NEEDED, who="nobody"),
    *(
        end(f"{who} deactivates", MISSING, who=who)
        for who in ("stranger", "former", "invited", "member", "site")
    ),
    end("a token without the scope deactivates none", refused(403), who="scopeless"),
    end("deactivating without If-Match", refused(428), headers={}),
    end("deactivating what was", refused(412), headers={"If-Match": STALE}),
    end("an ended group is not deactivated", MISSING, world="ended"),
]
CASES = [*CREATING, *EDITING, *ENDING]
