"""What a browser wrote never loses a classification that the stream brings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from gateway.settings import Settings
from tests.rest.conftest import PASSWORD, USERNAME, Ask, Send, one, totals
from tests.rest.test_counting import load_groups
from tests.server import serving
from tests.stream_events import Event, comment

GROUP = "{ userGroup(id: 501) { classifications { totalCount timeSpent } } }"


def claiming(event_id: int, **metadata: Any) -> Event:
    """A classification whose metadata says this as well."""
    event = one(event_id)
    event["data"]["metadata"] |= metadata
    return event


@pytest.mark.parametrize(
    ("groups", "counted", "what"),
    [
        ([501, None], 1, "groups"),
        (["501", "abc", [502], 501.5, True, 2**63, -1], 1, "groups"),
        (["abc"], 0, "groups"),
        ([None], 0, "groups"),
        ("7", 0, "groups"),
        (501, 0, "groups"),
        ({"501": 1}, 0, "groups"),
        ([501] * 1_000, 1, None),
        ([501] * 1_001, 0, "too_many_groups"),
        (list(range(501, 100_000)), 0, "too_many_groups"),
    ],
)
async def test_an_event_counts_whatever_groups_it_claims(
    send: Send,
    ask: Ask,
    app: Starlette,
    settings: Settings,
    groups: object,
    counted: int,
    what: str | None,
) -> None:
    await load_groups(settings)
    assert (await send(claiming(1, user_group_ids=groups))).status_code == 204
    assert await totals(ask) == (1, 60.0, 0)
    group = (await ask(GROUP))["userGroup"]["classifications"]
    assert group == {"totalCount": counted, "timeSpent": 60.0 * counted}
    noted = {name: n for name, n in app.state.services.intake.counters.left_out.items() if n}
    assert noted == ({what: 1} if what else {})


@pytest.mark.parametrize(
    "metadata",
    [
        {"started_at": "Invalid Date"},
        {"finished_at": 1_709_208_000},
        {"started_at": None, "finished_at": None, "session": {}},
        {"started_at": [], "finished_at": {"at": "2024-02-29T12:00:00Z"}},
    ],
)
async def test_times_that_cannot_be_used_count_no_seconds(
    send: Send, ask: Ask, metadata: dict[str, Any]
) -> None:
    assert (await send(claiming(1, **metadata))).status_code == 204
    assert await totals(ask) == (1, 0, 0)


@pytest.mark.parametrize("metadata", [None, [], "{}", 5, True])
async def test_metadata_that_is_no_object_counts_no_seconds(
    send: Send, ask: Ask, metadata: object
) -> None:
    event = one(1)
    event["data"]["metadata"] = metadata
    assert (await send(event)).status_code == 204
    assert await totals(ask) == (1, 0, 0)


async def test_an_empty_user_is_anonymous(send: Send, ask: Ask) -> None:
    post = comment(3, "2024-02-29T12:00:00Z", user_id="", project_id="")
    assert (await send(one(1, user=""), one(2, user=" ", project=""), post)).status_code == 204
    assert await totals(ask) == (2, 120.0, 1)
    data = await ask("{ classifications { anonymousCount } usersByIds(ids: [7]) { id } }")
    assert data == {"classifications": {"anonymousCount": 2}, "usersByIds": [None]}


async def test_events_less_something_are_no_part_of_a_207(send: Send) -> None:
    response = await send(claiming(1, user_group_ids=[None]), "text")
    assert response.status_code == 207
    assert [error["position"] for error in response.json()["errors"]] == [1]
    assert response.json()["taken"] == 1


@pytest.mark.parametrize("said", [b'"\\ud83d"', b"1e400", b"9" * 400, b"9" * 100_000])
async def test_no_text_and_no_number_stops_the_batch_it_comes_with(
    client: httpx.AsyncClient, ask: Ask, said: bytes
) -> None:
    events = [one(1), claiming(2, user_agent="SAID")]
    events[1]["linked"] = {"users": [{"id": 7, "login": "SAID"}]}
    events.append({"source": "talk", "type": "comment", "data": {"id": "SAID"}})
    body = json.dumps({"payload": events}).encode().replace(b'"SAID"', said)
    response = await client.post("/kinesis", content=body, auth=(USERNAME, PASSWORD))
    assert response.status_code == 207
    assert [error["position"] for error in response.json()["errors"]] == [2]
    assert await totals(ask) == (2, 120.0, 0)


def test_a_server_takes_the_limit_from_its_settings_and_shows_what_it_left_out(
    tmp_path: Path,
) -> None:
    options = {
        "STATS_GATEWAY_STREAM_USERNAME": USERNAME,
        "STATS_GATEWAY_STREAM_PASSWORD": PASSWORD,
        "STATS_GATEWAY_GROUPS_PER_EVENT": "2",
    }
    with serving(tmp_path, **options) as server, httpx.Client(timeout=60) as client:
        url = server.url.replace("/graphql", "/kinesis")
        events = [
            claiming(1, user_group_ids=[1, 2]),
            claiming(2, user_group_ids=[1, 2, 3]),
            claiming(3, user_group_ids=["x"]),
        ]
        answer = client.post(url, json={"payload": events}, auth=(USERNAME, PASSWORD))
        assert (answer.status_code, answer.content) == (204, b"")
        query = "{ classifications { totalCount } }"
        counted = client.post(server.url, json={"query": query}).json()
        assert counted == {"data": {"classifications": {"totalCount": 3}}}
        assert "Traceback" not in server.log.read_text()
