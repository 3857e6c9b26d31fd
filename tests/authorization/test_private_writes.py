"""Writing what is private tells nobody anything, by no answer, header or validator."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from sqlalchemy import Connection, update

from gateway.app import create_app
from gateway.auth.api_keys import new_api_key
from gateway.auth.keys import write_new_keys
from gateway.auth.tokens import issue_token
from gateway.auth.viewer import Scope
from gateway.db import Database, open_database
from gateway.db.group_tables import instance_secret
from gateway.directory.api_keys import add_api_key
from gateway.directory.goals import Goal
from gateway.directory.load import load_directory
from gateway.rollups.apply_batch import apply_batch
from gateway.rollups.backfill import backfill
from gateway.settings import Settings
from tests.authorization.public_questions import (
    Question,
    beside_graphql,
    by_get,
    by_post,
    documents,
    in_batches,
    shown,
    told,
)
from tests.certificates_of import made_certificate, write_certificates
from tests.events_of import batch_of, classification, comment, instant
from tests.goals_of import made_goal, write_goals
from tests.graphql.copies import Clock
from tests.sampled import sampled
from tests.server import serving

Write = Callable[[Connection], Any]

#: Open for all, totals for all, for members alone, and hidden; 7 is nobody's yet.
OPEN, TOTALS, MEMBERS, HIDDEN, NEW = 501, 502, 503, 504, 7
DIRECTORY = {
    "users": [{"id": one, "login": f"user-{one}"} for one in (1, 2, 3)],
    "user_groups": [
        {"id": OPEN, "name": "open", "stats_visibility": "public_show_all"},
        {"id": TOTALS, "name": "totals", "stats_visibility": "public_agg_only"},
        {"id": MEMBERS, "name": "members", "stats_visibility": "private_agg_only"},
        {"id": HIDDEN, "name": "hidden", "stats_visibility": "private_agg_only", "private": True},
    ],
    "projects": [{"id": 11, "slug": "zoo/cats", "display_name": "Cats"}],
    "workflows": [{"id": 101, "project_id": 11, "subjects_count": 9, "retirement_count": 3}],
    "memberships": [
        {"user_group_id": OPEN, "user_id": 1, "state": "active", "roles": ["group_member"]}
    ],
}


def entries(**lists: Any) -> Write:
    return lambda connection: load_directory(connection, lists)


def events(*these: Any) -> Write:
    return lambda connection: apply_batch(connection, batch_of(these))


def membership(group: int, user: int, state: str, *roles: str) -> Write:
    one = {"user_group_id": group, "user_id": user, "state": state, "roles": [*roles]}
    return entries(memberships=[one])


def group(number: int, name: str, level: str = "private_agg_only") -> Write:
    return entries(
        user_groups=[{"id": number, "name": name, "stats_visibility": level, "private": True}]
    )


def goals(*these: Goal) -> Write:
    return lambda connection: write_goals(connection, *these)


PUBLIC: tuple[Write, ...] = (
    entries(**DIRECTORY),
    goals(made_goal(1, group=OPEN, created_by=1), made_goal(2, group=TOTALS, created_by=2)),
    events(classification(1, groups=(OPEN, TOTALS)), comment(2, user=3), classification(3, user=2)),
)
#: What changes nothing that anybody may see.
UNSEEN: dict[str, Write] = {
    # How many members there are is one of the totals.
    "an invitation to a group that shows none": membership(TOTALS, 3, "invited", "group_member"),
    "an admin of a group for members": membership(MEMBERS, 3, "active", "group_admin"),
    "somebody is invited": membership(OPEN, 3, "invited", "group_member"),
    "an invitation ends": membership(OPEN, 3, "inactive", "group_member"),
    "a hidden group": group(NEW, "secret"),
    "its name": group(NEW, "more secret"),
    "its level": group(NEW, "more secret", "private_show_agg_and_ind"),
    "another hidden group's name": group(HIDDEN, "renamed"),
    "a member of a hidden group": membership(HIDDEN, 2, "active", "group_member"),
    "work that counts to private groups as well": events(
        classification(3, user=2, groups=(MEMBERS, HIDDEN, NEW), updated=1)
    ),
    "earlier work, counted to a hidden group": lambda connection: backfill(
        connection, HIDDEN, [1], instant("2024-12-31T00:00")
    ),
    "goals of groups that show none, and a volunteer's own": goals(
        made_goal(3, group=MEMBERS, title="Ours"),
        made_goal(4, group=HIDDEN),
        made_goal(5, group=NEW),
        made_goal(6, user=3, title="Mine"),
    ),
    "certificates of two volunteers": lambda connection: write_certificates(
        connection, made_certificate(1, 1), made_certificate(2, 3, project_id=11)
    ),
    "an API key": lambda connection: add_api_key(
        connection, new_api_key("private", [Scope.STATS_READ], 1).stored
    ),
}
#: A volunteer's work changes what the site comes to, and nothing that is said of the volunteer.
WORK: dict[str, Write] = {
    "work in private groups": events(
        classification(4, "2024-03-01T12:00", user=3, groups=(MEMBERS, HIDDEN, NEW))
    ),
    "a volunteer's own work": events(classification(5, "2024-03-02T12:00", user=3)),
}
SAME_AFTER_WORK = (
    "{ user(id: 3) { __typename id login displayName } }",
    "{ user(id: 3) { comments { __typename totalCount firstDay lastDay } } }",
    "{ usersByIds(ids: [3]) { id } }",
    "{ userGroup(id: 503) { name } }",
    "{ userGroupsByIds(ids: [7]) { id } }",
    "{ userGroupsByIds(ids: [504]) { id } }",
    "{ userGroup(id: 501) { classifications { totalCount } } }",
)

DOCUMENTS = documents()


def share_secret(connection: Connection) -> None:
    """Tags of records are made of the instance's secret, which two databases do not share."""
    connection.execute(update(instance_secret).values(secret="shared"))


@pytest.fixture
async def client(database_url: str, database: Database) -> AsyncIterator[httpx.AsyncClient]:
    for write in PUBLIC:
        await database.write(write)
    settings = Settings(database_url=database_url, batch_limit=100, groups="own")
    app = create_app(settings, Clock())
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway") as client,
    ):
        yield client


async def _everything(client: httpx.AsyncClient, every: int) -> list[Question]:
    """All ways to ask; of the documents, each one so far apart, and by POST fewer: none is kept."""
    description = (await client.get("/openapi.json")).json()
    asked = [*sampled(DOCUMENTS, every), *SAME_AFTER_WORK]
    return [
        *by_get(asked),
        *by_post(asked[::5]),
        *in_batches(asked),
        *beside_graphql(description),
    ]


async def test_where_the_body_is_equal_everything_is_after_private_writes(
    client: httpx.AsyncClient, database: Database, database_url: str
) -> None:
    # What is decided is not decided by the database.
    everything = await _everything(client, 23 if database_url.startswith("sqlite") else 59)
    before = [await one.ask_async(client) for one in everything]
    assert any(one.headers.get("etag") for one in before)
    unseen = True
    for writes in (UNSEEN, WORK):
        for write in writes.values():
            await database.write(write)
        after, changed = [], set()
        for question, former in zip(everything, before, strict=True):
            response = await question.ask_async(client)
            after.append(response)
            if response.content != former.content:
                assert not unseen, f"seen: {shown(question)}"
                changed.add(question.sent.get("params", {}).get("query"))
                continue
            assert told(response) == told(former), shown(question)
            if "etag" in former.headers:
                condition = {"if-none-match": former.headers["etag"]}
                again = await question.ask_async(client, **condition)
                assert again.status_code == 304, shown(question)
        unseen, before = False, after
        assert not changed.intersection(SAME_AFTER_WORK)
    assert {*SAME_AFTER_WORK} <= {*DOCUMENTS}
    assert changed, "work is seen in what the site comes to"


@pytest.mark.parametrize("name", UNSEEN)
async def test_no_private_write_moves_a_tag(
    client: httpx.AsyncClient, database: Database, name: str
) -> None:
    """Each by itself, asked about the ids that it concerns."""
    asked = [
        "{ userGroupsByIds(ids: [7]) { id } }",
        "{ userGroupsByIds(ids: [7, 504]) { id } }",
        "{ userGroupsByIds(ids: [501, 502, 503]) { id name } }",
        "{ usersByIds(ids: [1, 2, 3]) { login comments { totalCount } } }",
        "{ userGroup(id: 501) { members { nodes { login } } classifications { activeUsers } } }",
        "{ userGroups { totalCount nodes { id } edges { cursor } pageInfo { endCursor } } }",
        '{ userGroups(search: "s") { totalCount nodes { id } pageInfo { hasNextPage } } }',
        "{ userGroup(id: 502) { classifications { totalCount timeSpent activeUsers } } }",
        "{ userGroup(id: 502) { goals { title createdBy { id } progress { value } } } }",
        "{ classifications { totalCount } projectsByIds(ids: [11]) { displayName } }",
    ]
    before = [await one.ask_async(client) for one in by_get(asked)]
    await database.write(UNSEEN[name])
    for question, former in zip(by_get(asked), before, strict=True):
        response = await question.ask_async(client)
        assert (response.content, told(response)) == (former.content, told(former))
        assert (
            await question.ask_async(client, **{"if-none-match": former.headers["etag"]})
        ).status_code == 304


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_what_others_have_asked_before_tells_nobody_more(
    database_url: str, database: Database, tmp_path: Path
) -> None:
    """One process has just answered members, admins and site admins; the other nobody."""
    keys = write_new_keys(tmp_path / "keys")
    private_key, expires = keys.private.read_bytes(), datetime.now(UTC) + timedelta(hours=1)
    for write in (*PUBLIC, *UNSEEN.values()):
        await database.write(write)
    settings = {
        "database_url": database_url,
        "batch_limit": 100,
        "groups": "own",
        "jwt_public_key_file": str(keys.public),
    }
    tokens = [
        issue_token(private_key, user, f"user-{user}", "", admin, expires)
        for user, admin in ((1, False), (3, False), (9, True))
    ]
    async with AsyncExitStack() as stack:
        clients = []
        for _ in range(2):
            app = create_app(Settings(**settings))
            await stack.enter_async_context(app.router.lifespan_context(app))
            transport = httpx.ASGITransport(app)
            client = httpx.AsyncClient(transport=transport, base_url="http://gateway")
            clients.append(await stack.enter_async_context(client))
        asked, fresh = clients
        for token in tokens:
            for question in in_batches(sampled(DOCUMENTS, 29)):
                await question.ask_async(asked, authorization=f"Bearer {token}")
        stranger = issue_token(private_key, 8, "eve", "Eve", False, expires)
        for headers in ({}, {"authorization": f"Bearer {stranger}"}):
            for question in (*by_get(sampled(DOCUMENTS, 61)), *in_batches(sampled(DOCUMENTS, 29))):
                here = await question.ask_async(asked, **headers)
                there = await question.ask_async(fresh, **headers)
                assert here.content == there.content, shown(question)
                assert told(here) == told(there), shown(question)


async def test_a_hidden_group_and_an_unknown_one_have_one_tag(client: httpx.AsyncClient) -> None:
    found = [
        await one.ask_async(client)
        for one in by_get(
            [f"{{ userGroupsByIds(ids: [{each}]) {{ id }} }}" for each in (HIDDEN, NEW)]
        )
    ]
    assert [one.json() for one in found] == [{"data": {"userGroupsByIds": [None]}}] * 2
    assert told(found[0]) == told(found[1])
    assert found[0].headers["etag"]


async def test_databases_that_differ_in_what_is_private_answer_alike_to_the_header(
    tmp_path: Path,
) -> None:
    """Two servers; what one of them holds that is private, the other has never heard of.

    A volunteer who is no member of anything is told no more than the anonymous.
    """
    keys = write_new_keys(tmp_path / "keys")
    settings = {
        "STATS_GATEWAY_BATCH_LIMIT": "100",
        "STATS_GATEWAY_GROUPS": "own",
        "STATS_GATEWAY_JWT_PUBLIC_KEY_FILE": str(keys.public),
    }
    private_key, expires = keys.private.read_bytes(), datetime.now(UTC) + timedelta(hours=1)
    token = issue_token(private_key, 8, "eve", "Eve", False, expires)
    with ExitStack() as stack:
        clients = []
        for name, writes in (("one", PUBLIC), ("other", (*PUBLIC, *UNSEEN.values()))):
            folder = tmp_path / name
            folder.mkdir()
            # Memberships tell when they were written.
            url, clock = f"sqlite:///{folder}/served.db", Clock()
            async with open_database(url, clock=clock) as database:
                await database.migrate()
                for write in writes:
                    await database.write(write)
                await database.write(share_secret)
            server = stack.enter_context(serving(folder, **settings))
            base = server.url.removesuffix("/graphql")
            # Links are to the host that was asked, and the two have different ports.
            headers = {"host": "stats.example"}
            client = httpx.Client(base_url=base, headers=headers, timeout=60)
            clients.append(stack.enter_context(client))
        one, other = clients
        description = orjson.loads(one.get("/openapi.json").content)
        batches, beside = in_batches(sampled(DOCUMENTS, 23)), beside_graphql(description)
        stranger = {"authorization": f"Bearer {token}"}
        for headers, questions in (
            ({}, [*by_get(sampled(DOCUMENTS, 29)), *batches, *beside]),
            (stranger, [*by_get(sampled(DOCUMENTS, 61)), *batches, *beside]),
        ):
            for question in questions:
                here, there = question.ask(one, **headers), question.ask(other, **headers)
                assert here.content == there.content, shown(question)
                assert told(here) == told(there), shown(question)
