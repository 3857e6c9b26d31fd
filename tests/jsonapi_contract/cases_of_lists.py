"""Lists: filters, search, pages, and what stands beside them."""

from __future__ import annotations

from tests.jsonapi_contract.case import ABSENT, Case, Length, got, refused

GROUPS = "GET /user_groups?id={group}"
NONE = got(user_groups=[], meta__user_groups__count=0)
ONE = got(user_groups__0__id="{group}", user_groups=Length(1), meta__user_groups__count=1)
INCALCULABLE = "Current page was incalculable. Perhaps you supplied 'page_size: 0' as a param?"


def a_group(title: str, who: str, query: str, *expected: object, world: str = "open") -> Case:
    return Case(title, who, f"GET /user_groups?{query}", *expected, world=world)  # type: ignore[arg-type]


FILTERS = [
    a_group("open groups are listed for anybody", "nobody", "id={group}", ONE),
    a_group("hidden groups are not listed", "nobody", "id={group}", NONE, world="hidden"),
    a_group(
        "hidden groups are not listed for strangers", "stranger", "id={group}", NONE, world="hidden"
    ),
    a_group("own groups are listed", "member", "id={group}", ONE, world="hidden"),
    a_group("the flag lists all groups", "site", "id={group}&admin=true", ONE, world="hidden"),
    a_group("ended groups are not listed", "site", "id={group}&admin=1", NONE, world="ended"),
    a_group("a filter in the plural", "nobody", "ids={group},{unknown}", ONE),
    a_group("a name is exact", "nobody", "name={name}", ONE),
    a_group("letter case of a name counts", "nobody", "name={NAME}", NONE),
    a_group("an id that is no number", "nobody", "id=x", NONE, refused(422)),
    a_group("sort is ignored", "nobody", "id={group}&sort=-display_name", ONE),
    a_group("what is not known is ignored", "nobody", "id={group}&http_cache=true&x=y", ONE),
    a_group("groups of a member", "member", "id={group}&user_id={member}", ONE),
    a_group("groups of who has none", "stranger", "id={group}&user_id={stranger}", ONE, NONE),
]
SEARCHES = [
    a_group("the whole display name", "nobody", "search={display}", ONE),
    a_group("letter case of a search does not count", "nobody", "search=CLASS%20{NAME}", ONE),
    a_group("a part of a display name", "nobody", "search={name}", ONE),
    a_group("a search finds no hidden group", "stranger", "search={display}", NONE, world="hidden"),
    a_group("a search finds own groups", "member", "search={display}", ONE, world="hidden"),
    a_group("a percent sign is a character", "nobody", "search=%25%25%25", NONE),
    a_group("underscores are characters", "nobody", "search=___", NONE),
    a_group("an empty search is all", "nobody", "search=&id={group}", ONE),
    a_group(
        "pages of a search",
        "nobody",
        "search={display}",
        got(meta__user_groups__first_href="/user_groups"),
        got(meta__user_groups__first_href="/user_groups?search=Class%20{name}"),
    ),
]
OF_MEMBERS = "GET /memberships?user_group_id={group}"
PAGES = [
    Case(
        "a page of one",
        "admin",
        f"{OF_MEMBERS}&page_size=1",
        got(
            memberships=Length(1),
            meta__memberships__count=4,
            meta__memberships__page=1,
            meta__memberships__page_count=4,
            meta__memberships__next_page=2,
            meta__memberships__previous_page=None,
            meta__memberships__first_href="/memberships?page_size=1&user_group_id={group}",
            meta__memberships__next_href="/memberships?page=2&page_size=1&user_group_id={group}",
            meta__memberships__last_href="/memberships?page=4&page_size=1&user_group_id={group}",
        ),
    ),
    Case(
        "an address has page, size, include and filters in this order",
        "admin",
        f"{OF_MEMBERS}&include=user&page_size=3&http_cache=true",
        got(
            meta__memberships__include=["user"],
            meta__memberships__next_href=(
                "/memberships?page=2&page_size=3&include=user&user_group_id={group}"
            ),
        ),
    ),
    Case(
        "an address does not hand the flag on",
        "site",
        f"{OF_MEMBERS}&admin=true",
        got(meta__memberships__first_href="/memberships?user_group_id={group}"),
    ),
    Case(
        "the last page",
        "admin",
        f"{OF_MEMBERS}&page_size=3&page=2",
        got(
            memberships=Length(1),
            meta__memberships__next_page=None,
            meta__memberships__next_href=None,
            meta__memberships__previous_page=1,
            meta__memberships__previous_href="/memberships?page_size=3&user_group_id={group}",
        ),
    ),
    Case("beyond the end", "admin", f"{OF_MEMBERS}&page=9", got(memberships=[])),
    *(
        Case(
            f"page {sent} is the first",
            "admin",
            f"{OF_MEMBERS}&page={sent}",
            got(meta__memberships__page=1),
        )
        for sent in ("0", "-3", "x")
    ),
    Case(
        "more than a hundred a page",
        "admin",
        f"{OF_MEMBERS}&page_size=1000",
        got(meta__memberships__page_size=100),
    ),
    Case("none a page", "admin", f"{OF_MEMBERS}&page_size=0", refused(422, INCALCULABLE)),
    Case("no group a page", "nobody", "GET /user_groups?page_size=0", refused(422, INCALCULABLE)),
]
ROSTERS = [
    Case(
        "a list of memberships needs a login",
        "nobody",
        "GET /memberships",
        refused(401, "You must be logged in to access this resource."),
    ),
    Case("a list of memberships needs the scope", "scopeless", "GET /memberships", refused(403)),
    Case(
        "an admin sees all states",
        "admin",
        OF_MEMBERS,
        got(memberships=Length(4), meta__memberships__count=4),
    ),
    Case(
        "a site admin with the flag sees all states",
        "site",
        f"{OF_MEMBERS}&admin=true",
        got(memberships=Length(4)),
    ),
    Case("a site admin without the flag sees none", "site", OF_MEMBERS, got(memberships=[])),
    Case("strangers see no roster of a hidden group", "stranger", OF_MEMBERS, got(memberships=[])),
    Case(
        "strangers see the active of an open group",
        "stranger",
        OF_MEMBERS,
        got(memberships=Length(2)),
        world="open",
    ),
    Case(
        "members see whom the level shows",
        "member",
        OF_MEMBERS,
        got(memberships=Length(2)),
        got(memberships__0__links__user="{member}", memberships=Length(1)),
    ),
    Case(
        "memberships of one state",
        "admin",
        f"{OF_MEMBERS}&state=active",
        got(memberships=Length(4)),
        got(memberships=Length(2)),
    ),
    Case(
        "a user that is no number",
        "admin",
        "GET /memberships?user_id=x",
        got(memberships=[]),
        refused(422),
    ),
    Case(
        "users are included each once",
        "admin",
        f"{OF_MEMBERS}&include=user",
        got(linked__users=Length(4), linked__users__0__email=ABSENT),
    ),
    Case(
        "an include in the plural",
        "admin",
        f"{OF_MEMBERS}&include=users",
        got(linked__users=Length(4)),
    ),
    Case(
        "an include that memberships do not have",
        "admin",
        f"{OF_MEMBERS}&include=group",
        refused(422, ":group is not a valid include for Membership"),
    ),
    Case(
        "an included group has no token",
        "admin",
        "GET /memberships?user_id={admin}&include=user_group",
        got(
            linked__user_groups__0__id="{group}",
            linked__user_groups__0__display_name="{display}",
            linked__user_groups__0__join_token=ABSENT,
            linked__user_groups__0__links__memberships=["{membership_of_admin}"],
        ),
    ),
    Case(
        "an ended group is not included",
        "member",
        "GET /memberships?user_id={member}&include=user_group",
        got(memberships__0__state="inactive", linked__user_groups=[]),
        world="ended",
    ),
    Case(
        "an invitation is told to the invited",
        "invited",
        "GET /memberships?user_id={invited}",
        got(memberships__0__state="inactive"),
        got(memberships__0__state="invited"),
    ),
]
CASES = [*FILTERS, *SEARCHES, *PAGES, *ROSTERS]
