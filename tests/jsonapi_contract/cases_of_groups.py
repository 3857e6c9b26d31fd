"""One group: who sees it, what is shown of it, and how questions are put."""

from __future__ import annotations

from tests.jsonapi_contract.case import (
    ABSENT,
    ANY,
    CURRENT,
    Case,
    Expected,
    Length,
    Like,
    got,
    refused,
)

GROUP = "GET /user_groups/{group}"
MISSING = refused(404, "Could not find user_group with id='{group}'")
NOT_FOUND = refused(404, "Not Found")
SHOWN = got(user_groups__0__id="{group}", user_groups__0__join_token=ABSENT)
LED = got(user_groups__0__id="{group}", user_groups__0__join_token="{token}")
INSTANT = Like(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
TAG = r'^"[0-9a-f]{32}"$'

WHOLE = Expected(
    200,
    fields={
        "user_groups": Length(1),
        "user_groups.0.id": "{group}",
        "user_groups.0.name": "{name}",
        "user_groups.0.display_name": "{display}",
        "user_groups.0.classifications_count": 0,
        "user_groups.0.created_at": INSTANT,
        "user_groups.0.updated_at": INSTANT,
        "user_groups.0.type": "user_groups",
        "user_groups.0.href": "/user_groups/{group}",
        "user_groups.0.stats_visibility": "public_show_all",
        "user_groups.0.links.projects": [],
        "user_groups.0.links.collections": [],
        "meta.user_groups.page": 1,
        "meta.user_groups.page_size": 20,
        "meta.user_groups.count": 1,
        "meta.user_groups.include": [],
        "meta.user_groups.page_count": 1,
        "meta.user_groups.previous_page": None,
        "meta.user_groups.next_page": None,
        "meta.user_groups.first_href": "/user_groups?id={group}",
        "meta.user_groups.previous_href": None,
        "meta.user_groups.next_href": None,
        "meta.user_groups.last_href": "/user_groups?id={group}",
    },
    headers={
        "Content-Type": r"^application/vnd\.api\+json; version=1; charset=utf-8$",
        "ETag": TAG,
        "Cache-Control": "no-cache",
        "Vary": "(?i)authorization",
    },
)

WHO_SEES = [
    Case("an open group is whole to anybody", "nobody", GROUP, WHOLE, world="open"),
    Case("an open group's token is not for strangers", "stranger", GROUP, SHOWN, world="open"),
    Case("a hidden group is not there for nobody", "nobody", GROUP, MISSING),
    Case("a hidden group is not there for a stranger", "stranger", GROUP, MISSING),
    Case("a hidden group is not there for who has left", "former", GROUP, MISSING),
    Case("a hidden group is there for the invited", "invited", GROUP, MISSING, SHOWN),
    Case("a member sees the group without its token", "member", GROUP, SHOWN),
    Case("an admin sees the token", "admin", GROUP, LED),
    Case("a token without the scope may still read", "scopeless", GROUP, LED),
    Case("a site admin without the flag is a stranger", "site", GROUP, MISSING),
    Case("a site admin with the flag sees the token", "site", f"{GROUP}?admin=true", LED),
    Case("any text is a flag", "site", f"{GROUP}?admin=false", LED),
    Case("an empty flag is one", "site", f"{GROUP}?admin=", LED),
    Case("the flag of a stranger has no effect", "stranger", f"{GROUP}?admin=true", MISSING),
    Case("the flag of a member has no effect", "member", f"{GROUP}?admin=true", SHOWN),
    Case("an ended group is gone for its admin", "admin", GROUP, MISSING, world="ended"),
    Case("an ended group is gone", "site", f"{GROUP}?admin=true", MISSING, world="ended"),
]
IDS = [
    Case(
        "an unknown id",
        "nobody",
        "GET /user_groups/{unknown}",
        refused(404, "Could not find user_group with id='{unknown}'"),
    ),
    *(
        Case(f"the id {sent} is none", "admin", f"GET /user_groups/{sent}", refused(404))
        for sent in (
            "0{group}",
            "{group}.0",
            "{group},1",
            "-1",
            "x",
            "9223372036854775808",
            "%D9%A7",
        )
    ),
    Case("recents are not served", "admin", "GET /user_groups/{group}/recents", refused(404)),
    Case("only the path names the id", "member", f"{GROUP}?id=1", SHOWN),
    Case("an unknown resource", "admin", "GET /classrooms", NOT_FOUND),
]
INCLUDED = [
    Case(
        "users are included",
        "admin",
        f"{GROUP}?include=users",
        got(
            linked__users=ANY,
            linked__users__0__login=ANY,
            linked__users__0__display_name=ANY,
            linked__users__0__email=ABSENT,
            linked__users__0__links__user_groups=["{group}"],
        ),
    ),
    Case(
        "memberships are included",
        "admin",
        f"{GROUP}?include=memberships",
        got(linked__memberships__0__links__user_group="{group}", linked__memberships__0__roles=ANY),
    ),
    Case(
        "projects of groups are none",
        "admin",
        f"{GROUP}?include=projects",
        got(linked__projects=[]),
    ),
    Case(
        "an unknown include",
        "admin",
        f"{GROUP}?include=owner",
        refused(422, ":owner is not a valid include for UserGroup"),
    ),
    Case(
        "links name whom one may see",
        "admin",
        GROUP,
        got(
            user_groups__0__links__users=frozenset({"{admin}", "{member}", "{invited}", "{former}"})
        ),
        got(user_groups__0__links__users=frozenset({"{admin}", "{member}"})),
    ),
    Case(
        "links of a hidden roster name oneself",
        "member",
        GROUP,
        got(user_groups__0__links__users=ANY),
        got(user_groups__0__links__users=["{member}"]),
    ),
]
ACCEPTED = [
    Case("no Accept", "admin", GROUP, NOT_FOUND, LED, headers={"Accept": None}),
    Case("any type is accepted", "admin", GROUP, NOT_FOUND, LED, headers={"Accept": "*/*"}),
    Case(
        "JSON is accepted", "admin", GROUP, NOT_FOUND, LED, headers={"Accept": "application/json"}
    ),
    Case("HTML alone", "admin", GROUP, refused(404), headers={"Accept": "text/html"}),
]
CONDITIONS = [
    Case(
        "HEAD is GET without a body",
        "member",
        "HEAD /user_groups/{group}",
        Expected(200, headers={"ETag": TAG}),
    ),
    Case("HEAD of what is not there", "stranger", "HEAD /user_groups/{group}", refused(404)),
    Case(
        "what one has already",
        "member",
        GROUP,
        Expected(304),
        headers={"If-None-Match": CURRENT},
    ),
]
CORS = [
    Case(
        "pages of other origins may read the ETag",
        "nobody",
        GROUP,
        Expected(
            200,
            headers={
                "Access-Control-Allow-Origin": r"^\*$",
                "Access-Control-Expose-Headers": "(?i)etag",
            },
        ),
        headers={"Origin": "https://www.zooniverse.org"},
        world="open",
    ),
    Case(
        "refusals are for other origins too",
        "nobody",
        GROUP,
        Expected(404, headers={"Access-Control-Allow-Origin": r"^\*$"}),
        headers={"Origin": "https://www.zooniverse.org"},
    ),
    Case(
        "a preflight of PUT",
        "nobody",
        "OPTIONS /user_groups/{group}",
        Expected(
            (200, 204),
            headers={
                "Access-Control-Allow-Origin": r"^\*$",
                "Access-Control-Allow-Methods": r"DELETE.*PUT|PUT.*DELETE",
                "Access-Control-Allow-Headers": "(?i)if-match|^\\*$",
                "Access-Control-Max-Age": "^300$",
            },
        ),
        headers={
            "Origin": "https://www.zooniverse.org",
            "Access-Control-Request-Method": "PUT",
            "Access-Control-Request-Headers": "authorization,content-type,if-match",
        },
    ),
]
CREDENTIALS = [
    *(
        Case(
            f"{sent!r} is no credentials",
            "nobody",
            GROUP,
            SHOWN,
            headers={"Authorization": sent},
            world="open",
        )
        for sent in ("Bearer", "Bearer null", "Bearer undefined", "undefined")
    ),
    Case(
        "a token that does not verify",
        "nobody",
        GROUP,
        refused(401),
        headers={"Authorization": "Bearer not.a.token"},
        world="open",
    ),
]
CASES = [*WHO_SEES, *IDS, *INCLUDED, *ACCEPTED, *CONDITIONS, *CORS, *CREDENTIALS]
