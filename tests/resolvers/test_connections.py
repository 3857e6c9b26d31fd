"""Connections: pages that hold each item once, as Relay's specification has them."""

from __future__ import annotations

from typing import Any

import pytest
from prometheus_client import generate_latest
from sqlalchemy import Connection

from gateway.db import Database
from gateway.directory.load import load_directory, store_rows
from gateway.directory.memberships import encode_roles
from gateway.loaders.operation import Operation
from gateway.loaders.watched import Watch
from gateway.telemetry.metrics import Metrics
from resolvers.schema import graphql_schema
from tests.asking import ADMIN, NOW, answer
from tests.events_of import classification, store
from tests.executing import executed

MEMBERS = 7
#: Connections of group 501 and of user 1, which is in as many groups as the group has members.
CONNECTIONS = {
    "members": ("userGroup(id: 501) { %s }", "id"),
    "memberships": ("userGroup(id: 501) { %s }", "user { id }"),
    "memberships ": ("user(id: 1) { %s }", "group { id }"),
    "memberBreakdown": ("userGroup(id: 501) { classifications { %s } }", "user { id }"),
}
BEGAN = "2024-02-29T12:00:00.5Z"


async def fill(database: Database) -> None:
    def load(connection: Connection) -> None:
        pairs = {(501, one) for one in range(1, MEMBERS + 1)}
        pairs |= {(500 + one, 1) for one in range(1, MEMBERS + 1)}
        members = [
            {
                "user_group_id": group,
                "user_id": user,
                "state": "active",
                "roles": ["group_member", "group_admin"] if user == 2 else ["group_member"],
                "created_at": BEGAN if user == 2 else None,
            }
            for group, user in sorted(pairs)
        ]
        groups = [{"id": 500 + one, "stats_visibility": 4} for one in range(1, MEMBERS + 1)]
        document = {"users": [{"id": 1}], "user_groups": groups, "memberships": members}
        load_directory(connection, document)

    await database.write(load)
    await store(
        database,
        *(classification(one, user=one, groups=(501,)) for one in range(1, MEMBERS + 1)),
    )


def leaf(data: Any) -> Any:
    while "pageInfo" not in data:
        (data,) = data.values()
    return data


@pytest.mark.parametrize("name", CONNECTIONS)
@pytest.mark.parametrize("first", [1, 3, MEMBERS - 1, MEMBERS, MEMBERS + 1])
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_pages_hold_each_item_once_and_tell_where_they_are(
    database: Database, name: str, first: int
) -> None:
    await fill(database)
    path, node = CONNECTIONS[name]
    page = f"""{name.strip()}(first: {first}, after: $after) {{
        totalCount
        pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }}
        nodes {{ {node} }}
        edges {{ cursor node {{ {node} }} }}
    }}"""
    document = "query ($after: String) { " + path % page + " }"
    seen: list[Any] = []
    after, more = None, True
    while more:
        found = leaf(await answer(database, document, {"after": after}))
        info, cursors = found["pageInfo"], [edge["cursor"] for edge in found["edges"]]
        assert found["totalCount"] == MEMBERS
        assert found["nodes"] == [edge["node"] for edge in found["edges"]]
        assert (info["startCursor"], info["endCursor"]) == (cursors[0], cursors[-1])
        assert info["hasPreviousPage"] is (after is not None)
        seen += found["nodes"]
        more, after = info["hasNextPage"], info["endCursor"]
        assert more is (len(seen) < MEMBERS)
    assert len({str(one) for one in seen}) == len(seen) == MEMBERS
    empty = leaf(await answer(database, document, {"after": after}))
    assert (empty["nodes"], empty["edges"], empty["totalCount"]) == ([], [], MEMBERS)
    assert empty["pageInfo"] == {
        "hasNextPage": False,
        "hasPreviousPage": True,
        "startCursor": None,
        "endCursor": None,
    }


async def test_an_edge_of_the_roster_carries_roles_and_since(database: Database) -> None:
    await fill(database)
    document = "{ userGroup(id: 501) { members(first: 2) { edges { roles since node { id } } } } }"
    assert (await answer(database, document))["userGroup"]["members"]["edges"] == [
        {"roles": ["GROUP_MEMBER"], "since": None, "node": {"id": "1"}},
        {
            "roles": ["GROUP_ADMIN", "GROUP_MEMBER"],
            "since": "2024-02-29T12:00:00.500000+00:00",
            "node": {"id": "2"},
        },
    ]


async def test_roles_that_the_schema_does_not_know_are_left_out_and_counted(
    database: Database,
) -> None:
    await fill(database)
    row = {
        "group_id": 501,
        "user_id": 3,
        "state": "active",
        "roles": encode_roles(["group_member", "museum_editor", "tester"]),
        "created_at": None,
    }
    await database.write(lambda connection: store_rows(connection, {"memberships": [row]}))
    metrics = Metrics("1")
    watch = Watch(count_unknown_roles=metrics.unknown_roles)
    document = (
        "{ userGroup(id: 501) { memberships { nodes { roles } } members { edges { roles } } } }"
    )
    async with Operation(database, ADMIN, NOW, watch=watch) as operation:
        result = await executed(graphql_schema, document, {}, operation)
    assert not result.errors
    group = result.data["userGroup"]
    assert group["memberships"]["nodes"][2] == {"roles": ["GROUP_MEMBER"]}
    assert group["members"]["edges"][2] == {"roles": ["GROUP_MEMBER"]}
    assert b"stats_gateway_unknown_roles_total 4.0" in generate_latest(metrics.registry)
