"""Hunts for answers that are stale, or somebody else's, while others write.

Several server processes with caches over one database are asked by viewers of all kinds, while
writers change memberships, groups, names and counts, and volunteers change a group by mutations at
any of the servers. Each answer is compared with what a server
without caches says before and after. ``make hunt`` asks 10,000 times.
"""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from sqlalchemy import Connection

from gateway.auth.api_keys import new_api_key
from gateway.auth.keys import KeyPair, write_new_keys
from gateway.auth.tokens import issue_token
from gateway.auth.viewer import Scope
from gateway.db import Database, open_database
from gateway.directory.api_keys import add_api_key
from gateway.directory.load import load_directory
from tests.events_of import classification, store
from tests.server import serving

STEPS = int(os.environ.get("HUNT_STEPS", "1200"))
SEED = int(os.environ.get("HUNT_SEED", "5"))
ASKING, WRITERS = 6, 2
#: Between two writes of one writer, on average: what is cached has to be given now and then.
ANSWERS_A_WRITE = 30
#: So many answers in a row are to few questions, so that somebody else has just asked the same.
ANSWERS_A_TOPIC, QUESTIONS_A_TOPIC = 40, 2

LEVELS = (
    "private_agg_only",
    "private_show_agg_and_ind",
    "public_agg_only",
    "public_agg_show_ind_if_member",
    "public_show_all",
)
GROUPS, PEOPLE = (501, 502), (11, 12, 13, 14)
#: States and roles of memberships; few, so that many are alike.
MEMBERSHIPS: tuple[tuple[str, list[str]], ...] = (
    ("active", ["group_member"]),
    ("active", ["group_admin"]),
    ("active", ["group_admin", "group_member"]),
    ("inactive", ["group_member"]),
)
#: Somebody in no group, and a site admin.
STRANGER, SITE_ADMIN = 21, 31
_TOTALS = "classifications { totalCount activeUsers }"
QUERIES = (
    f"{{ userGroup(id: 501) {{ displayName {_TOTALS} }} }}",
    f"{{ userGroupsByIds(ids: [501, 502]) {{ name statsVisibility {_TOTALS} }} }}",
    "{ userGroup(id: 501) { classifications { topContributors { count user { login } } } } }",
    "{ userGroup(id: 501) { viewerMembership { state roles } classifications { totalCount } } }",
    "{ userGroup(id: 501) { viewerMembership { state user { id login } } } }",
    "{ userGroup(id: 502) { viewerMembership { ...M } } } fragment M on Membership { user { id } }",
    "{ userGroup(id: 502) { memberships { nodes { state roles user { login } } } } }",
    "{ userGroup(id: 502) { members { nodes { login } edges { roles since } } } }",
    "{ me { id login memberships { nodes { state roles group { name } } } } }",
    "{ user(id: 11) { login classifications { totalCount } } }",
    "{ usersByIds(ids: [11, 12, 21]) { login displayName comments { totalCount } } }",
    "{ classifications { totalCount } projectsByIds(ids: [11]) { displayName } }",
    '{ userGroupCounts(range: { start: "2000-01-01", end: "2030-01-01" }) { totalCount } }',
    "{ gatewayStats { classifications } }",
    """{ userGroup(id: 503) { displayName active memberCount hasAdmin
        viewerMembership { state roles }
        viewerPermissions { edit manageMembers leave deactivate reactivate seeTotals } } }""",
    "{ userGroup(id: 503) { displayName viewerPermissions { edit leave } } }",
    """{ userGroup(id: 503) { revision updatedAt membershipCounts { active invited inactive admins }
        memberships { nodes { id state roles since endedBy user { login } } } } }""",
    """{ me { memberships(states: [ACTIVE, INACTIVE]) { nodes { state since group { active } } }
        invitations { totalCount } } }""",
)

#: The group that volunteers lead: the first one that is created.
LED = "503"
_ERRORS = "{ changed userErrors { code } }"
CREATE = """mutation { createUserGroup(
    input: { displayName: "Led", statsVisibility: PUBLIC_AGG_ONLY }) { userGroup { id } } }"""
TOKEN = f"{{ userGroup(id: {LED}) {{ joinLink {{ token }} }} }}"


def mutation(rng: random.Random, token: str) -> str:
    """Something that people do with the group; whoever may not do it is refused."""
    somebody, one_role = rng.choice(PEOPLE), rng.choice(("GROUP_ADMIN", "GROUP_MEMBER"))
    join = f'joinUserGroup(input: {{ id: {LED}, joinToken: "{token}" }}) {_ERRORS}'
    role = f"setMemberRole(input: {{ id: {LED}, userId: {somebody}, role: {one_role} }}) {_ERRORS}"
    level, shown = rng.choice(LEVELS).upper(), rng.choice("abc")
    done = rng.choice(
        (
            join,
            join,
            join,
            role,
            role,
            f"leaveUserGroup(input: {{ id: {LED}, successorId: {somebody} }}) {_ERRORS}",
            f"leaveUserGroup(input: {{ id: {LED} }}) {_ERRORS}",
            f"removeMembers(input: {{ id: {LED}, userIds: [{somebody}] }}) {_ERRORS}",
            f"inviteToUserGroup(input: {{ id: {LED}, userIds: [{somebody}] }}) {_ERRORS}",
            f"acceptInvitation(input: {{ id: {LED} }}) {_ERRORS}",
            f"declineInvitation(input: {{ id: {LED} }}) {_ERRORS}",
            f"updateUserGroup(input: {{ id: {LED}, statsVisibility: {level} }}) {_ERRORS}",
            f'updateUserGroup(input: {{ id: {LED}, displayName: "{shown}" }}) {_ERRORS}',
            f"deactivateUserGroup(input: {{ id: {LED} }}) {_ERRORS}",
            f"reactivateUserGroup(input: {{ id: {LED} }}) {_ERRORS}",
            f"reactivateUserGroup(input: {{ id: {LED} }}) {_ERRORS}",
        )
    )
    return f"mutation {{ {done} }}"


MEMBERS = {f"user-{one}" for one in PEOPLE}

Write = Callable[[Connection], Any]


def entries(**lists: Any) -> Write:
    return lambda connection: load_directory(connection, lists)


def membership(rng: random.Random) -> Write:
    return entries(memberships=[member(rng.choice(GROUPS), rng.choice(PEOPLE), rng)])


def member(group_id: int, user_id: int, rng: random.Random) -> dict[str, Any]:
    state, roles = rng.choice(MEMBERSHIPS)
    return {"user_group_id": group_id, "user_id": user_id, "state": state, "roles": roles}


def group(rng: random.Random) -> Write:
    one = {
        "id": rng.choice(GROUPS),
        "name": rng.choice("abc"),
        "stats_visibility": rng.choice(LEVELS),
        "private": rng.random() < 0.5,
        "state": rng.choice(("active",) * 9 + ("deleted",)),
    }
    return entries(user_groups=[one])


def name(rng: random.Random) -> Write:
    return entries(users=[{"id": rng.choice((*PEOPLE, STRANGER)), "login": rng.choice("xyz")}])


class Hunt:
    """What was asked and written up to now."""

    def __init__(self, database: Database, clients: list[httpx.AsyncClient], **people: Any) -> None:
        self.rng = random.Random(SEED)
        self.database = database
        *self.cached, self.plain = clients
        self.headers: dict[str, dict[str, str]] = people
        #: Members ask more often than others.
        self.who = [one for one in people for _ in range(4 if one in MEMBERS else 1)]
        self.begun = self.committed = 0
        self.answered = self.judged = self.unchanged = self.changed = 0
        self.events = count(1000)
        self.tags: dict[str, tuple[str, bytes]] = {}
        self.progress = asyncio.Condition()
        self.stopped = False

    async def write(self) -> None:
        """Write again and again, each time after some answers."""
        while not self.stopped:
            work = self.rng.choice(
                (membership, membership, membership, group, name, None, self.mutate, self.mutate)
            )
            self.begun += 1
            if work == self.mutate:
                await self.mutate()
            elif work is None:
                groups = tuple(self.rng.sample(GROUPS, self.rng.randint(0, 2)))
                user = self.rng.choice(PEOPLE)
                event = classification(next(self.events), user=user, groups=groups)
                await store(self.database, event)
            else:
                await self.database.write(work(self.rng))
            self.committed += 1
            then = self.answered + self.rng.randint(1, 2 * ANSWERS_A_WRITE)
            async with self.progress:
                await self.progress.wait_for(
                    lambda then=then: self.answered >= then or self.stopped
                )

    async def mutate(self) -> None:
        """Let somebody do something with the group that is led, at one of the servers."""
        asked = await self.answer(self.plain, "admin", TOKEN)
        link = asked["data"]["userGroup"]["joinLink"]
        who = self.rng.choice((*sorted(MEMBERS), "admin"))
        query = mutation(self.rng, link["token"])
        answer = await self.answer(self.rng.choice(self.cached), who, query)
        (payload,) = answer["data"].values()
        self.changed += payload is not None and payload["changed"]

    async def ask(self, times: int) -> None:
        for _ in range(times):
            who, client = self.rng.choice(self.who), self.rng.choice(self.cached)
            topic = self.answered // ANSWERS_A_TOPIC + self.rng.randrange(QUESTIONS_A_TOPIC)
            query = QUERIES[topic % len(QUERIES)]
            committed = self.committed
            before = await self.answer(self.plain, who, query)
            found = await self.answer(client, who, query)
            after = await self.answer(self.plain, who, query)
            if found in (before, after):
                self.judged += 1
            else:
                # Of two writes or more in between there may be a state that was not seen.
                assert self.begun - committed > 1, (who, query, found, before, after)
            async with self.progress:
                self.answered += 1
                self.progress.notify_all()

    async def answer(self, client: httpx.AsyncClient, who: str, query: str) -> Any:
        """What is answered: data, and errors in the order of their paths."""
        if who == "nobody" and client is not self.plain:
            body = await self.revalidated(client, query)
        else:
            sent = await client.post("/graphql", json={"query": query}, headers=self.headers[who])
            assert sent.status_code == 200
            body = sent.content
        answer = orjson.loads(body)
        answer.get("errors", []).sort(key=lambda error: str(error["path"]))
        return answer

    async def revalidated(self, client: httpx.AsyncClient, query: str) -> bytes:
        """A public answer, from a browser that asks about its copy; processes have equal tags."""
        tag, body = self.tags.get(query, ("", b""))
        headers = {"if-none-match": tag} if tag else {}
        sent = await client.get("/graphql", params={"query": query}, headers=headers)
        if sent.status_code == 304:
            self.unchanged += 1
            return body
        if "etag" in sent.headers:
            self.tags[query] = (sent.headers["etag"], sent.content)
        return sent.content


def token(keys: KeyPair, user: int, *, admin: bool = False) -> dict[str, str]:
    expires = datetime.now(UTC) + timedelta(days=1)
    text = issue_token(
        keys.private.read_bytes(), user, f"token-{user}", f"T {user}", admin, expires
    )
    return {"authorization": f"Bearer {text}"}


@asynccontextmanager
async def hunting(database_url: str, folder: Path) -> AsyncIterator[Hunt]:
    """Two servers with caches and one without, and everybody who asks them."""
    keys = write_new_keys(folder / "keys")
    api_keys = {
        name: new_api_key(name, scopes, 0)
        for name, scopes in (
            ("key", []),
            ("reading key", [Scope.STATS_READ]),
            ("counting key", [Scope.GROUPS_COUNT]),
        )
    }
    people = {
        "nobody": {},
        **{f"user-{one}": token(keys, one) for one in (*PEOPLE, STRANGER)},
        "admin": token(keys, SITE_ADMIN, admin=True),
        "admin-11": token(keys, 11, admin=True),
        **{name: {"authorization": f"Bearer {key.text}"} for name, key in api_keys.items()},
    }
    settings = {
        "STATS_GATEWAY_DATABASE_URL": database_url,
        "STATS_GATEWAY_JWT_PUBLIC_KEY_FILE": str(keys.public),
        "STATS_GATEWAY_COST_PER_MINUTE": "0",
        "STATS_GATEWAY_LOG_LEVEL": "warning",
        "STATS_GATEWAY_GROUPS": "own",
    }
    off = {"STATS_GATEWAY_CACHE_BYTES": "0", "STATS_GATEWAY_ANSWER_CACHE_BYTES": "0"}
    rng = random.Random(SEED)
    async with open_database(database_url) as database:
        await database.migrate()
        await database.write(
            entries(
                users=[{"id": one, "login": f"user-{one}"} for one in (*PEOPLE, STRANGER)],
                user_groups=[
                    {"id": one, "name": f"g{one}", "stats_visibility": "public_show_all"}
                    for one in GROUPS
                ],
                projects=[{"id": 11, "slug": "zoo/cats", "display_name": "Cats"}],
                memberships=[member(one, each, rng) for one in GROUPS for each in PEOPLE],
            )
        )
        for key in api_keys.values():
            await database.write(lambda c, key=key: add_api_key(c, key.stored))
        with ExitStack() as stack:
            clients = []
            for number, more in enumerate(({}, {}, off)):
                own = folder / f"server-{number}"
                own.mkdir()
                server = stack.enter_context(serving(own, **settings, **more))
                base = server.url.removesuffix("/graphql")
                clients.append(httpx.AsyncClient(base_url=base, timeout=120))
            try:
                hunt = Hunt(database, clients, **people)
                made = await hunt.answer(hunt.plain, f"user-{PEOPLE[0]}", CREATE)
                assert made["data"]["createUserGroup"]["userGroup"]["id"] == LED
                yield hunt
            finally:
                for client in clients:
                    await client.aclose()


@pytest.mark.timeout(0)
async def test_no_answer_is_stale_or_anybody_elses(database_url: str, tmp_path: Path) -> None:
    async with hunting(database_url, tmp_path) as hunt:
        async with asyncio.TaskGroup() as writers:
            for _ in range(WRITERS):
                writers.create_task(hunt.write())
            try:
                async with asyncio.TaskGroup() as group:
                    for _ in range(ASKING):
                        group.create_task(hunt.ask(STEPS // ASKING))
            finally:
                hunt.stopped = True
                async with hunt.progress:
                    hunt.progress.notify_all()
        assert hunt.judged > hunt.answered * 0.9
        assert min(hunt.unchanged, hunt.committed, hunt.changed) > 0
