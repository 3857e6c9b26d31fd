"""Pages of records look up what they are narrowed to, and read no table whole."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from gateway.db import Database
from gateway.directory.group_pages import GroupList, group_page, group_page_count
from gateway.directory.listed_members import LISTED_MEMBERS
from gateway.directory.load import load_directory
from gateway.directory.membership_pages import (
    MembershipList,
    RosterList,
    SeenMemberships,
    membership_count,
    membership_page,
    roster_page,
)
from tests.query_plans import rows_read

#: So many that PostgreSQL looks them up: it reads a table of a thousand groups whole.
GROUPS, MEMBERS = 5_000, 2
PAGE = {"limit": 20, "offset": 0}
#: Of the 10,000 memberships.
FEW = 400


@pytest.fixture
async def filled(database: Database) -> Database:
    document: dict[str, list[dict[str, Any]]] = {
        "user_groups": [
            {"id": one, "name": f"group-{one}", "stats_visibility": "public_show_all"}
            for one in range(1, GROUPS + 1)
        ],
        "memberships": [
            {
                "user_group_id": group,
                "user_id": group * 10 + one,
                "state": "active",
                "roles": ["group_member"],
            }
            for group in range(1, GROUPS + 1)
            for one in range(MEMBERS)
        ],
    }
    await database.write(lambda connection: load_directory(connection, document))
    await database.write(lambda connection: connection.execute(text("ANALYZE")))
    return database


SEEN = SeenMemberships(user_id=31, led=(3,), rosters=(4,))
QUESTIONS = {
    "of a user": MembershipList(SEEN, user_ids=(31, 52)),
    "of a group": MembershipList(SEEN, group_ids=(7, 8)),
    "of both": MembershipList(SEEN, user_ids=(31,), group_ids=(3,)),
    "by id": MembershipList(SEEN, ids=(1, 2, 3)),
    "of a site admin": MembershipList(SeenMemberships(everything=True), group_ids=(7,)),
}


@pytest.mark.parametrize("name", QUESTIONS)
async def test_narrowed_memberships_are_looked_up(filled: Database, name: str) -> None:
    for asked, more in ((membership_page, PAGE), (membership_count, {})):
        statement, bound = asked(QUESTIONS[name])
        read = await filled.write(
            lambda connection, s=statement, b={**bound, **more}: rows_read(connection, s, b)
        )
        assert read < FEW


async def test_pages_of_groups_and_rosters_are_looked_up(filled: Database) -> None:
    groups = GroupList(own=(3,), ids=(3, 4, 5))
    asked = [
        (group_page(groups)[0], {**group_page(groups)[1], **PAGE}),
        group_page_count(groups),
        (roster_page(RosterList(7))[0], {**roster_page(RosterList(7))[1], **PAGE}),
        (LISTED_MEMBERS, {"ids": [7, 8], "shown": [7], "user": 31}),
    ]
    for statement, bound in asked:
        read = await filled.write(
            lambda connection, s=statement, b=bound: rows_read(connection, s, b)
        )
        assert read < FEW
