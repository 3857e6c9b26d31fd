"""Viewers who are the same to a group share answers about it, and each gets their own.

Whatever the schema offers, asked of a gateway with its caches, is what is answered without them.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from inspect import isawaitable
from itertools import chain
from typing import Any

import pytest
import strawberry

from gateway.auth.viewer import ANONYMOUS, Scope, Viewer
from gateway.db import Database
from gateway.graphql.admission.admission import Admission
from gateway.graphql.admission.cost import CostModel
from gateway.loaders.permissions import ViewerPermissions
from resolvers.context import Info
from resolvers.schema import graphql_schema
from tests.authorization.public_questions import documents
from tests.authorization.test_private_writes import PUBLIC, entries
from tests.events_of import classification, store
from tests.goals_of import made_goal, store_goals
from tests.graphql.cached_gateway import Gateway, shared_documents
from tests.sampled import sampled

GROUPS = (501, 502, 503, 504)
#: Volunteers by what they are to every group, two or more of a kind; some are asked about as well.
VOLUNTEERS = {
    "member": ("active", ["group_member"], (1, 11)),
    "group admin": ("active", ["group_admin"], (3, 13)),
    "both roles": ("active", ["group_admin", "group_member"], (14, 15)),
    "without roles": ("active", [], (16, 17)),
    "invited": ("invited", ["group_member"], (9, 19)),
    "former member": ("inactive", ["group_member"], (20, 21)),
}
ALIKE: dict[str, tuple[Viewer, ...]] = {
    name: tuple(Viewer(id=one, login=f"token-{one}", display_name=f"Token {one}") for one in ids)
    for name, (_, _, ids) in VOLUNTEERS.items()
} | {
    "nothing": (
        ANONYMOUS,
        Viewer(id=2, login="token-2"),
        Viewer(id=30, display_name="Token 30"),
        Viewer(api_key_id="facade"),
        Viewer(api_key_id="decade", scopes=frozenset({Scope.GROUPS_COUNT})),
    ),
    "site admin": (
        Viewer(id=31, login="token-31", is_site_admin=True),
        Viewer(id=32, is_site_admin=True),
    ),
    # They see the same, and change nothing.
    "reading key": (
        Viewer(is_site_admin=True, api_key_id="c0ffee", scopes=frozenset({Scope.STATS_READ})),
        Viewer(is_site_admin=True, api_key_id="coffee", scopes=frozenset({Scope.STATS_READ})),
    ),
    # The same person with other rights, and other persons with these.
    "site admin and member": (
        Viewer(id=1, login="token-1", is_site_admin=True),
        Viewer(id=11, is_site_admin=True),
    ),
}
EVERYBODY = [*chain.from_iterable(ALIKE.values())]


async def fill(database: Database) -> None:
    for write in PUBLIC:
        await database.write(write)
    people = [one for _, _, ids in VOLUNTEERS.values() for one in ids]
    await database.write(
        entries(
            users=[{"id": one, "login": f"user-{one}"} for one in people],
            memberships=[
                {"user_group_id": group, "user_id": one, "state": state, "roles": roles}
                for state, roles, ids in VOLUNTEERS.values()
                for one in ids
                for group in GROUPS
            ],
        )
    )
    await store(
        database,
        *(classification(100 + one, user=one, groups=GROUPS) for one in people),
    )
    await store_goals(
        database,
        *(made_goal(group, group=group, created_by=3) for group in GROUPS),
        *(made_goal(one, user=one) for one in people),
    )


@pytest.fixture
async def gateway(database: Database) -> AsyncIterator[Gateway]:
    await fill(database)
    documents = shared_documents(graphql_schema)
    async with Gateway(database, capacity=100_000_000, documents=documents) as gateway:
        yield gateway


#: What tells of the viewer, or may be refused to them.
OF_A_VIEWER = re.compile(
    r"\b(me|viewerMembership|memberships|user\(|gatewayStats|userGroupCounts|viewerContribution)\b"
)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_the_whole_schema_is_answered_as_without_a_cache(gateway: Gateway) -> None:
    kinds = [*ALIKE]
    shared = 0
    for number, document in enumerate(sampled(documents(), 7)):
        asked = kinds if OF_A_VIEWER.search(document) else [kinds[number % len(kinds)]]
        viewers = [viewer for kind in asked for viewer in ALIKE[kind]]
        truth = {viewer: await gateway.truth(document, viewer) for viewer in viewers}
        for place, viewer in enumerate(viewers):
            before = gateway.hits
            assert await gateway.answer(document, viewer) == truth[viewer], (document, viewer)
            shared += place > 0 and gateway.hits > before
        # Each again, after all others.
        for viewer in (viewers[0], viewers[-1]):
            assert await gateway.answer(document, viewer) == truth[viewer], (document, viewer)
    assert shared > 150


#: What of goals is the same for all who have the same permissions in the group, and what is not.
GOALS = "{{ userGroupsByIds(ids: [501, 502, 503, 504]) {{ id goals {{ id {} }} }} }}".format
SHARED_GOALS = GOALS("""status progress { value } milestones { reachedOn } createdBy { login }
    contributors { count user { login } }""")
OWN_GOALS = GOALS("progress { value } viewerContribution { value share }")


async def test_goals_are_shared_by_who_has_the_same_permissions(gateway: Gateway) -> None:
    refused = 0
    for viewer in EVERYBODY:
        answer = await gateway.answer(SHARED_GOALS, viewer)
        assert answer == await gateway.truth(SHARED_GOALS, viewer), viewer
        refused += b'"errors":[]' not in answer
    # Who is refused something gets an answer that is not kept.
    assert 0 < refused < len(EVERYBODY)
    alike = [viewer for kind in ("group admin", "site admin") for viewer in ALIKE[kind]]
    hits = gateway.hits
    for viewer in alike:
        await gateway.answer(SHARED_GOALS, viewer)
    assert gateway.hits == hits + len(alike)


async def test_ones_own_part_of_a_goal_is_nobody_elses(gateway: Gateway) -> None:
    await store(gateway.database, classification(900, user=11, groups=GROUPS))
    parts: dict[Viewer, bytes] = {}
    for _ in range(2):
        for viewer in EVERYBODY:
            answer = await gateway.answer(OWN_GOALS, viewer)
            assert answer == await gateway.truth(OWN_GOALS, viewer), viewer
            assert parts.setdefault(viewer, answer) == answer
    first, second = ALIKE["member"]
    assert b'"viewerContribution":{"value":1.0,' in parts[first]
    assert b'"viewerContribution":{"value":2.0,' in parts[second]
    assert b'"viewerContribution":null' in parts[ALIKE["reading key"][0]]
    # Whoever asks again gets what is theirs from the cache.
    hits = gateway.hits
    for viewer in (first, second):
        await gateway.answer(OWN_GOALS, viewer)
    assert gateway.hits == hits + 2


Made = Callable[[Info], Awaitable[Any]]
#: Ways to the viewer that a resolver might take.
MADE_UP: dict[str, Made] = {}


def made_up(resolve: Made) -> Made:
    MADE_UP[resolve.__name__] = resolve
    return resolve


@made_up
async def by_context(info: Info) -> Any:
    return info.context.permissions.user_id


@made_up
async def by_context_at_the_end(info: Info) -> Any:
    access = await info.context.loaders.access.load(501)
    return access and (access.group.name, info.context.permissions.login)


@made_up
async def by_a_loader(info: Info) -> Any:
    user_id = info.context.permissions.user_id
    return None if user_id is None else await info.context.loaders.users.load(user_id)


@made_up
async def by_a_loader_of_lists(info: Info) -> Any:
    user_id = info.context.permissions.user_id
    return user_id and await info.context.loaders.memberships_by_user.load(user_id)


@made_up
async def by_a_membership(info: Info) -> Any:
    user_id = info.context.permissions.user_id
    found = await info.context.loaders.memberships_by_group.load(501)
    return [one for one in found if one.user_id == user_id]


@made_up
async def by_a_guard(info: Info) -> Any:
    info.context.loaders.access.require_own_stats(11)
    return True


@made_up
async def by_what_may_be_counted(info: Info) -> Any:
    info.context.loaders.access.require_groups_count()
    return True


@made_up
async def by_a_refusal(info: Info) -> Any:
    return type(info.context.loaders.access.refusal("it")).__name__


def question_of(name: str) -> Made:
    async def resolve(info: Info) -> Any:
        asked = getattr(info.context.permissions, name)
        answer = asked(11) if callable(asked) else asked
        return await answer if isawaitable(answer) else answer

    return resolve


#: All that an operation can ask, but for what is shareable and what is recorded of it.
QUESTIONS = [
    name for name in dir(ViewerPermissions) if not name.startswith("_") and name != "in_groups"
]
MADE_UP |= {f"question_{name}": question_of(name) for name in QUESTIONS}


def schema_of(fields: dict[str, Made]) -> Any:
    """Fields that show what resolvers came to; each has read something that can be cached."""

    def field(resolve: Made) -> Any:
        async def resolver(info: Info) -> str | None:
            await info.context.loaders.projects.load(11)
            return str(await resolve(info))

        return strawberry.field(resolver=resolver)

    query = type("Query", (), {name: field(resolve) for name, resolve in fields.items()})
    return strawberry.Schema(strawberry.type(query))._schema


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("name", MADE_UP)
async def test_what_reaches_the_viewer_is_never_shared(database: Database, name: str) -> None:
    await fill(database)
    schema = schema_of({name: MADE_UP[name]})
    (field,) = schema.query_type.fields
    async with Gateway(database, schema=schema) as gateway:
        for _ in range(2):
            for viewer in EVERYBODY:
                before = gateway.hits
                answer = await gateway.answer(f"{{ {field} }}", viewer)
                assert answer == await gateway.truth(f"{{ {field} }}", viewer)
                assert _ or gateway.hits == before
        # They were cached all the same: for their own viewers, unless they are refused.
        assert gateway.hits > 0


async def by_permissions(info: Info) -> Any:
    return (await info.context.permissions.in_groups([501, 502]))[1]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_permissions_in_groups_are_shared_by_who_has_the_same(database: Database) -> None:
    await fill(database)
    schema = schema_of({"found": by_permissions})
    async with Gateway(database, schema=schema) as gateway:
        for viewer in EVERYBODY:
            assert await gateway.answer("{ found }", viewer) == await gateway.truth(
                "{ found }", viewer
            )
        assert gateway.hits == len(EVERYBODY) - len(ALIKE)


SCHEMA_FIELDS = (
    "{ __schema { queryType { name } } projectsByIds(ids: [11]) { slug } }",
    '{ __type(name: "Query") { name } projectsByIds(ids: [11]) { slug } }',
    "{ _service { sdl } projectsByIds(ids: [11]) { slug } }",
)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("query", SCHEMA_FIELDS)
async def test_what_a_closed_schema_shows_is_for_site_admins_each(
    database: Database, query: str
) -> None:
    await fill(database)
    for closed in (True, False):
        admission = Admission(CostModel(graphql_schema, lambda: 0), 10_000, closed=closed)
        async with Gateway(database, 10_000_000, admission=admission) as gateway:
            for viewer in (*ALIKE["site admin"], *ALIKE["nothing"]):
                if closed and not viewer.is_site_admin:
                    with pytest.raises(AssertionError, match="The schema is closed"):
                        await gateway.answer(query, viewer)
                    continue
                answer = await gateway.answer(query, viewer)
                assert answer == await gateway.truth(query, viewer)
            shared = len(ALIKE["site admin"]) - 1 + len(ALIKE["nothing"])
            assert gateway.hits == (0 if closed else shared)
