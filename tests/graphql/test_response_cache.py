"""A cached answer is the one that would be made, for this viewer, at this moment."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from itertools import count
from typing import Any

import orjson
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule
from sqlalchemy import text

from gateway.auth.viewer import ANONYMOUS, Scope, Viewer
from gateway.db import Database, open_database
from gateway.db.connection_slots import NoConnection
from gateway.groups.reading import JOIN_LINKS_BY_GROUP, join_link_of
from tests.events_of import classification, clear, store
from tests.graphql.cached_gateway import Gateway
from tests.graphql.copies import DIRECTORY, OPEN_RANGE
from tests.loaders.test_never_stale import (
    DOCUMENTS,
    GROUP_FIELDS,
    GROUPS,
    USERS,
    VIEWERS,
    BesideAWriter,
    entries,
    run_beside_a_writer,
)

TOTAL = "query ($id: ID!) { userGroup(id: $id) { name classifications { totalCount } } }"
ME = "{ me { id login memberships { nodes { group { name } } } } }"
#: More than are looked at with one statement.
MANY = "query ($ids: [ID!]!) { usersByIds(ids: $ids) { login } }"


def told(answer: bytes) -> Any:
    """All that an answer says: errors have no order, and come as their fields are resolved."""
    found = orjson.loads(answer)
    found.get("errors", []).sort(key=lambda error: str(error.get("path")))
    return found


@pytest.fixture
async def gateway(database: Database) -> AsyncIterator[Gateway]:
    await database.write(entries(**DIRECTORY))
    await store(database, classification(1, groups=(501,)))
    async with Gateway(database) as opened:
        yield opened


async def test_what_is_asked_again_takes_no_statement_of_the_pool(gateway: Gateway) -> None:
    first = await gateway.answer(TOTAL, Viewer(id=7), id="501")
    assert gateway.record.statements > 0
    for _ in range(2):
        assert await gateway.answer(TOTAL, Viewer(id=7), id="501") == first
        assert gateway.record.statements == 0
    assert gateway.hits == 2


async def test_another_viewers_memberships_take_one_statement_once(gateway: Gateway) -> None:
    first = await gateway.answer(TOTAL, Viewer(id=7), id="501")
    for statements in (1, 0):
        assert await gateway.answer(TOTAL, Viewer(id=8), id="501") == first
        assert gateway.record.statements == statements
    # Who cannot have memberships has the same permissions as who has none.
    for viewer in (ANONYMOUS, Viewer(api_key_id="1")):
        assert await gateway.answer(TOTAL, viewer, id="501") == first
        assert gateway.record.statements == 0
    assert gateway.hits == 4


async def test_viewers_who_ask_at_the_same_time_share_the_statement(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    member = {"user_group_id": 501, "user_id": 9, "state": "active", "roles": ["group_member"]}
    await gateway.database.write(entries(memberships=[member]))
    roles = "query ($id: ID!) { userGroup(id: $id) { viewerMembership { state roles } } }"
    expected = [await gateway.truth(roles, Viewer(id=user), id="501") for user in range(1, 41)]
    for first in (1, 9):
        assert await gateway.answer(roles, Viewer(id=first), id="501") == expected[first - 1]
    reads = count_reads(gateway, monkeypatch)
    answers = [gateway.answer(roles, Viewer(id=user), id="501") for user in range(1, 41)]
    assert await asyncio.gather(*answers) == expected
    assert (len(reads), gateway.hits) == (1, 40)


async def test_whoever_leaves_takes_nothing_from_those_who_ask_with_them(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await gateway.answer(TOTAL, Viewer(id=7), id="501")
    reads = count_reads(gateway, monkeypatch)
    asking = [
        asyncio.create_task(gateway.answer(TOTAL, Viewer(id=user), id="501")) for user in (1, 2, 3)
    ]
    for _ in range(10_000):
        if reads:
            break
        await asyncio.sleep(0)
    asking[0].cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking[0]
    assert await asyncio.gather(*asking[1:]) == [first, first]
    assert len(reads) == 1


async def test_an_error_is_that_of_all_who_ask_at_the_same_time(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    await gateway.answer(TOTAL, Viewer(id=7), id="501")
    count_reads(gateway, monkeypatch, NoConnection(3))
    answers = await asyncio.gather(
        *(gateway.answer(TOTAL, Viewer(id=user), id="501") for user in (1, 2)),
        return_exceptions=True,
    )
    assert [type(one) for one in answers] == [NoConnection, NoConnection]


def count_reads(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch, error: Exception | None = None
) -> list[Any]:
    """A list that grows with each read from the pool, which fails with the error, if any."""
    reads: list[Any] = []
    read = gateway.database.read

    def counted(**asked: Any) -> Any:
        reads.append(asked)
        if error is not None:
            raise error
        return read(**asked)

    monkeypatch.setattr(gateway.database, "read", counted)
    return reads


async def test_a_question_that_nobody_has_asked_takes_no_statement_more(gateway: Gateway) -> None:
    plain = Gateway(gateway.database, caches=False)
    await plain.answer(TOTAL, Viewer(id=7), id="501")
    # Who was erased is read once, from the log on.
    await gateway.answer("{ __typename }", Viewer(id=7))
    reads = gateway.changes.reads
    await gateway.answer(TOTAL, Viewer(id=7), id="501")
    assert gateway.record.statements == plain.record.statements
    assert gateway.changes.reads == reads


async def test_a_membership_that_changes_changes_who_shares(gateway: Gateway) -> None:
    query = "query ($id: ID!) { userGroup(id: $id) { viewerMembership { state roles } } }"
    member = {"user_group_id": 501, "user_id": 7, "state": "active", "roles": ["group_member"]}
    nobody = await gateway.answer(query, Viewer(id=7), id="501")
    assert await gateway.answer(query, Viewer(id=8), id="501") == nobody
    assert gateway.hits == 1
    await gateway.database.write(entries(memberships=[member]))
    for viewer in (Viewer(id=7), Viewer(id=8), Viewer(id=7), Viewer(id=8)):
        assert await gateway.answer(query, viewer, id="501") == await gateway.truth(
            query, viewer, id="501"
        )
    assert gateway.hits == 3
    await gateway.database.write(entries(memberships=[{**member, "user_id": 8}]))
    for viewer in (Viewer(id=7), Viewer(id=8), Viewer(id=9)):
        assert await gateway.answer(query, viewer, id="501") == await gateway.truth(
            query, viewer, id="501"
        )
    # Both members share.
    assert gateway.hits == 4


async def test_other_variables_are_another_question(gateway: Gateway) -> None:
    first = await gateway.answer(TOTAL, id="501")
    other = await gateway.answer(TOTAL, id="502")
    assert (gateway.hits, first == other) == (0, False)


@pytest.mark.parametrize(
    ("query", "answered"),
    [
        (ME, 3),
        ("{ user(id: 1) { classifications { totalCount } } }", 3),
        (
            '{ userGroupCounts(range: { start: "2024-01-01", end: "2024-12-31" }) { totalCount } }',
            2,
        ),
        ("{ gatewayStats { ledgerSize } }", 1),
    ],
)
async def test_an_answer_is_given_to_nobody_else(
    gateway: Gateway, query: str, answered: int
) -> None:
    """The same volunteer and the same key with other rights are somebody else."""
    reads, counts = frozenset({Scope.STATS_READ}), frozenset({Scope.GROUPS_COUNT})
    viewers = (
        *(ANONYMOUS, Viewer(id=1), Viewer(id=1, login="ada"), Viewer(id=1, is_site_admin=True)),
        *(Viewer(api_key_id="1", scopes=scopes) for scopes in (frozenset(), reads, counts)),
    )
    for viewer in viewers:
        assert await gateway.answer(query, viewer) == await gateway.truth(query, viewer)
    assert gateway.hits == 0
    # What was answered without an error was kept, and is given to the same viewer again.
    for viewer in viewers:
        assert await gateway.answer(query, viewer) == await gateway.truth(query, viewer)
    assert gateway.hits == answered


async def test_answers_with_errors_are_not_kept(gateway: Gateway) -> None:
    refused = "{ user(id: 1) { classifications { totalCount } } }"
    for _ in range(2):
        assert b"UNAUTHENTICATED" in await gateway.answer(refused)
    assert gateway.hits == 0


async def test_an_answer_ends_with_its_day(gateway: Gateway) -> None:
    first = await gateway.answer(OPEN_RANGE)
    gateway.now += timedelta(days=1)
    later = await gateway.answer(OPEN_RANGE)
    assert (later, later == first) == (await gateway.truth(OPEN_RANGE), False)


async def test_an_answer_about_very_many_is_given_again_and_ends(gateway: Gateway) -> None:
    ids = [str(one) for one in range(1, 401)]
    first = await gateway.answer(MANY, ids=ids)
    await gateway.answer(MANY, ids=ids)
    assert (gateway.record.statements, gateway.hits) == (0, 1)
    # Something else has changed, and then one of them.
    await store(gateway.database, classification(2))
    assert await gateway.answer(MANY, ids=ids) == first
    assert (gateway.record.statements, gateway.hits) == (0, 2)
    await gateway.database.write(entries(users=[{"id": 400, "login": "last"}]))
    assert b"last" in await gateway.answer(MANY, ids=ids)
    assert gateway.hits == 2


async def test_what_would_push_out_all_others_is_not_kept(gateway: Gateway) -> None:
    ids = [str(one) for one in range(1, 401)]
    async with Gateway(gateway.database, capacity=20_000) as small:
        for _ in range(2):
            await small.answer(MANY, ids=ids)
            await small.answer(TOTAL, id="501")
        assert small.hits == 1


async def test_a_database_that_went_back_in_time_brings_no_answer_back(gateway: Gateway) -> None:
    first = await gateway.answer(TOTAL, id="501")
    await store(gateway.database, classification(2, groups=(501,)))
    assert await gateway.answer(TOTAL, id="501") != first
    # As a backup of before would have it.
    await gateway.database.write(clear)
    await gateway.database.write(entries(**DIRECTORY))
    assert b'"totalCount":0' in await gateway.answer(TOTAL, id="501")


async def test_a_database_that_fails_is_met_by_the_operation_itself(gateway: Gateway) -> None:
    await gateway.answer(TOTAL, Viewer(id=7), id="501")
    await gateway.database.write(lambda c: c.execute(text("DROP TABLE membership")))
    answer = orjson.loads(await gateway.answer(TOTAL, Viewer(id=8), id="501"))
    assert answer["data"] == {"userGroup": None}
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["INTERNAL_ERROR"]


async def test_without_a_change_log_answers_are_right_and_not_cached(gateway: Gateway) -> None:
    right = await gateway.answer(TOTAL, id="501")
    await gateway.database.write(lambda c: c.execute(text("DROP TABLE change_log")))
    for _ in range(3):
        assert await gateway.answer(TOTAL, id="501") == right
    assert gateway.hits == 0


#: What people do with a group, to a user, by its token.
CHANGES = (
    'createUserGroup(input: { displayName: "New", invite: [$user] })',
    'updateUserGroup(input: { id: $group, displayName: "Changed" })',
    "updateUserGroup(input: { id: $group, statsVisibility: PUBLIC_SHOW_ALL })",
    "updateUserGroup(input: { id: $group, statsVisibility: PRIVATE_AGG_ONLY })",
    "deactivateUserGroup(input: { id: $group })",
    "reactivateUserGroup(input: { id: $group })",
    "joinUserGroup(input: { id: $group, joinToken: $token })",
    "leaveUserGroup(input: { id: $group })",
    "inviteToUserGroup(input: { id: $group, userIds: [$user] })",
    "acceptInvitation(input: { id: $group })",
    "declineInvitation(input: { id: $group })",
    "removeMembers(input: { id: $group, userIds: [$user] })",
    "setMemberRole(input: { id: $group, userId: $user, role: GROUP_ADMIN })",
    "updateJoinLink(input: { id: $group, rotate: true })",
)
DONE = f"{{ changed userErrors {{ code }} userGroup {{ id {GROUP_FIELDS} }} }}"
CHANGED = f"query ($id: ID!) {{ userGroup(id: $id) {{ id {GROUP_FIELDS} }} }}"


#: Where there is something to change from the start.
LED = {
    "users": [{"id": one, "login": f"u{one}"} for one in USERS],
    "user_groups": [
        {"id": one, "name": f"g{one}", "stats_visibility": "public_agg_only"} for one in GROUPS
    ],
    "memberships": [
        {"user_group_id": one, "user_id": 1, "state": "active", "roles": ["group_admin"]}
        for one in GROUPS
    ],
}


async def join_token(database: Database, group_id: int) -> str:
    """What lets people into a group; a wrong one if it has no link."""
    async with database.read() as snapshot:
        rows = await snapshot.fetch(JOIN_LINKS_BY_GROUP, {"ids": [group_id]})
    return join_link_of(rows[0]).token if rows else "wrong"


class Gateways(BesideAWriter):
    """Two gateways that keep answers."""

    #: How often each example was given an answer again.
    given_again: list[int]
    #: Which mutations have changed anything.
    done: set[str]

    @initialize()
    def begin(self) -> None:
        self.runner.run(self.writer.write(clear))
        self.runner.run(self.writer.write(entries(**LED)))
        self.gateways = [Gateway(database, 60_000) for database in self.databases]
        for gateway in self.gateways:
            self.runner.run(gateway.__aenter__())

    @rule(hours=st.sampled_from([1, 12, 24]))
    def wait(self, hours: int) -> None:
        for gateway in self.gateways:
            gateway.now += timedelta(hours=hours)

    @rule(
        one=st.sampled_from([0, 1]),
        viewer=st.sampled_from(VIEWERS),
        query=st.sampled_from((*DOCUMENTS, OPEN_RANGE)),
        times=st.sampled_from([1, 2]),
    )
    def ask(self, one: int, viewer: Viewer, query: str, times: int) -> None:
        async def asking() -> None:
            gateway = self.gateways[one]
            truth = told(await gateway.truth(query, viewer))
            for _ in range(times):
                assert told(await gateway.answer(query, viewer)) == truth

        self.runner.run(asking())

    @rule(
        one=st.sampled_from([0, 1]),
        viewer=st.sampled_from(VIEWERS),
        change=st.sampled_from(CHANGES),
        group=st.sampled_from(GROUPS),
        user=st.sampled_from(USERS),
    )
    def mutate(self, one: int, viewer: Viewer, change: str, group: int, user: int) -> None:
        """A payload is as after its commit, and so is what both gateways have kept before it."""

        async def changing() -> None:
            gateway = self.gateways[one]
            given = {
                "$group": str(group),
                "$user": str(user),
                "$token": await join_token(gateway.database, group),
            }
            field = change
            for name, value in given.items():
                field = field.replace(name, f'"{value}"')
            for each in self.gateways:
                await each.answer(CHANGED, viewer, id=str(group))
            hits = gateway.hits
            answer = told(await gateway.change(f"mutation {{ done: {field} {DONE} }}", viewer))
            assert gateway.hits == hits
            for each in self.gateways:
                truth = told(await each.truth(CHANGED, viewer, id=str(group)))
                for _ in range(2):
                    assert told(await each.answer(CHANGED, viewer, id=str(group))) == truth
            payload = answer["data"]["done"]
            if payload is None or payload["userErrors"]:
                return
            if payload["changed"]:
                self.done.add(change)
            if shown := payload["userGroup"]:
                truth = told(await gateway.truth(CHANGED, viewer, id=shown["id"]))
                assert truth["data"]["userGroup"] == shown

        self.runner.run(changing())

    def teardown(self) -> None:
        gateways = getattr(self, "gateways", ())
        self.given_again.append(sum(gateway.hits for gateway in gateways))
        for gateway in gateways:
            self.runner.run(gateway.__aexit__())


def test_a_shared_or_own_answer_is_the_one_that_is_made(database_url: str) -> None:
    given_again: list[int] = []
    done: set[str] = set()
    machine = type("Counted", (Gateways,), {"given_again": given_again, "done": done})
    run_beside_a_writer(machine, database_url, steps=25)
    assert sum(given_again) > 0
    assert done


async def test_no_answer_is_older_than_the_question_while_others_write(
    gateway: Gateway, database_url: str
) -> None:
    """A count that only grows: what is answered lies between what was and what is then true."""

    def total(answer: bytes) -> int:
        found = orjson.loads(answer)["data"]["userGroup"]["classifications"]["totalCount"]
        assert isinstance(found, int)
        return found

    stopped = asyncio.Event()

    async def write(database: Database) -> None:
        for number in count(2):
            await store(database, classification(number, groups=(501,)))
            if stopped.is_set():
                return

    async def ask() -> None:
        for turn in range(40):
            viewer = VIEWERS[turn % len(VIEWERS)]
            least = total(await gateway.truth(TOTAL, viewer, id="501"))
            found = total(await gateway.answer(TOTAL, viewer, id="501"))
            assert least <= found <= total(await gateway.truth(TOTAL, viewer, id="501"))

    async with open_database(database_url) as writer, asyncio.TaskGroup() as group:
        group.create_task(write(writer))
        await asyncio.gather(*(ask() for _ in range(4)))
        stopped.set()
