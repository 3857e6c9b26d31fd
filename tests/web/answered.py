"""What each page should show by the API's answers, asked for by documents of the tests' own.

Whether the API should answer is the mission's to say: what it refuses, and nothing else, is null.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import httpx

from tests.authorization.mission import Rule, exists, sees
from tests.certificates_of import code_of
from tests.web.private import ADMIN, CERTIFIED, MEMBER, PROJECT, ROLES
from tests.web.shown import Shown, count, day, hours, many, month, percent, with_digits

Answer = dict[str, Any]

_TOTALS = "totalCount timeSpent activeUsers projectCount"
_EXTENT = "firstDay lastDay buckets(period: MONTH, fillGaps: true) { startsOn count }"
_MILESTONES = "milestones { reached { value reachedOn } next { value remaining expectedOn } }"
_GOALS = """goals {
    title target start progress { value share reachedOn } milestones { value reachedOn }
    viewerContribution { value share }
}"""
_CERTIFICATE = """
    code login displayName end totalCount timeSpent projectCount issuedAt figuresChanged
"""
_GROUP = f"""query ($id: ID!) {{ userGroup(id: $id) {{
    displayName memberCount membershipCounts {{ active invited admins }}
    memberships(first: 50, states: [ACTIVE, INVITED]) {{ nodes {{
        state roles user {{ id displayName login }}
    }} }}
    classifications {{
        {_TOTALS} {_EXTENT}
        projectContributions {{ project {{ displayName }} count }}
        topContributors(first: 10, orderBy: MOST_CLASSIFICATIONS) {{
            user {{ displayName }} count
        }}
        memberBreakdown(first: 40, orderBy: MOST_CLASSIFICATIONS) {{
            totalCount
            nodes {{
                user {{ displayName login }} count timeSpent
                projectContributions(first: 3) {{ project {{ displayName }} count }}
            }}
        }}
    }}
    {_GOALS} {_MILESTONES}
}} }}"""
_SITE = f"""query ($today: Date!, $search: String!) {{
    classifications {{ totalCount activeUsers {_EXTENT} }}
    today: classifications(range: {{ start: $today }}) {{ totalCount activeUsers }}
    busiest: projects(orderBy: MOST_CLASSIFICATIONS, first: 6) {{
        totalCount nodes {{ displayName classifications {{ totalCount lastDay }} }}
    }}
    projects(search: $search, first: 8) {{ totalCount }}
    userGroups(search: $search, first: 8) {{
        totalCount nodes {{ displayName classifications {{ totalCount }} }}
    }}
}}"""
_PROJECT = f"""query ($id: ID!) {{ project(id: $id) {{
    displayName
    classifications {{
        totalCount timeSpent activeUsers meanTimeSpent anonymousShare {_EXTENT}
    }}
    comments {{ totalCount }}
    workflows(first: 9, orderBy: MOST_CLASSIFICATIONS) {{ nodes {{
        displayName completeness estimatedDaysToCompletion classifications {{ totalCount }}
    }} }}
    {_MILESTONES}
}} }}"""
_ME = f"""{{ me {{
    displayName login
    classifications {{
        totalCount timeSpent projectCount meanTimeSpent {_EXTENT}
        weeks: streak {{ current longest longestStart longestEnd }}
        days: streak(period: DAY) {{ current longest longestStart longestEnd }}
        projectContributions {{ project {{ displayName }} count }}
        recent: projectContributions(first: 8, orderBy: MOST_RECENT) {{
            project {{ displayName }} lastContributedOn
        }}
    }}
    comments {{ totalCount }}
    memberships(first: 100, states: [ACTIVE]) {{ nodes {{
        roles group {{ displayName memberCount classifications {{ {_TOTALS} }} }}
    }} }}
    certificates {{ {_CERTIFICATE} }}
    {_GOALS} {_MILESTONES}
}} }}"""


class Viewer(NamedTuple):
    """Somebody who asks the API as they look at the pages."""

    asking: str
    url: str
    headers: dict[str, str]

    def ask(self, document: str, **variables: Any) -> Answer:
        body = {"query": document, "variables": variables}
        answer = httpx.post(self.url, json=body, headers=self.headers, timeout=60)
        content = answer.json()
        # What is refused is null; a document that does not fit has no data.
        assert "data" in content, content
        data: Answer = content["data"]
        return data

    def sees(self, rule: Rule, group: int) -> bool:
        """Whether the mission shows them this of a group."""
        return exists(self.asking, group) and sees(self.asking, rule, group=group, user=None)


def site(viewer: Viewer, today: str, search: str) -> Shown:
    data = viewer.ask(_SITE, today=today, search=search)
    stats, now, found = data["classifications"], data["today"], data["userGroups"]
    recent = [many(now["activeUsers"], "volunteer")]
    projects = data["projects"]["totalCount"]
    assert projects == 0
    return {
        "figures": [
            ["All time", count(stats["totalCount"])],
            ["This week", count(now["totalCount"])],
            ["Today", count(now["totalCount"])],
        ],
        "notes": [
            [many(stats["activeUsers"], "volunteer")],
            [f"since {day(stats['firstDay'])}"],
            recent,
            recent,
        ],
        "chart": _chart(stats),
        "rankings": [
            [
                one["displayName"],
                count(one["classifications"]["totalCount"]),
                f"last on {day(one['classifications']['lastDay'])}",
            ]
            for one in data["busiest"]["nodes"]
        ],
        "found": [
            [
                one["displayName"],
                *(
                    [many(one["classifications"]["totalCount"], "classification")]
                    if one["classifications"]
                    else []
                ),
            ]
            for one in found["nodes"]
        ],
        "told": [
            [f"of {count(data['busiest']['totalCount'])} projects, by classifications of all time"],
            [f"No projects, {found['totalCount']} groups"],
        ],
    }


def group(viewer: Viewer, number: int) -> Shown:
    one = _group(viewer, number)
    if one is None:
        return _no_group(viewer, number, "If you are a member, sign in to see it.")
    stats, counts = one["classifications"], one["membershipCounts"]
    shown: Shown = {"title": [[one["displayName"]]]}
    if stats is None:
        return shown
    standing = {MEMBER: "You are a member", ADMIN: "You lead this group", None: ""}
    members = many(one["memberCount"], "member")
    shown |= {
        "lead": [[f"{members} {standing[ROLES[viewer.asking]]}".strip()]],
        "figures": [
            ["Classifications", count(stats["totalCount"])],
            ["Hours", hours(stats["timeSpent"])],
            ["Contributors", count(stats["activeUsers"])],
            ["Projects", count(stats["projectCount"])],
        ],
        "chart": _chart(stats),
        "rankings": [
            *(
                [each["project"]["displayName"], count(each["count"])]
                for each in stats["projectContributions"]
            ),
            *(
                [each["user"]["displayName"], count(each["count"])]
                for each in stats["topContributors"] or ()
            ),
        ],
        "goals": _goals(one["goals"]),
        "milestones": _milestones(one),
    }
    if counts is not None:
        invited = many(counts["invited"], "open invitation")
        admins = f"{counts['admins']} of them an admin"
        shown["told"] = [[f"{many(counts['active'], 'member')}, {admins}; {invited}"]]
        shown["members"] = [
            [_named(viewer, each["user"]), _standing(each)] for each in one["memberships"]["nodes"]
        ]
    return shown


def _named(viewer: Viewer, user: Answer) -> str:
    you = "you" if int(user["id"]) == ROLES[viewer.asking] else ""
    return f"{user['displayName']} {user['login']}{you}"


def _standing(membership: Answer) -> str:
    if membership["state"] == "INVITED":
        return "Invited"
    return "Admin" if "GROUP_ADMIN" in membership["roles"] else "Member"


def contributors(viewer: Viewer, number: int) -> Shown:
    one = _group(viewer, number)
    if one is None:
        return _no_group(viewer, number)
    shown: Shown = {"title": [[f"Contributors of {one['displayName']}"]]}
    listed = one["classifications"] and one["classifications"]["memberBreakdown"]
    if not listed:
        return shown
    return shown | {
        "contributors": [
            [
                each["user"]["displayName"],
                each["user"]["login"],
                count(each["count"]),
                hours(each["timeSpent"]),
                *(
                    f"{done['project']['displayName']} ({count(done['count'])})"
                    for done in each["projectContributions"]
                ),
            ]
            for each in listed["nodes"]
        ],
        "told": [[many(listed["totalCount"], "contributor")]],
    }


def _group(viewer: Viewer, number: int) -> Answer | None:
    """The group, which lacks what the mission does not show the viewer, and nothing else."""
    one: Answer | None = viewer.ask(_GROUP, id=str(number))["userGroup"]
    assert (one is not None) == exists(viewer.asking, number)
    if one is None:
        return None
    stats = one["classifications"] or {"topContributors": None, "memberBreakdown": None}
    for rule, values in {
        Rule.AGGREGATES: (one["classifications"], one["memberCount"], one["goals"]),
        Rule.INDIVIDUALS: (stats["topContributors"], stats["memberBreakdown"]),
        Rule.GROUP_ADMINS: (one["memberships"], one["membershipCounts"]),
    }.items():
        assert {value is not None for value in values} == {viewer.sees(rule, number)}
    return one


def _no_group(viewer: Viewer, number: int, more: str = "") -> Shown:
    said = f"There is no group {number} here, or it is not open to you."
    asked = ROLES[viewer.asking] is None and more
    return {"missing": [[f"{said} {more}" if asked else said]]}


def project(viewer: Viewer) -> Shown:
    one = viewer.ask(_PROJECT, id=str(PROJECT))["project"]
    stats = one["classifications"]
    return {
        "title": [[one["displayName"]]],
        "lead": [[_period(stats)]],
        "figures": [
            ["Classifications", count(stats["totalCount"])],
            ["Volunteers", count(stats["activeUsers"])],
            ["Hours", hours(stats["timeSpent"])],
            ["Comments", count(one["comments"]["totalCount"])],
        ],
        "notes": [
            [f"{percent(stats['anonymousShare'])} not signed in"],
            [_average(stats["meanTimeSpent"])],
        ],
        "chart": _chart(stats),
        "workflows": [
            [each["displayName"], count(each["classifications"]["totalCount"])]
            + ["\u2013not known"]
            + ([] if each["completeness"] is None else [percent(each["completeness"])])
            for each in one["workflows"]["nodes"]
        ],
        "milestones": _milestones(one),
    }


def me(viewer: Viewer) -> Shown:
    one = viewer.ask(_ME)["me"]
    if one is None:
        return {}
    stats = one["classifications"]
    return {
        "title": [[one["displayName"]]],
        "lead": [[_period(stats)]],
        "figures": [
            ["Classifications", count(stats["totalCount"])],
            ["Hours", hours(stats["timeSpent"])],
            ["Projects", count(stats["projectCount"])],
            ["Comments", count(one["comments"]["totalCount"])],
        ],
        "notes": [[_average(stats["meanTimeSpent"])]],
        "chart": _chart(stats),
        "rankings": [
            [each["project"]["displayName"], many(each["count"], "classification")]
            for each in stats["projectContributions"]
        ],
        "found": [
            *(
                [each["project"]["displayName"], f"last on {day(each['lastContributedOn'])}"]
                for each in stats["recent"]
            ),
            *(
                [
                    each["group"]["displayName"],
                    many(each["group"]["classifications"]["totalCount"], "classification"),
                ]
                for each in one["memberships"]["nodes"]
            ),
        ],
        "streaks": with_digits(
            [
                ["Longest: one " + unit, f"{day(of['longestStart'])} to {day(of['longestEnd'])}"]
                for unit, of in (("week", stats["weeks"]), ("day", stats["days"]))
                if (of["current"], of["longest"]) == (0, 1)
            ]
        ),
        "goals": _goals(one["goals"]),
        "milestones": _milestones(one),
    }


def groups(viewer: Viewer) -> Shown:
    one = viewer.ask(_ME)["me"]
    if one is None:
        return {}
    return {
        "cards": [
            [
                each["group"]["displayName"],
                ("You lead this group" if "GROUP_ADMIN" in each["roles"] else "You are a member")
                + f", {many(each['group']['memberCount'], 'member')}",
                count(each["group"]["classifications"]["totalCount"]),
                hours(each["group"]["classifications"]["timeSpent"]),
                count(each["group"]["classifications"]["activeUsers"]),
                count(each["group"]["classifications"]["projectCount"]),
            ]
            for each in one["memberships"]["nodes"]
        ]
    }


def certificates(viewer: Viewer) -> Shown:
    one = viewer.ask(_ME)["me"]
    if one is None:
        return {}
    stats, issued = one["classifications"], one["certificates"]
    shown: Shown = {
        "figures": [
            ["Classifications", count(stats["totalCount"])],
            ["Hours", hours(stats["timeSpent"])],
            ["Projects", count(stats["projectCount"])],
        ],
        "certified": [
            [
                f"All projects, Until {day(each['end'])}",
                f"Issued on {day(each['issuedAt'])}."
                + (" Other figures are counted today." if each["figuresChanged"] else ""),
            ]
            for each in issued
        ],
    }
    return shown | (_sheet(viewer, issued[0]) if issued else {})


def certificate(viewer: Viewer) -> Shown:
    document = f"query ($code: String!) {{ certificate(code: $code) {{ {_CERTIFICATE} }} }}"
    one = viewer.ask(document, code=code_of(CERTIFIED))["certificate"]
    assert one["figuresChanged"]
    issued = day(one["issuedAt"])
    said = f"These are the figures of {issued}, the day of issue. Today, others are counted for"
    return _sheet(viewer, one) | {"told": [[f"{said} the same days."]]}


def _sheet(viewer: Viewer, one: Answer) -> Shown:
    code: str = one["code"]
    fours = " ".join(code[place : place + 4] for place in range(0, len(code), 4))
    root = viewer.url.removesuffix("/graphql")
    return {
        # A name that is the login stands there once.
        "sheet": [
            [one["displayName"]],
            *([[f"with the login {one['login']}"]] if one["login"] != one["displayName"] else []),
            [f"Until {day(one['end'])}"],
            [f"Issued on {day(one['issuedAt'])}."],
            [f"Code: {fours}"],
            [f"Check it at {root}/certificates/{code}"],
        ],
        "facts": [
            ["Classifications", count(one["totalCount"])],
            ["Hours", hours(one["timeSpent"])],
            ["Projects", count(one["projectCount"])],
        ],
    }


def nothing(_: Viewer) -> Shown:
    return {}


def _chart(stats: Answer) -> list[list[str]]:
    return [
        [month(one["startsOn"]), count(one["count"])]
        for one in stats["buckets"]
        if one["startsOn"] <= stats["lastDay"]
    ]


def _period(stats: Answer) -> str:
    return f"First classification {day(stats['firstDay'])}, last {day(stats['lastDay'])}"


def _average(seconds: float) -> str:
    return f"{seconds / 60:.0f} minutes on average"


def _milestones(one: Answer) -> list[list[str]]:
    reached, following = one["milestones"]["reached"], one["milestones"]["next"]
    assert following["expectedOn"] is None
    return [
        *([count(each["value"]), f"Reached on {day(each['reachedOn'])}"] for each in reached),
        [f"Next: {count(following['value'])}", f"{count(following['remaining'])} to go"],
    ]


def _goals(goals: list[Answer]) -> list[list[str]]:
    return [_goal(one) for one in goals]


def _goal(one: Answer) -> list[str]:
    progress, own, steps = one["progress"], one["viewerContribution"], one["milestones"]
    target = many(one["target"], "classification")
    did = own and f"You did {many(own['value'], 'classification')} of it ({percent(own['share'])})."
    return [
        one["title"] or target,
        f"{count(progress['value'])} of {target} ({percent(progress['share'])})",
        f"from {day(one['start'])}",
        f"Reached on {day(progress['reachedOn'])}",
        # Of an own goal it would say the same again.
        *([did] if did and one["title"] else []),
        *(count(each["value"]) for each in steps),
        *(f"Reached on {day(each['reachedOn'])}" for each in steps),
    ]


#: For each page without a parameter, what it shows.
PAGES: dict[str, Callable[[Viewer], Shown]] = {
    "/groups": groups,
    "/projects/{id:int}": project,
    "/me": me,
    "/me/certificate": certificates,
    "/certificates/{code}": certificate,
    "/sign-in": nothing,
}
#: For each page of a group.
OF_GROUPS: dict[str, Callable[[Viewer, int], Shown]] = {
    "/groups/{id:int}": group,
    "/groups/{id:int}/contributors": contributors,
}
