"""What the events of ``POST /kinesis`` count for."""

from __future__ import annotations

import asyncio
import gzip
import json
import random
from pathlib import Path

import pytest

from gateway.db import open_database
from gateway.directory.load import load_directory
from gateway.settings import Settings
from tests.counted_answer import QUERY, Answer
from tests.rest.conftest import Ask, Send, one, totals
from tests.stream_events import Event, comment

GOLDEN = Path(__file__).parents[1] / "golden"
GROUPS = json.loads((GOLDEN / "panoptes.json").read_text())["user_groups"]


def golden_events() -> list[Event]:
    lines = gzip.decompress((GOLDEN / "events.ndjson.gz").read_bytes()).splitlines()
    return [json.loads(line) for line in lines]


async def load_groups(settings: Settings) -> None:
    async with open_database(settings.database_url) as database:
        await database.write(lambda c: load_directory(c, {"user_groups": GROUPS}))


@pytest.mark.parametrize("size", [100, 1000])
async def test_recorded_events_in_batches_count_as_brute_force_counts_them(
    send: Send, ask: Ask, settings: Settings, size: int
) -> None:
    await load_groups(settings)
    events = golden_events()
    for start in range(0, len(events), size):
        response = await send(*events[start : start + size])
        assert (response.status_code, response.content) == (204, b"")
    answer = Answer(events)
    assert len(answer.variables["users"]) == 24
    assert len(answer.variables["groups"]) == 5
    assert await ask(QUERY, **answer.variables) == answer.data


async def test_batches_sent_again_and_in_any_order_change_nothing(
    send: Send, ask: Ask, settings: Settings
) -> None:
    await load_groups(settings)
    events = golden_events()[:1200]
    answer = Answer(events)
    order = [*range(0, 1200, 100)] * 2
    random.Random(3).shuffle(order)
    responses = await asyncio.gather(*(send(*events[start : start + 150]) for start in order))
    assert {response.status_code for response in responses} == {204}
    assert await ask(QUERY, **answer.variables) == answer.data


@pytest.mark.parametrize("together", [True, False], ids=["one batch", "two batches"])
@pytest.mark.parametrize(
    ("first", "second", "seconds"),
    [
        ("2024-03-01T10:00:00Z", "2024-03-01T09:59:59Z", 60.0),
        ("2024-03-01T10:00:00Z", "2024-03-01T10:00:00Z", 90.0),
        ("2024-03-01T10:00:00Z", "2024-03-01T10:00:01Z", 90.0),
        ("2024-03-01T10:00:00Z", "2024-03-01T11:00:00+02:00", 60.0),
        ("2024-03-01T10:00:00Z", None, 90.0),
        (None, "2024-03-01T10:00:00Z", 90.0),
    ],
)
async def test_a_copy_with_an_earlier_update_never_replaces_a_later_one(
    send: Send, ask: Ask, first: str | None, second: str | None, seconds: float, together: bool
) -> None:
    copies = [one(updated_at=first, seconds=60), one(updated_at=second, seconds=90)]
    for batch in [copies] if together else [[copy] for copy in copies]:
        assert (await send(*batch)).status_code == 204
    assert await totals(ask) == (1, seconds, 0)


async def test_a_replacement_replaces_all_that_was_said(
    send: Send, ask: Ask, settings: Settings
) -> None:
    await load_groups(settings)
    before = one(groups=[501, 502], created_at="2023-12-31T23:59:59Z")
    after = one(groups=[502, 503], user=8, project=12, workflow=102, seconds=30)
    await send(before)
    await send(after)
    both, answer = Answer([before, after]), Answer([after])
    answer.variables = {
        name: sorted({*ids, *Answer([before]).variables[name]})
        for name, ids in both.variables.items()
    }
    data = await ask(QUERY, **answer.variables)
    assert data == answer.data
    assert [group["classifications"]["totalCount"] for group in data["userGroupsByIds"]] == [
        0,
        1,
        1,
    ]


async def test_a_group_that_is_named_twice_counts_once_and_anonymous_work_to_none(
    send: Send, ask: Ask, settings: Settings
) -> None:
    await load_groups(settings)
    anonymous = one(2, groups=[501])
    del anonymous["data"]["links"]["user"]
    await send(one(groups=[501, "501", 501]), anonymous)
    group = await ask("{ userGroup(id: 501) { classifications { totalCount activeUsers } } }")
    assert group["userGroup"]["classifications"] == {"totalCount": 1, "activeUsers": 1}
    assert await totals(ask) == (2, 120.0, 0)


@pytest.mark.parametrize(
    ("created_at", "day"),
    [
        ("2024-02-29T23:30:00Z", "2024-02-29"),
        ("2024-02-29T23:30:00", "2024-02-29"),
        ("2024-02-29 23:30:00 UTC", "2024-02-29"),
        ("2024-02-29T23:30:00-01:00", "2024-03-01"),
        ("2024-03-01T00:30:00+01:00", "2024-02-29"),
    ],
)
async def test_offsets_are_honoured_and_zoneless_times_are_utc(
    send: Send, ask: Ask, created_at: str, day: str
) -> None:
    await send(one(created_at=created_at), comment(1, created_at, user_id=7))
    data = await ask(
        "{ classifications { buckets(period: DAY) { startsOn } }"
        " comments { buckets(period: DAY) { startsOn } } }"
    )
    days = [{"startsOn": day}]
    assert data == {"classifications": {"buckets": days}, "comments": {"buckets": days}}


async def test_linked_names_are_learned(send: Send, ask: Ask) -> None:
    linked = {
        "users": [{"id": "7", "login": "ada"}],
        "projects": [{"id": "11", "display_name": "Cats"}],
        "workflows": [{"id": "101", "display_name": "Whiskers?"}],
    }
    await send(one(linked=linked), one(2))
    data = await ask(
        "{ user(id: 7) { login }"
        " project(id: 11) { displayName workflows { nodes { id displayName } } } }"
    )
    assert data == {
        "user": {"login": "ada"},
        "project": {
            "displayName": "Cats",
            "workflows": {"nodes": [{"id": "101", "displayName": "Whiskers?"}]},
        },
    }
