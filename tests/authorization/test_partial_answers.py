"""What is refused is missing alone, and deciding costs as much for one group as for many."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.auth.viewer import ANONYMOUS, Viewer
from gateway.db import Database
from gateway.directory.load import load_directory
from tests.asking import ask
from tests.authorization.people import ELSEWHERE, open_group, private_group

MIXED = """{
  classifications { totalCount }
  gatewayStats { ledgerSize }
  other: user(id: 1006) { login classifications { totalCount } memberships { nodes { state } } }
  public: userGroup(id: 12) {
    name
    classifications { totalCount topContributors { count } memberBreakdown { totalCount } }
    members { nodes { id } }
    memberships { nodes { state } }
  }
  closed: userGroup(id: 10) { name statsVisibility classifications { totalCount } }
  hidden: userGroup(id: 20) { name }
  both: userGroupsByIds(ids: [14, 20]) {
    id
    classifications { activeUsers topContributors { count } }
  }
}"""


@pytest.mark.parametrize(
    ("viewer", "code"), [(ANONYMOUS, "UNAUTHENTICATED"), (Viewer(id=1001), "FORBIDDEN")]
)
async def test_an_operation_answers_what_it_may_and_says_what_it_may_not(
    filled: Database, viewer: Viewer, code: str
) -> None:
    asked = await ask(filled, MIXED, viewer=viewer)
    assert asked.data == {
        "classifications": {"totalCount": 10},
        "gatewayStats": None,
        "other": {"login": "user-1006", "classifications": None, "memberships": None},
        "public": {
            "name": "open-2",
            "classifications": {
                "totalCount": 10,
                "topContributors": None,
                "memberBreakdown": None,
            },
            "members": None,
            "memberships": None,
        },
        "closed": {
            "name": "open-0",
            "statsVisibility": "PRIVATE_AGG_ONLY",
            "classifications": None,
        },
        "hidden": None,
        "both": [
            {
                "id": "14",
                "classifications": {"activeUsers": 10, "topContributors": [{"count": 1}] * 10},
            },
            None,
        ],
    }
    assert {
        ".".join(map(str, error.path or ())): (error.extensions or {})["code"]
        for error in asked.errors
    } == {
        "gatewayStats": code,
        "other.classifications": code,
        "other.memberships": code,
        "public.classifications.topContributors": code,
        "public.classifications.memberBreakdown": code,
        "public.members": code,
        "public.memberships": code,
        "closed.classifications": code,
        "hidden": "NOT_FOUND",
    }
    assert len(asked.errors) == 9


async def test_an_admin_of_one_group_is_nobody_in_another(filled: Database) -> None:
    ids = [open_group(0), open_group(1), open_group(2), private_group(0), private_group(2)]
    document = f"""{{ userGroupsByIds(ids: {ids}) {{
        id
        viewerMembership {{ roles }}
        classifications {{ totalCount topContributors {{ count }} }}
        memberships(first: 1) {{ nodes {{ state }} }}
    }} }}"""
    asked = await ask(filled, document, viewer=Viewer(id=ELSEWHERE))
    top = [{"count": 1}] * 10

    def shown(group: int, role: str | None, total: bool, each: bool, admin: bool) -> dict[str, Any]:
        return {
            "id": str(group),
            "viewerMembership": {"roles": [role]} if role else None,
            "classifications": {"totalCount": 10, "topContributors": top if each else None}
            if total
            else None,
            "memberships": {"nodes": [{"state": "INVITED"}]} if admin else None,
        }

    assert asked.data["userGroupsByIds"] == [
        shown(open_group(0), "GROUP_ADMIN", total=True, each=True, admin=True),
        shown(open_group(1), None, total=False, each=False, admin=False),
        shown(open_group(2), "GROUP_MEMBER", total=True, each=False, admin=False),
        None,
        shown(private_group(2), None, total=True, each=False, admin=False),
    ]


@pytest.mark.parametrize(
    ("selection", "statements"),
    [
        # Groups and the viewer's memberships of them.
        ("name", 1),
        ("classifications { __typename }", 1),
        ("classifications { topContributors(first: 1) { count } }", 2),
        # The memberships that are listed, too.
        (
            "classifications { __typename } members { nodes { id } }"
            " memberships { nodes { state } }",
            2,
        ),
    ],
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_deciding_takes_as_many_statements_for_groups_of_a_thousand_as_for_one_of_one(
    database: Database, selection: str, statements: int
) -> None:
    sizes = {1: 1000, 2: 1000, 3: 1}
    document = {
        "user_groups": [{"id": group, "stats_visibility": "private_agg_only"} for group in sizes],
        "memberships": [
            {
                "user_id": user,
                "user_group_id": group,
                "state": "active",
                "roles": ["group_admin" if user == 1 else "group_member"],
            }
            for group, size in sizes.items()
            for user in range(1, size + 1)
        ],
    }
    await database.write(lambda connection: load_directory(connection, document))
    taken = {}
    for ids in ([3], [1], [1, 2], [1, 2, 3]):
        asked = await ask(
            database, f"{{ userGroupsByIds(ids: {ids}) {{ {selection} }} }}", viewer=Viewer(id=1)
        )
        assert asked.errors == []
        taken[tuple(ids)] = asked.statements
    assert set(taken.values()) == {statements}
