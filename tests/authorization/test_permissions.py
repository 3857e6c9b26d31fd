"""What an operation may learn of its viewer, and that it is recorded."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from pathlib import Path
from types import FunctionType, MethodType, ModuleType
from typing import Any

import pytest

from gateway.auth.viewer import Viewer
from gateway.auth.visibility import ViewerRole
from gateway.db import Database
from gateway.directory.memberships import Membership, MembershipState
from gateway.loaders.operation import Operation
from gateway.loaders.permissions import GroupPermissions
from resolvers.schema import graphql_schema
from tests.asking import NOW
from tests.authorization.people import ASKING, ended_group, open_group, private_group
from tests.executing import executed

ROOT = Path(__file__).parents[2]
#: Where a viewer comes in, and the one place that keeps it.
MAY_NAME_A_VIEWER = {"gateway/loaders/operation.py", "gateway/loaders/permissions.py"}
WITHOUT_A_VIEWER = sorted(
    name
    for package in ("resolvers", "gateway/loaders", "gateway/stats")
    for path in (ROOT / package).rglob("*.py")
    if (name := path.relative_to(ROOT).as_posix()) not in MAY_NAME_A_VIEWER
)
MEMBER, ADMIN = ASKING["member"], ASKING["group admin"]
LEVEL_0 = open_group(0)


def names_in(path: str) -> Iterable[str]:
    """All modules that a module imports, and all attributes that it reads."""
    for node in ast.walk(ast.parse((ROOT / path).read_text())):
        if isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{one.name}" for one in node.names)
        elif isinstance(node, ast.Import):
            yield from (one.name for one in node.names)
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            # As getattr would name it.
            yield node.value


@pytest.mark.parametrize("path", WITHOUT_A_VIEWER)
def test_resolvers_and_loaders_name_no_viewer(path: str) -> None:
    reached = [
        name
        for name in names_in(path)
        if name.startswith("gateway.auth.viewer.")
        or name in {"gateway.auth.viewer", "viewer", "_viewer"}
        or "_ViewerPermissions__" in name
    ]
    # A parameter of one statement has that name, for an id that its loader was given.
    allowed = ["viewer"] if path == "gateway/loaders/directory.py" else []

    assert reached == allowed


def reachable(root: object) -> Iterable[object]:
    """All that public attributes lead to, of the project's own objects."""
    seen: set[int] = set()
    waiting = [root]
    while waiting:
        one = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        if isinstance(one, dict):
            waiting += [*one.keys(), *one.values()]
        elif isinstance(one, list | tuple | set | frozenset):
            waiting += one
        passed = isinstance(one, type | FunctionType | MethodType | ModuleType)
        if not passed and type(one).__module__.startswith(("gateway", "resolvers")):
            waiting += [getattr(one, name, None) for name in dir(one) if not name.startswith("_")]


async def test_no_public_name_leads_from_an_operation_to_its_viewer(filled: Database) -> None:
    async with Operation(filled, MEMBER, NOW) as operation:
        await executed(graphql_schema, f"{{userGroup(id:{LEVEL_0}){{id}}}}", None, operation)
        found = list(reachable(operation))

        assert any(isinstance(one, GroupPermissions) for one in found)
        assert [one for one in found if isinstance(one, Viewer | Membership)] == []


async def asked_by(filled: Database, viewer: Viewer, document: str) -> Any:
    """What an operation has asked of its viewer: groups, or that it is personal."""
    async with Operation(filled, viewer, NOW) as operation:
        await executed(graphql_schema, document, None, operation)
        permissions = operation.permissions
        return "personal" if permissions.personal else permissions.group_permissions


SHAREABLE = {
    "{projectsByIds(ids:[11]){displayName}}": [],
    "{user(id:1006){login comments{totalCount}}}": [],
    "{classifications{totalCount}}": [],
    f"{{userGroup(id:{LEVEL_0}){{id classifications{{totalCount}}}}}}": [LEVEL_0],
    f"{{userGroupsByIds(ids:[{LEVEL_0},{private_group(1)}]){{id}}}}": [LEVEL_0, private_group(1)],
    "{userGroupsByIds(ids:[99]){id}}": [99],
    f"{{userGroupsByIds(ids:[{ended_group(0)}]){{id}}}}": [ended_group(0)],
    f"{{userGroup(id:{LEVEL_0}){{viewerMembership{{state roles __typename}}}}}}": [LEVEL_0],
    f"{{userGroup(id:{LEVEL_0}){{memberships{{nodes{{user{{login}}state}}}}}}}}": [LEVEL_0],
    f'{{_entities(representations:[{{__typename:"UserGroup",id:"{LEVEL_0}"}}]){{__typename}}}}': [
        LEVEL_0
    ],
}


@pytest.mark.parametrize("document", SHAREABLE)
async def test_only_permissions_in_groups_are_shareable(filled: Database, document: str) -> None:
    permissions = GroupPermissions(
        ViewerRole.GROUP_ADMIN, MembershipState.ACTIVE, frozenset({"group_admin"})
    )
    none = GroupPermissions(ViewerRole.ANYONE)

    assert await asked_by(filled, ADMIN, document) == {
        group: none if group == 99 else permissions for group in SHAREABLE[document]
    }


PERSONAL = [
    "{me{id}}",
    "{me{login}}",
    "{user(id:1001){viewerPermissions{editGoals}}}",
    "{user(id:1006){classifications{totalCount}}}",
    "{user(id:1001){classifications{totalCount}}}",
    "{user(id:1006){memberships{nodes{state}}}}",
    "{me{memberships{nodes{group{id}}}}}",
    "{gatewayStats{ledgerSize}}",
    '{userGroupCounts(range:{start:"2024-01-01",end:"2024-01-02"}){totalCount}}',
    f"{{userGroup(id:{LEVEL_0}){{viewerMembership{{user{{id}}}}}}}}",
    f"{{userGroup(id:{LEVEL_0}){{viewerMembership{{state group{{id}}}}}}}}",
    f"{{userGroup(id:{LEVEL_0}){{viewerMembership{{...on Membership{{user{{login}}}}}}}}}}",
    f"{{userGroup(id:{LEVEL_0}){{mine:viewerMembership{{...M}}}}}}"
    "fragment M on Membership{roles whose:user{__typename}}",
]


@pytest.mark.parametrize("document", PERSONAL)
async def test_all_else_makes_an_answer_personal(filled: Database, document: str) -> None:
    assert await asked_by(filled, MEMBER, document) == "personal"


@pytest.mark.parametrize(
    ("viewer", "may"),
    [
        (Viewer(1001), True),
        (Viewer(1002), False),
        (Viewer(1002, is_site_admin=True), False),
        (Viewer(1001, may_change_groups=False), False),
        (Viewer(api_key_id="key"), False),
        (Viewer(), False),
    ],
)
async def test_one_changes_what_is_ones_own_with_credentials_that_allow_it(
    filled: Database, viewer: Viewer, may: bool
) -> None:
    async with Operation(filled, viewer, NOW) as operation:
        assert operation.permissions.may_change_as(1001) is may
        assert operation.permissions.personal


REFUSED = f"{{userGroup(id:{LEVEL_0}){{classifications{{totalCount}}}}}}"


@pytest.mark.parametrize("asking", ["anonymous", "not a member", "API key without a scope"])
async def test_a_refusal_tells_whether_credentials_were_sent(filled: Database, asking: str) -> None:
    assert await asked_by(filled, ASKING[asking], REFUSED) == "personal"


async def test_viewers_of_each_kind_have_the_permissions_that_others_share(
    filled: Database,
) -> None:
    document = f"{{userGroupsByIds(ids:[{LEVEL_0}]){{id}}}}"
    found = {
        asking: (await asked_by(filled, viewer, document))[LEVEL_0]
        for asking, viewer in ASKING.items()
    }
    anyone, site_admin = (
        GroupPermissions(role) for role in (ViewerRole.ANYONE, ViewerRole.SITE_ADMIN)
    )

    assert [asking for asking in found if found[asking] == anyone] == [
        "anonymous",
        "not a member",
        "API key with groups:count",
        "API key without a scope",
    ]
    assert [asking for asking in found if found[asking] == site_admin] == ["site admin"]
    # A key sees the same, but nothing that it could change.
    reader = site_admin._replace(only_reads=True)
    assert [asking for asking in found if found[asking] == reader] == ["API key with stats:read"]
    # Whoever has a membership shares only with who has one in the same state, with the same roles.
    assert len(set(found.values())) == 3 + 7
