"""Members and contributions: their order, their pages, and what is shown of each."""

from typing import Any

import pytest
from sqlalchemy import Connection

from gateway.db import Database
from gateway.directory.load import load_directory
from resolvers import named_members
from resolvers.cursors import id_cursor
from tests.asking import answer, ask
from tests.events_of import HOUR_MS, classification, store

MEMBERS = 23


async def fill(database: Database) -> None:
    """A group whose members tie in threes: 1 and 2 did one each, 3 to 5 did two, and so on."""

    def load(connection: Connection) -> None:
        load_directory(
            connection,
            {
                "users": [{"id": one, "login": f"user-{one}"} for one in range(1, MEMBERS)],
                "user_groups": [{"id": 501, "stats_visibility": "public_show_all"}],
                "memberships": [
                    {
                        "user_id": one,
                        "user_group_id": 501,
                        "state": "active" if one < MEMBERS else "invited",
                        "roles": ["group_member"],
                    }
                    for one in range(1, MEMBERS + 1)
                ],
                "projects": [{"id": 12, "slug": "zoo/dogs"}],
                "workflows": [],
            },
        )

    await database.write(load)
    await store(
        database,
        *(
            classification(100 * user + number, user=user, project=11 + number % 2, groups=(501,))
            for user in range(1, MEMBERS + 1)
            for number in range(1 + user // 3)
        ),
    )


RANKED = sorted(range(1, MEMBERS + 1), key=lambda user: (-(user // 3), user))


async def of_group(database: Database, selection: str, after: str | None = None) -> dict[str, Any]:
    found = await answer(
        database,
        "query ($after: String) { userGroup(id: 501) { classifications {"
        f" {selection} cursor: memberBreakdown(after: $after) {{ __typename }}"
        " } } }",
        {"after": after},
    )
    stats: dict[str, Any] = found["userGroup"]["classifications"]
    del stats["cursor"]  # there so that every document uses its variable
    return stats


def users(members: list[dict[str, Any]]) -> list[int]:
    return [int(member["user"]["id"]) for member in members]


async def test_top_contributors_are_most_first_and_ties_by_ascending_id(database: Database) -> None:
    await fill(database)
    found = await of_group(database, "topContributors(first: 7) { count timeSpent user { id } }")
    assert users(found["topContributors"]) == [21, 22, 23, 18, 19, 20, 15]
    assert found["topContributors"][0] == {
        "count": 8,
        "timeSpent": 8 * HOUR_MS / 1000,
        "user": {"id": "21"},
    }


async def test_lists_are_as_long_as_they_are_whatever_is_selected_of_them(
    database: Database,
) -> None:
    await fill(database)
    found = await of_group(
        database,
        """memberBreakdown(first: 2) {
            edges { __typename } nodes { projectContributions { __typename } } }""",
    )
    breakdown = found["memberBreakdown"]
    assert breakdown["edges"] == [{"__typename": "MemberContributionEdge"}] * 2
    contribution = {"__typename": "ProjectContribution"}
    assert breakdown["nodes"] == [{"projectContributions": [contribution] * 2}] * 2


@pytest.mark.parametrize("first", [2, MEMBERS - 1, MEMBERS, MEMBERS + 1])
async def test_all_pages_make_one_big_page(database: Database, first: int) -> None:
    await fill(database)
    member = "count timeSpent user { id login } projectContributions { count project { id } }"
    page = f"""memberBreakdown(first: {first}, after: $after) {{
        totalCount nodes {{ {member} }} pageInfo {{ hasNextPage endCursor }}
    }}"""
    whole = await of_group(database, f"memberBreakdown(first: 5000) {{ nodes {{ {member} }} }}")
    joined: list[dict[str, Any]] = []
    after, more, pages = None, True, 0
    while more:
        found = (await of_group(database, page, after=after))["memberBreakdown"]
        assert found["totalCount"] == MEMBERS
        joined += found["nodes"]
        after, more = found["pageInfo"]["endCursor"], found["pageInfo"]["hasNextPage"]
        pages += 1
    assert joined == whole["memberBreakdown"]["nodes"]
    assert users(joined) == RANKED
    assert pages == -(-MEMBERS // first)


async def test_pages_by_time_join_and_have_cursors_of_their_own(database: Database) -> None:
    await fill(database)
    # Now the last ones took most time.
    await store(
        database,
        *(
            classification(5000 + user, user=user, session_ms=0, groups=(501,))
            for user in range(1, MEMBERS - 3)
            for _ in range(3)
        ),
    )
    page = """query ($after: String) { userGroup(id: 501) { classifications {
        memberBreakdown(first: 5, after: $after, orderBy: MOST_TIME) {
            nodes { user { id } timeSpent } pageInfo { hasNextPage endCursor }
        }
    } } }"""
    joined: list[dict[str, Any]] = []
    after, more = None, True
    while more:
        data = await answer(database, page, {"after": after})
        found = data["userGroup"]["classifications"]["memberBreakdown"]
        joined += found["nodes"]
        after, more = found["pageInfo"]["endCursor"], found["pageInfo"]["hasNextPage"]
    assert users(joined) == RANKED
    times = [one["timeSpent"] for one in joined]
    assert times == sorted(times, reverse=True)
    asked = await ask(
        database,
        "query ($after: String) { userGroup(id: 501) { classifications {"
        " memberBreakdown(after: $after) { totalCount } } } }",
        {"after": after},
    )
    assert [error.extensions["code"] for error in asked.errors] == ["INVALID_ARGUMENT"]


@pytest.mark.parametrize("order", ["MOST_CLASSIFICATIONS", "ID"])
async def test_who_asks_by_id_misses_nobody_while_counts_change(
    database: Database, order: str
) -> None:
    """By count, member 1 rises from the last page to the first between the two."""
    await fill(database)
    document = f"""query ($after: String) {{ userGroup(id: 501) {{ classifications {{
        memberBreakdown(first: 12, after: $after, orderBy: {order}) {{
            nodes {{ user {{ id }} }} edges {{ cursor }} pageInfo {{ hasNextPage endCursor }}
        }}
    }} }} }}"""

    async def page(after: str | None) -> dict[str, Any]:
        found = await answer(database, document, {"after": after})
        breakdown: dict[str, Any] = found["userGroup"]["classifications"]["memberBreakdown"]
        return breakdown

    first = await page(None)
    await store(database, *(classification(9000 + one, groups=(501,)) for one in range(50)))
    second = await page(first["pageInfo"]["endCursor"])
    assert first["edges"][-1]["cursor"] == first["pageInfo"]["endCursor"]
    assert second["pageInfo"]["hasNextPage"] is False
    seen = users([*first["nodes"], *second["nodes"]])
    if order == "ID":
        assert seen == list(range(1, MEMBERS + 1))
    else:
        assert sorted(seen) == list(range(2, MEMBERS + 1))


NAMED = {
    # By id: login, display name.
    1: ("ada", "Ada Lovelace"),
    2: ("countess", "ada"),
    3: ("bert", "Bert van Ada"),
    4: ("Adam", None),
    5: ("zoe", "ÉLAN Vital"),
    6: ("e6", "e\u0301lan"),
    7: ("eve", "<b>Eve</b>"),
}


async def name_members(database: Database) -> None:
    """Volunteers 1 to 7, each with as many classifications and hours as 8 minus the id."""
    users = [
        {"id": one, "login": login, "display_name": shown} for one, (login, shown) in NAMED.items()
    ]
    groups = [{"id": 501, "stats_visibility": "public_show_all"}]
    await database.write(
        lambda connection: load_directory(connection, {"users": users, "user_groups": groups})
    )
    await store(
        database,
        *(
            classification(100 * user + number, user=user, groups=(501,))
            for user in range(1, 9)
            for number in range(9 - user)
        ),
    )


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        # Nobody knows what 8 is called. Letters with an accent come after all others.
        ("orderBy: NAME", [8, 7, 2, 1, 4, 3, 6, 5]),
        ('search: "ada"', [1, 2, 3, 4]),
        ('search: " Van  ADA "', [3]),
        ('search: "éLan"', [5, 6]),
        ('search: "b"', [3, 7]),
        ('search: "da"', []),
        ('search: "countess"', [2]),
        ('search: "%"', []),
        ('search: " "', [1, 2, 3, 4, 5, 6, 7, 8]),
        ('search: "ada" orderBy: NAME', [2, 1, 4, 3]),
        ('search: "ada" orderBy: ID', [1, 2, 3, 4]),
        ('search: "ada" orderBy: MOST_TIME', [1, 2, 3, 4]),
    ],
)
async def test_members_are_found_and_ordered_by_their_names(
    database: Database, arguments: str, expected: list[int]
) -> None:
    await name_members(database)
    page = f"""query ($after: String) {{ userGroup(id: 501) {{ classifications {{
        memberBreakdown({arguments} first: 2 after: $after) {{
            totalCount nodes {{ user {{ id }} }} pageInfo {{ hasNextPage endCursor }}
        }}
    }} }} }}"""
    joined: list[int] = []
    after, more = None, True
    while more:
        data = await answer(database, page, {"after": after})
        found = data["userGroup"]["classifications"]["memberBreakdown"]
        assert found["totalCount"] == len(expected)
        joined += users(found["nodes"])
        after, more = found["pageInfo"]["endCursor"], found["pageInfo"]["hasNextPage"]
    assert joined == expected


async def test_who_is_found_and_ties_is_by_ascending_id(database: Database) -> None:
    await fill(database)
    for order in ("MOST_CLASSIFICATIONS", "MOST_TIME"):
        found = await of_group(
            database,
            f'memberBreakdown(search: "user" orderBy: {order}) {{ nodes {{ user {{ id }} }} }}',
        )
        # All but the last, who has no name.
        assert users(found["memberBreakdown"]["nodes"]) == [one for one in RANKED if one != MEMBERS]


async def test_a_cursor_of_a_search_is_that_of_no_other(database: Database) -> None:
    await name_members(database)
    edges = 'memberBreakdown(first: 1 search: "ada") { edges { cursor } }'
    (edge,) = (await of_group(database, edges))["memberBreakdown"]["edges"]
    for other in ("", 'search: "b"', 'search: "ada" orderBy: ID', "orderBy: NAME"):
        asked = await ask(
            database,
            "query ($after: String) { userGroup(id: 501) { classifications {"
            f" memberBreakdown(after: $after {other}) {{ totalCount }} }} }} }}",
            {"after": edge["cursor"]},
        )
        assert [error.extensions["code"] for error in asked.errors] == ["INVALID_ARGUMENT"]


@pytest.mark.parametrize(("argument", "value"), [("search", '"ada"'), ("orderBy", "NAME")])
async def test_names_of_more_members_than_that_are_not_read(
    database: Database, monkeypatch: pytest.MonkeyPatch, argument: str, value: str
) -> None:
    await name_members(database)
    document = f"""{{ userGroup(id: 501) {{ classifications {{
        memberBreakdown({argument}: {value}) {{ totalCount }}
    }} }} }}"""
    monkeypatch.setattr(named_members, "MOST_NAMED", 8)
    assert (await ask(database, document)).errors == []
    monkeypatch.setattr(named_members, "MOST_NAMED", 7)
    (error,) = (await ask(database, document)).errors
    assert error.extensions["code"] == "OUT_OF_BOUNDS"
    assert error.extensions["argument"] == argument


async def test_a_cursor_goes_on_behind_its_member(database: Database) -> None:
    await fill(database)
    edges = "memberBreakdown(first: 5, after: $after) { edges { cursor node { user { id } } } }"
    found = (await of_group(database, edges))["memberBreakdown"]["edges"]
    assert users([edge["node"] for edge in found]) == RANKED[:5]
    further = (await of_group(database, edges, after=found[1]["cursor"]))["memberBreakdown"]
    assert users([edge["node"] for edge in further["edges"]]) == RANKED[2:7]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("nodes", "edge"),
    [
        ("count", "user { login }"),
        ("user { login }", "count"),
        ("user { id }", "projectContributions { project { slug } }"),
        ("projectContributions { count }", "projectContributions { project { slug } }"),
    ],
)
async def test_nodes_and_edges_may_select_different_details(
    database: Database, nodes: str, edge: str
) -> None:
    await fill(database)
    breakdown = "memberBreakdown(first: 3) {{ {} }}".format
    both = await of_group(database, breakdown(f"nodes {{ {nodes} }} edges {{ node {{ {edge} }} }}"))
    alone = await of_group(database, breakdown(f"nodes {{ {edge} }}"))
    found = [one["node"] for one in both["memberBreakdown"]["edges"]]
    assert found == alone["memberBreakdown"]["nodes"]
    assert found[0] in (
        {"user": {"login": "user-21"}},
        {"count": 8},
        {"projectContributions": [{"project": {"slug": None}}, {"project": {"slug": "zoo/dogs"}}]},
    )


async def test_members_unknown_to_the_directory_have_no_names(database: Database) -> None:
    await fill(database)
    found = await of_group(database, "topContributors(first: 3) { user { id login displayName } }")
    assert [one["user"] for one in found["topContributors"]][1:] == [
        {"id": "22", "login": "user-22", "displayName": "user-22"},
        {"id": "23", "login": None, "displayName": None},
    ]


async def test_the_roster_holds_active_members_by_ascending_id(database: Database) -> None:
    await fill(database)
    document = f"""{{ userGroup(id: 501) {{
        members(first: 5, after: "{id_cursor(19)}") {{ nodes {{ id login }} }}
    }} }}"""
    assert (await answer(database, document))["userGroup"]["members"]["nodes"] == [
        {"id": "20", "login": "user-20"},
        {"id": "21", "login": "user-21"},
        {"id": "22", "login": "user-22"},
    ]


async def test_memberships_hold_everybody_by_ascending_id(database: Database) -> None:
    await fill(database)
    document = f"""{{ userGroup(id: 501) {{
        memberships(first: 2, after: "{id_cursor(21)}") {{
            nodes {{ state roles user {{ id login }} group {{ id }} }}
        }}
    }} }}"""
    rest = {"roles": ["GROUP_MEMBER"], "group": {"id": "501"}}
    assert (await answer(database, document))["userGroup"]["memberships"]["nodes"] == [
        {"state": "ACTIVE", "user": {"id": "22", "login": "user-22"}, **rest},
        {"state": "INVITED", "user": {"id": "23", "login": None}, **rest},
    ]


@pytest.mark.parametrize(
    ("days", "last"),
    [
        ("", {1: {11: "2024-02-09", 12: "2024-02-03"}, 2: {11: "2024-03-01"}}),
        (
            '(range: { start: "2024-01-01", end: "2024-02-28" })',
            {1: {11: "2024-02-09", 12: "2024-02-03"}},
        ),
        (
            '(range: { end: "2024-02-08" }, within: { projectIds: [11, 13] })',
            {1: {11: "2024-02-02"}},
        ),
    ],
)
async def test_contributions_of_members_tell_the_last_day_within_the_range(
    database: Database, days: str, last: dict[int, dict[int, str]]
) -> None:
    """For the group alone: what a member did without it is no part of it."""
    group = {"user_groups": [{"id": 501, "stats_visibility": "public_show_all"}]}
    await database.write(lambda connection: load_directory(connection, group))
    await store(
        database,
        classification(1, "2024-02-02T12:00", project=11, groups=(501,)),
        classification(2, "2024-02-09T12:00", project=11, groups=(501,)),
        classification(3, "2024-02-03T12:00", project=12, groups=(501,)),
        classification(4, "2024-03-01T12:00", project=11, user=2, groups=(501,)),
        classification(5, "2024-02-27T12:00", project=11),
        classification(6, "2024-02-27T12:00", project=12, groups=(502,)),
    )
    of_project = "projectContributions { project { id } lastContributedOn }"
    member = f"user {{ id }} {of_project}"
    document = f"""{{ userGroup(id: 501) {{ classifications{days} {{
        memberBreakdown {{ nodes {{ {member} }} edges {{ node {{ {member} }} }} }}
        topContributors {{ {member} }}
    }} }} }}"""
    stats = (await answer(database, document))["userGroup"]["classifications"]
    for members in (
        stats["topContributors"],
        stats["memberBreakdown"]["nodes"],
        [edge["node"] for edge in stats["memberBreakdown"]["edges"]],
    ):
        assert {
            int(member["user"]["id"]): {
                int(one["project"]["id"]): one["lastContributedOn"]
                for one in member["projectContributions"]
            }
            for member in members
        } == last


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("", [13, 11, 12, 14]),
        ("(first: 2)", [13, 11]),
        ("(first: null)", [13, 11, 12, 14]),
        ("(orderBy: MOST_CLASSIFICATIONS)", [13, 11, 12, 14]),
        ("(orderBy: MOST_RECENT)", [14, 12, 13, 11]),
        ("(orderBy: MOST_RECENT, first: 1)", [14]),
    ],
)
async def test_contributions_are_ordered_and_ties_are_by_ascending_project(
    database: Database, arguments: str, expected: list[int]
) -> None:
    days = {11: ("01", "02"), 12: ("09", "02"), 13: ("03", "09", "09"), 14: ("10",)}
    await store(
        database,
        *(
            classification(100 * project + number, f"2024-02-{day}T12:00", project=project)
            for project, each in days.items()
            for number, day in enumerate(each)
        ),
        classification(1, "2024-02-20T12:00", user=2, project=11),
    )
    await database.write(
        lambda connection: load_directory(connection, {"users": [{"id": 1, "login": "ada"}]})
    )
    document = f"""{{ user(id: 1) {{ classifications {{
        projectCount
        projectContributions{arguments} {{ project {{ id }} lastContributedOn }}
    }} }} }}"""
    stats = (await answer(database, document))["user"]["classifications"]
    assert stats["projectCount"] == 4
    assert stats["projectContributions"] == [
        {"project": {"id": str(project)}, "lastContributedOn": f"2024-02-{max(days[project])}"}
        for project in expected
    ]
