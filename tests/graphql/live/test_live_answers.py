"""Live answers: the first at once, another when and only when its bytes differ."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import orjson
import pytest

from gateway.auth.viewer import ANONYMOUS, Viewer
from gateway.db import Database, open_database
from gateway.graphql.documents.request import GraphQLRequest
from gateway.graphql.live.live_answers import LiveAnswers
from gateway.graphql.live.stream import LiveStream
from gateway.telemetry.record import RequestRecord
from tests.events_of import classification, store
from tests.graphql.cached_gateway import Gateway
from tests.graphql.live.followers import data, follow, live_answers, sent
from tests.histories import restore, save
from tests.loaders.test_never_stale import entries

TOTAL = "classifications { totalCount }"
PROJECT = "project(id: $id) { classifications { totalCount } }"
GROUP = "userGroup(id: $id) { classifications { totalCount } }"
ME = "me { id memberships { nodes { group { name } } } }"
DIRECTORY = {
    "users": [{"id": one, "login": f"user-{one}"} for one in (1, 2, 3)],
    "projects": [{"id": one, "slug": f"zoo/{one}", "display_name": "Cats"} for one in (11, 12)],
    "user_groups": [
        {"id": 501, "name": "open", "stats_visibility": "public_show_all"},
        {"id": 502, "name": "closed", "stats_visibility": "private_show_agg_and_ind"},
    ],
}


#: What a group shows to whoever may not see its statistics.
HIDDEN = {"live": {"userGroup": {"classifications": None}}}


def member(user: int, group: int = 502, state: str = "active") -> dict[str, object]:
    return {"user_group_id": group, "user_id": user, "state": state, "roles": ["group_member"]}


def total(number: int) -> dict[str, object]:
    return {"classifications": {"totalCount": number}}


@pytest.fixture
async def gateway(database: Database) -> AsyncIterator[Gateway]:
    await database.write(entries(**DIRECTORY))
    await store(database, classification(1, groups=(501, 502)))
    async with Gateway(database) as opened:
        yield opened


@pytest.fixture
async def live(gateway: Gateway) -> AsyncIterator[LiveAnswers]:
    async with live_answers(gateway) as opened:
        yield opened


async def test_frames_come_by_themselves(gateway: Gateway) -> None:
    async with (
        LiveAnswers(gateway.executor.live, gateway.changes, lambda: gateway.now, 0.05) as live,
        asyncio.timeout(30),
    ):
        stream = await follow(live, TOTAL)
        assert orjson.loads(await anext(stream)) == {"data": {"live": total(1)}}
        await store(gateway.database, classification(2))
        assert orjson.loads(await anext(stream)) == {"data": {"live": total(2)}}
        stream.close()


async def test_what_reads_nothing_that_changed_is_not_evaluated(
    gateway: Gateway, live: LiveAnswers
) -> None:
    one, other = [await follow(live, PROJECT, id=str(project)) for project in (11, 12)]
    assert (await data(one), await data(other)) == ({"project": total(1)}, {"project": total(0)})
    await live.tick()
    await store(gateway.database, classification(2, project=12))
    await live.tick()
    assert (await sent(one), await data(other)) == (None, {"project": total(1)})
    assert (live.counts.executed, live.counts.changed) == (1, 1)


async def test_what_is_the_same_is_not_sent(gateway: Gateway, live: LiveAnswers) -> None:
    stream = await follow(live, "project(id: $id) { displayName }", id="11")
    await data(stream)
    await gateway.database.write(
        entries(projects=[{"id": 11, "slug": "zoo/cats", "display_name": "Cats"}])
    )
    await live.tick()
    assert (live.counts.unchanged, await sent(stream)) == (1, None)


async def test_many_who_watch_the_same_are_answered_once(
    gateway: Gateway, live: LiveAnswers
) -> None:
    viewers = [ANONYMOUS] * 50 + [Viewer(id=user) for user in range(100, 150)]
    streams = [await follow(live, GROUP, viewer, id="501") for viewer in viewers]
    for stream in streams:
        assert await data(stream) == {"userGroup": total(1)}
    assert (live.counts.streams, live.counts.operations) == (100, 51)
    await store(gateway.database, classification(2, groups=(501,)))
    await live.tick()
    for stream in streams:
        assert await data(stream) == {"userGroup": total(2)}
    assert live.counts.executed == 1


async def test_who_has_other_rights_is_answered_apart(gateway: Gateway, live: LiveAnswers) -> None:
    await gateway.database.write(entries(memberships=[member(1), member(2)]))
    stranger = await follow(live, GROUP, Viewer(id=3), id="502")
    members = [await follow(live, GROUP, Viewer(id=user), id="502") for user in (1, 2)]
    for stream in members:
        assert await data(stream) == {"userGroup": total(1)}
    refused = await sent(stranger)
    assert refused["data"] == HIDDEN
    assert refused["errors"][0]["path"] == ["live", "userGroup", "classifications"]
    await store(gateway.database, classification(2, groups=(502,)))
    await live.tick()
    for stream in members:
        assert await data(stream) == {"userGroup": total(2)}
    # The stranger's has not even read the statistics.
    assert (await sent(stranger), live.counts.executed) == (None, 1)
    await gateway.database.write(
        entries(user_groups=[{**DIRECTORY["user_groups"][1], "name": "other"}])
    )
    await live.tick()
    assert [await sent(stream) for stream in (stranger, *members)] == [None] * 3
    assert live.counts.executed == 3


async def test_personal_answers_are_evaluated_for_each(gateway: Gateway, live: LiveAnswers) -> None:
    streams = [await follow(live, ME, Viewer(id=user)) for user in (1, 2, 3)]
    for user, stream in enumerate(streams, start=1):
        assert (await data(stream))["me"] == {"id": str(user), "memberships": {"nodes": []}}
    await gateway.database.write(entries(memberships=[member(user, 501) for user in (1, 2, 3)]))
    await live.tick()
    for user, stream in enumerate(streams, start=1):
        nodes = [{"group": {"name": "open"}}]
        assert (await data(stream))["me"] == {"id": str(user), "memberships": {"nodes": nodes}}


async def test_when_a_right_ends_the_next_frame_is_what_a_query_answers(
    gateway: Gateway, live: LiveAnswers
) -> None:
    await gateway.database.write(entries(memberships=[member(1)]))
    stream = await follow(live, GROUP, Viewer(id=1), id="502")
    assert await data(stream) == {"userGroup": total(1)}
    await gateway.database.write(entries(memberships=[member(1, state="inactive")]))
    await store(gateway.database, classification(2, groups=(502,)))
    await live.tick()
    frame = await sent(stream)
    assert frame["data"] == HIDDEN
    assert [error["extensions"]["code"] for error in frame["errors"]] == ["FORBIDDEN"]
    await gateway.database.write(entries(memberships=[member(1)]))
    await live.tick()
    assert await data(stream) == {"userGroup": total(2)}


async def test_a_right_that_ends_before_a_frame_is_read_takes_the_frame_away(
    gateway: Gateway, live: LiveAnswers
) -> None:
    await gateway.database.write(entries(memberships=[member(1)]))
    stream = await follow(live, GROUP, Viewer(id=1), id="502")
    await store(gateway.database, classification(2, groups=(502,)))
    await live.tick()
    await gateway.database.write(entries(memberships=[member(1, state="inactive")]))
    await live.tick()
    assert (await sent(stream))["data"] == HIDDEN
    assert await sent(stream) is None
    assert live.counts.superseded == 2


async def test_a_slow_reader_gets_the_newest_and_nothing_twice(
    gateway: Gateway, live: LiveAnswers
) -> None:
    stream = await follow(live, TOTAL)
    assert await data(stream) == total(1)
    for event in (2, 3):
        await store(gateway.database, classification(event))
        await live.tick()
    assert await data(stream) == total(3)
    assert await sent(stream) is None
    selection = "project(id: $id) { displayName }"
    named = await follow(live, selection, id="11")
    before = await data(named)
    for name in ("Dogs", "Cats"):
        await gateway.database.write(
            entries(projects=[{"id": 11, "slug": "zoo/11", "display_name": name}])
        )
        await live.tick()
    assert before == {"project": {"displayName": "Cats"}}
    assert await sent(named) is None


async def test_whoever_joins_gets_the_newest_as_does_who_was_there(
    gateway: Gateway, live: LiveAnswers
) -> None:
    first = await follow(live, TOTAL)
    await data(first)
    await store(gateway.database, classification(2))
    second = await follow(live, TOTAL)
    assert await data(second) == total(2)
    assert await data(first) == total(2)
    await live.tick()
    assert (await sent(first), await sent(second)) == (None, None)
    assert (live.counts.operations, live.counts.executed) == (1, 0)


async def test_two_open_the_same_at_once(gateway: Gateway, live: LiveAnswers) -> None:
    streams = await asyncio.gather(*(follow(live, TOTAL) for _ in range(20)))
    for stream in streams:
        assert await data(stream) == total(1)
    assert gateway.hits == 0
    assert live.counts.operations == 1


async def test_midnight_is_evaluated_without_a_change(gateway: Gateway, live: LiveAnswers) -> None:
    selection = """classifications(range: { start: "2024-02-29" }) {
        buckets(period: DAY, fillGaps: true) { startsOn } }"""
    stream = await follow(live, selection)
    before = (await data(stream))["classifications"]["buckets"]
    gateway.now += timedelta(days=1)
    await live.tick()
    after = (await data(stream))["classifications"]["buckets"]
    assert len(after) == len(before) + 1


async def test_what_reads_nothing_holds(gateway: Gateway, live: LiveAnswers) -> None:
    stream = await follow(live, "__typename")
    assert await data(stream) == {"__typename": "Query"}
    await store(gateway.database, classification(2))
    await live.tick()
    assert (live.counts.executed, live.counts.unchanged) == (0, 0)


async def test_secrets_follow_changes_and_are_kept_by_nobody(
    gateway: Gateway, live: LiveAnswers
) -> None:
    leader = Viewer(id=1)
    made = orjson.loads(
        await gateway.change(
            'mutation { createUserGroup(input: { displayName: "Own" }) { userGroup { id } } }',
            leader,
        )
    )
    group = made["data"]["createUserGroup"]["userGroup"]["id"]
    selection = "userGroup(id: $id) { joinLink { token enabled } }"
    stream = await follow(live, selection, leader, id=group)
    first = (await data(stream))["userGroup"]["joinLink"]
    await live.tick()
    await live.tick()
    assert live.counts.executed == 0
    await gateway.change(
        "mutation ($id: ID!) { updateJoinLink(input: { id: $id, rotate: true }) "
        "{ joinLink { token } } }",
        leader,
        id=group,
    )
    await live.tick()
    second = (await data(stream))["userGroup"]["joinLink"]
    assert second["token"] != first["token"]


async def test_a_fork_of_the_database_is_evaluated_again(database_url: str) -> None:
    async with open_database(database_url) as database:
        await database.migrate()
        await store(database, classification(1))
        await store(database, classification(2))
    copy = await save(database_url, "live_copy")
    async with open_database(copy) as other:
        for event in (3, 4, 5):
            await store(other, classification(event))
    async with (
        open_database(database_url) as database,
        Gateway(database) as gateway,
        live_answers(gateway) as live,
    ):
        stream = await follow(live, TOTAL)
        assert await data(stream) == total(2)
        for event in (6, 7, 8):
            await store(database, classification(event, project=12))
        await live.tick()
        assert await data(stream) == total(5)
        await restore(copy, database_url)
        await until_sent(live, stream)
        await store(database, classification(9))
        await until_sent(live, stream, total(6))


async def until_sent(live: LiveAnswers, stream: LiveStream, expected: object = None) -> None:
    """Tick until the stream has this, if anything; connections may have to be made anew."""
    for _ in range(100):
        await live.tick()
        frame = await sent(stream)
        if expected is None or (frame and frame["data"]["live"] == expected):
            return
        await asyncio.sleep(0.1)
    raise AssertionError("It was never sent.")


async def test_a_refused_operation_is_an_answer(live: LiveAnswers) -> None:
    request = GraphQLRequest("subscription { live { nothing } }")
    answer = await live.open(request, ANONYMOUS, (), RequestRecord("", "POST"))
    assert not isinstance(answer, LiveStream)
    assert answer.keys() == {"errors"}
    assert (live.counts.streams, live.counts.operations, live.counts.size) == (0, 0, 0)
