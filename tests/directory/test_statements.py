import pytest
from sqlalchemy import Select

from gateway.db import Database
from gateway.directory.document import read_document
from gateway.directory.load import store_rows
from gateway.directory.memberships import (
    MEMBERS_BY_GROUP,
    MEMBERSHIPS_BY_GROUP,
    MEMBERSHIPS_BY_USER,
    MEMBERSHIPS_OF_VIEWER,
    Membership,
    MembershipState,
    membership_of,
)
from gateway.directory.projects import PROJECTS_BY_ID, Project, project_of
from gateway.directory.stats_visibility import StatsVisibility
from gateway.directory.user_groups import USER_GROUPS_BY_ID, user_group_of
from gateway.directory.users import USERS_BY_ID, User, user_of
from gateway.directory.workflows import (
    WORKFLOWS_BY_ID,
    WORKFLOWS_BY_PROJECT,
    Workflow,
    workflow_of,
)

ACTIVE, INVITED, INACTIVE = (
    MembershipState.ACTIVE,
    MembershipState.INVITED,
    MembershipState.INACTIVE,
)
MEMBER = frozenset({"group_member"})


def member(user_id: int, group_id: int, state: str, *roles: str) -> dict[str, object]:
    return {"user_id": user_id, "user_group_id": group_id, "state": state, "roles": list(roles)}


DOCUMENT = {
    "users": [{"id": 1002, "login": "ada", "display_name": "Ada"}, {"id": 1003}],
    "user_groups": [{"id": 501, "name": "g1", "stats_visibility": 3, "private": True}],
    "memberships": [
        member(1004, 501, "active", "group_member"),
        member(1002, 502, "active", "group_member"),
        member(1002, 501, "active", "group_admin", "group_member"),
        member(1003, 501, "inactive", "group_member"),
        member(1005, 501, "active"),
        member(1006, 501, "invited", "group_member"),
    ],
    "projects": [{"id": 11, "slug": "zoo/cats", "display_name": "Cats"}],
    "workflows": [
        {"id": 103, "project_id": 11},
        {"id": 102, "project_id": 12, "active": False},
        {"id": 101, "project_id": 11, "active": True, "completeness": 1, "retirement_count": 3},
    ],
}


@pytest.fixture
async def database(database: Database) -> Database:
    await database.write(lambda connection: store_rows(connection, read_document(DOCUMENT)))
    return database


async def test_entities_are_found_by_id(database: Database) -> None:
    async with database.read() as snapshot:
        users = await snapshot.fetch(USERS_BY_ID, {"ids": [1002, 9999]})
        groups = await snapshot.fetch(USER_GROUPS_BY_ID, {"ids": [501, 9999]})
        projects = await snapshot.fetch(PROJECTS_BY_ID, {"ids": [11, 9999]})
        workflows = await snapshot.fetch(WORKFLOWS_BY_ID, {"ids": [101, 9999]})
    level = StatsVisibility.PUBLIC_AGG_SHOW_IND_IF_MEMBER
    assert [user_of(row) for row in users] == [User(1002, "ada", "Ada")]
    assert [user_group_of(row)[:6] for row in groups] == [(501, "g1", None, level, True, False)]
    assert [project_of(row) for row in projects] == [Project(11, "zoo/cats", "Cats")]
    assert [workflow_of(row) for row in workflows] == [
        Workflow(101, 11, None, active=True, completeness=1.0, subjects_count=None,
                 retirement_count=3)
    ]  # fmt: skip


@pytest.mark.parametrize(
    "statement",
    [USERS_BY_ID, USER_GROUPS_BY_ID, PROJECTS_BY_ID, WORKFLOWS_BY_ID, MEMBERSHIPS_BY_USER],
)
async def test_no_ids_find_nothing(database: Database, statement: Select[*tuple[object]]) -> None:
    async with database.read() as snapshot:
        assert await snapshot.fetch(statement, {"ids": []}) == []


async def test_workflows_of_projects_come_by_ascending_id(database: Database) -> None:
    async with database.read() as snapshot:
        found = await snapshot.fetch(WORKFLOWS_BY_PROJECT, {"ids": [12, 11]})
    assert [(row.project_id, row.id) for row in found] == [(11, 101), (11, 103), (12, 102)]


async def test_a_viewers_memberships_of_many_groups_are_one_statement(database: Database) -> None:
    async with database.read() as snapshot:
        ada = await snapshot.fetch(MEMBERSHIPS_OF_VIEWER, {"viewer": 1002, "ids": [501, 777]})
        bob = await snapshot.fetch(MEMBERSHIPS_OF_VIEWER, {"viewer": 1003, "ids": [501, 502]})
    admin = (501, 1002, ACTIVE, frozenset({"group_admin", "group_member"}))
    assert [membership_of(row)[:4] for row in ada] == [admin]
    assert [membership_of(row)[:4] for row in bob] == [(501, 1003, INACTIVE, MEMBER)]


async def test_a_users_memberships_come_by_ascending_group_whatever_their_state(
    database: Database,
) -> None:
    async with database.read() as snapshot:
        found = await snapshot.fetch(MEMBERSHIPS_BY_USER, {"ids": [1006, 1002]})
    assert [membership_of(row)[:3] for row in found] == [
        (501, 1002, ACTIVE),
        (502, 1002, ACTIVE),
        (501, 1006, INVITED),
    ]


async def test_a_groups_memberships_come_by_ascending_user_whatever_their_state(
    database: Database,
) -> None:
    async with database.read() as snapshot:
        found = await snapshot.fetch(MEMBERSHIPS_BY_GROUP, {"ids": [501]})
    assert [membership_of(row)[:3] for row in found] == [
        (501, 1002, ACTIVE),
        (501, 1003, INACTIVE),
        (501, 1004, ACTIVE),
        (501, 1005, ACTIVE),
        (501, 1006, INVITED),
    ]


async def test_a_roster_is_the_effective_memberships_by_ascending_user(database: Database) -> None:
    async with database.read() as snapshot:
        found = await snapshot.fetch(MEMBERS_BY_GROUP, {"ids": [501, 502]})
    roster = [membership_of(row) for row in found]
    assert [(one.group_id, one.user_id) for one in roster] == [
        (501, 1002),
        (501, 1004),
        (502, 1002),
    ]
    assert all(one.is_effective for one in roster)


@pytest.mark.parametrize(
    ("state", "roles", "is_effective", "is_group_admin"),
    [
        (ACTIVE, {"group_admin"}, True, True),
        (ACTIVE, {"group_member"}, True, False),
        (ACTIVE, set(), False, False),
        (INVITED, {"group_admin"}, False, False),
        (INACTIVE, {"group_admin"}, False, False),
    ],
)
def test_only_an_active_membership_with_a_role_counts(
    state: MembershipState, roles: set[str], is_effective: bool, is_group_admin: bool
) -> None:
    membership = Membership(501, 1002, state, frozenset(roles))
    assert membership.is_effective is is_effective
    assert membership.is_group_admin is is_group_admin
