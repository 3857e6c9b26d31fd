"""Below ``Subscription.live`` everybody sees what the query shows them, and is refused the same."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from graphql import OperationType

from gateway.auth.viewer import Viewer
from gateway.db import Database
from gateway.graphql.documents.request import GraphQLRequest
from gateway.telemetry.record import RequestRecord
from resolvers.schema import graphql_schema
from tests.authorization.entries import TO_GROUPS, TO_USERS, expected_errors
from tests.authorization.mission import GUARDED
from tests.authorization.people import (
    ASKING,
    GROUPS,
    VOLUNTEERS,
    open_group,
    private_group,
)
from tests.authorization.walk import STYLES, Path, Step, Style, refused, steps_of
from tests.graphql.cached_gateway import Gateway, shared_documents
from tests.graphql.live.framing import below, decoded, frame

GROUP_STEPS, USER_STEPS, ROOT_STEPS = map(steps_of, ("UserGroup", "User", "Query"))
#: Those that are live: routers alone come by the other.
ENTRIES = {
    **{f"groups, {name}": (entry, "UserGroup") for name, entry in TO_GROUPS.items()},
    **{f"volunteers, {name}": (entry, "User") for name, entry in TO_USERS.items()},
}
ENTRIES = {name: entry for name, entry in ENTRIES.items() if "_entities" not in name}
STEPS = {"UserGroup": GROUP_STEPS, "User": USER_STEPS}
DOCUMENTS = shared_documents(graphql_schema)


async def framed(gateway: Gateway, style: Style, fields: str, viewer: Viewer) -> dict[str, Any]:
    """The answer to a subscription, which is that of the query with the same fragments."""
    once = style.document("...Page").replace("query {", "query Once {", 1)
    text = (
        f"{once} subscription Live {{ live {{ ...Page }} }} fragment Page on Query {{ {fields} }}"
    )
    answer = await gateway.executor.execute(
        GraphQLRequest(text, operation_name="Once"),
        viewer,
        {OperationType.QUERY},
        RequestRecord("", "POST"),
    )
    found = await frame(gateway, text, viewer, operation_name="Live")
    assert found == below("live", decoded(orjson.dumps(answer)))
    return found


def codes(found: dict[str, Any]) -> dict[Path, str]:
    """The codes of a subscription by the paths of its query."""
    errors = found.get("errors", ())
    assert all(error["path"][0] == "live" for error in errors)
    told = {tuple(error["path"][1:]): error["extensions"]["code"] for error in errors}
    assert len(told) == len(errors), "a refused field has one error"
    return told


async def assert_is_as_the_mission_says(
    gateway: Gateway, asking: str, name: str, ids: list[int], style: Style
) -> None:
    entry, kind = ENTRIES[name]
    steps = STEPS[kind]
    fields = entry(ids, style.selection(kind, steps))
    found = await framed(gateway, style, fields, ASKING[asking])
    groups = ids if kind == "UserGroup" else []
    data = found["data"]["live"]
    assert codes(found) == expected_errors(style, asking, steps, data, groups)


@pytest.mark.parametrize("asking", ASKING)
@pytest.mark.parametrize("name", ["groups, a list", "volunteers, me", "volunteers, a list"])
async def test_it_shows_what_the_mission_says(filled: Database, name: str, asking: str) -> None:
    ids = GROUPS if name.startswith("groups") else [*VOLUNTEERS]
    async with Gateway(filled, documents=DOCUMENTS) as gateway:
        await assert_is_as_the_mission_says(gateway, asking, name, ids, Style())


@pytest.mark.parametrize("asking", ASKING)
@pytest.mark.parametrize("style", [style for style in STYLES if style != "plain"])
async def test_however_it_is_written(filled: Database, style: str, asking: str) -> None:
    written = STYLES[style]()
    ids = [private_group(1)]
    async with Gateway(filled, documents=DOCUMENTS) as gateway:
        await assert_is_as_the_mission_says(gateway, asking, "groups, one by one", ids, written)


def below_root(*names: str) -> tuple[Step, ...]:
    return tuple(step for step in ROOT_STEPS if step.coordinate in names)


@pytest.mark.parametrize("asking", ASKING)
async def test_guarded_fields_of_the_root_and_of_projects_are_for_whom_they_are_made(
    filled: Database, asking: str
) -> None:
    guarded = (name for name in GUARDED if name.startswith("Query."))
    steps = below_root(*guarded, "Query.classifications", "Query.projectBySlug")
    style = Style()
    fields = style.selection("Query", steps)[1:-1]
    async with Gateway(filled, documents=DOCUMENTS) as gateway:
        found = await framed(gateway, style, fields, ASKING[asking])
    missing = set(refused(style, asking, steps, found["data"]["live"]))
    assert set(codes(found)) == missing
    assert (missing == set()) is (asking in {"site admin", "API key with stats:read"})


async def test_nobody_sees_the_answer_of_another(filled: Database) -> None:
    async with Gateway(filled, documents=DOCUMENTS) as gateway:
        for asking in (*ASKING, *ASKING):
            for name, ids in (("groups, a list", [open_group(1)]), ("volunteers, me", [])):
                await assert_is_as_the_mission_says(gateway, asking, name, ids, Style())


@pytest.mark.parametrize("asking", ASKING)
async def test_postgresql_decides_alike(postgres_filled: Database, asking: str) -> None:
    async with Gateway(postgres_filled, documents=DOCUMENTS) as gateway:
        ids = [open_group(3), private_group(0)]
        await assert_is_as_the_mission_says(gateway, asking, "groups, a list", ids, Style())
