"""A request that was made before is answered as if it were read again; nothing of it is stale."""

from __future__ import annotations

import io
import json
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from sqlalchemy import delete
from starlette.datastructures import Headers

from gateway.auth.api_keys import new_api_key
from gateway.auth.keys import write_new_keys
from gateway.auth.tokens import LEEWAY_SECONDS, issue_token
from gateway.auth.viewer import ANONYMOUS, Scope
from gateway.db import Database, open_database
from gateway.db.tables import membership
from gateway.directory.api_keys import add_api_key, revoke_api_key
from gateway.graphql.endpoint.request_memo import READ_HEADERS, Memo
from gateway.graphql.execution.preparation import Preparation
from gateway.telemetry.configuration import Telemetry
from gateway.telemetry.lines import RequestLog
from gateway.telemetry.metrics import Metrics
from tests.auth.waiting import until
from tests.events_of import classification, store
from tests.graphql.copies import GROUP_STATS, JSON, SITE, URL, Clock, filled_gateway, get
from tests.loaders.test_never_stale import entries
from tests.valid import valid_response

ME = "{ me { id login } }"
#: A private group's numbers, and what its reader is to it.
PRIVATE = "{ userGroup(id: 7) { name classifications { totalCount } } }"
MEMBER = {"user_group_id": 7, "user_id": 2, "state": "active", "roles": ["group_member"]}

Client = httpx.AsyncClient


@pytest.fixture
def clock() -> Clock:
    clock = Clock()
    clock.now = datetime.now(UTC).replace(hour=12)
    return clock


@pytest.fixture
def keys(tmp_path: Path) -> Any:
    return write_new_keys(tmp_path / "keys")


@pytest.fixture
async def client(database_url: str, clock: Clock, keys: Any) -> AsyncIterator[Client]:
    async with filled_gateway(
        clock, database_url=database_url, jwt_public_key_file=str(keys.public)
    ) as client:
        yield client


@pytest.fixture
async def database(database_url: str, client: Client) -> AsyncIterator[Database]:
    """The same database as another process opens it."""
    async with open_database(database_url) as database:
        await database.write(
            entries(user_groups=[{"id": 7, "name": "secret", "stats_visibility": 0}])
        )
        await database.write(entries(memberships=[MEMBER]))
        yield database


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The kinds of viewers whose requests were read, and not repeated."""
    read: list[str] = []
    whole = Preparation.prepare

    async def counted(self: Preparation, request: Any, viewer: Any, *rest: Any) -> Any:
        read.append(viewer.kind)
        return await whole(self, request, viewer, *rest)

    monkeypatch.setattr(Preparation, "prepare", counted)
    return read


def bearer(keys: Any, user_id: int = 2, *, admin: bool = False, seconds: float = 3600) -> Any:
    expires = datetime.now(UTC) + timedelta(seconds=seconds)
    private = keys.private.read_bytes()
    return {"authorization": f"Bearer {issue_token(private, user_id, None, None, admin, expires)}"}


async def post(client: Client, query: str, **headers: str) -> httpx.Response:
    return valid_response(await client.post(URL, json={"query": query}, headers=headers))


def total_in(response: httpx.Response) -> int | None:
    statistics = response.json()["data"]["userGroup"]["classifications"]
    return statistics and int(statistics["totalCount"])


def compared(response: httpx.Response) -> Any:
    """All that a response says, but for its id."""
    headers = {name: value for name, value in response.headers.items() if name != "x-request-id"}
    return response.status_code, headers, response.content


async def test_what_is_sent_again_is_not_read_again(client: Client, read: list[str]) -> None:
    for sent in (post, get):
        read.clear()
        responses = [compared(await sent(client, SITE)) for _ in range(4)]
        assert read == ["anonymous"]
        assert responses == [responses[0]] * 4


async def test_a_batch_is_not_read_again(database_url: str, clock: Clock, read: list[str]) -> None:
    batch = [{"query": SITE}, {"query": GROUP_STATS}, {"query": SITE}]
    broken = [*batch, {"query": "{ nothing }"}]
    async with filled_gateway(clock, database_url=database_url, batch_limit=9) as client:
        responses = [compared(await client.post(URL, json=batch)) for _ in range(3)]
        assert len(read) == 3
        assert responses == [responses[0]] * 3
        responses = [compared(await client.post(URL, json=broken)) for _ in range(2)]
        assert len(read) == 3 + 2 * 4
        assert responses[0] == responses[1]


async def test_a_client_that_has_the_answer_is_told_so_without_reading(
    client: Client, database: Database, read: list[str]
) -> None:
    etag = (await get(client, SITE)).headers["etag"]
    read.clear()
    responses = [compared(await get(client, SITE, etag)) for _ in range(3)]
    assert [status for status, _, _ in responses] == [304] * 3
    assert responses == [responses[0]] * 3
    assert len(read) == 1
    await store(database, classification(2))
    assert (await get(client, SITE, etag)).status_code == 200


async def test_new_events_are_in_the_next_answer(client: Client, database: Database) -> None:
    for event in range(10, 14):
        answers = {(await post(client, SITE)).content for _ in range(3)}
        assert len(answers) == 1
        await store(database, classification(event))
        assert (await post(client, SITE)).content not in answers


async def test_a_token_that_expires_is_refused(client: Client, keys: Any, read: list[str]) -> None:
    token = bearer(keys, seconds=3 - LEEWAY_SECONDS)
    for _ in range(2):
        assert (await post(client, SITE, **token)).status_code == 200
    assert read == ["user"]
    _, _, text = token["authorization"].partition(" ")
    expires = jwt.decode(text, options={"verify_signature": False})["exp"]
    await until(lambda: datetime.now(UTC).timestamp() > expires + LEEWAY_SECONDS)
    assert (await post(client, SITE, **token)).status_code == 401


async def test_a_key_that_is_taken_away_takes_its_tokens_along(
    database_url: str, clock: Clock, tmp_path: Path, read: list[str]
) -> None:
    old, new = write_new_keys(tmp_path / "old"), write_new_keys(tmp_path / "new")
    file = tmp_path / "public.pem"
    file.write_bytes(old.public.read_bytes())
    async with filled_gateway(
        clock, database_url=database_url, jwt_public_key_file=str(file)
    ) as client:
        for _ in range(2):
            assert (await post(client, SITE, **bearer(old))).status_code == 200
        assert len(read) == 1
        file.write_bytes(new.public.read_bytes())
        # The gateway reads its keys again for a token that none of them has signed.
        assert (await post(client, SITE, **bearer(new))).status_code == 200
        assert (await post(client, SITE, **bearer(old))).status_code == 401


async def test_an_api_key_that_is_revoked_is_refused(
    client: Client, database: Database, read: list[str]
) -> None:
    key = new_api_key("report", [Scope.STATS_READ], 0)
    await database.write(lambda connection: add_api_key(connection, key.stored))
    sent = {"authorization": f"Bearer {key.text}"}
    for _ in range(3):
        assert total_in(await post(client, PRIVATE, **sent)) == 0
    assert read == ["api_key"]
    await database.write(lambda connection: revoke_api_key(connection, "report", 1))
    assert (await post(client, PRIVATE, **sent)).status_code == 401


async def test_a_membership_that_ends_takes_the_answer_along(
    client: Client, database: Database, keys: Any, read: list[str]
) -> None:
    token = bearer(keys)
    for _ in range(3):
        assert total_in(await post(client, PRIVATE, **token)) == 0
    assert read == ["user"]
    await database.write(lambda connection: connection.execute(delete(membership)))
    await database.write(entries(memberships=[{**MEMBER, "state": "inactive"}]))
    for _ in range(2):
        assert total_in(await post(client, PRIVATE, **token)) is None


async def test_a_viewer_who_loses_rights_is_another_viewer(
    client: Client, database: Database, keys: Any, read: list[str]
) -> None:
    await database.write(lambda connection: connection.execute(delete(membership)))
    await database.write(entries(memberships=[{**MEMBER, "user_id": 1}]))
    admin, plain = bearer(keys, admin=True), bearer(keys)
    for _ in range(2):
        assert total_in(await post(client, PRIVATE, **admin)) == 0
        assert total_in(await post(client, PRIVATE, **plain)) is None
        assert (await post(client, ME, **bearer(keys, 1))).json()["data"]["me"]["id"] == "1"
        assert (await post(client, ME, **plain)).json()["data"]["me"]["id"] == "2"
    # What was refused was read twice.
    assert sorted(read) == ["site_admin", "user", "user", "user", "user"]


@pytest.mark.usefixtures("database")
async def test_another_viewer_of_the_kind_is_not_read(
    client: Client, keys: Any, read: list[str]
) -> None:
    """Permissions are compared all the same: only a member sees a private group."""
    public = [(await post(client, SITE, **bearer(keys, user))).content for user in (2, 3, 4)]
    assert (len(set(public)), read) == (1, ["user"])
    private = [total_in(await post(client, PRIVATE, **bearer(keys, user))) for user in (2, 3, 2)]
    assert private == [0, None, 0]


async def test_another_day_is_another_question(
    client: Client, clock: Clock, read: list[str]
) -> None:
    query = """{ classifications(range: { start: "2024-03-01" }) {
        buckets(period: YEAR, fillGaps: true) { count } } }"""
    before = [(await post(client, query)).content for _ in range(2)]
    assert len(read) == 1
    clock.now += timedelta(days=366)
    after = [(await post(client, query)).content for _ in range(2)]
    assert len(read) == 2
    assert (len(set(before)), len(set(after)), before == after) == (1, 1, False)


OTHER_VALUES = {
    "accept": "application/graphql-response+json",
    "accept-encoding": "gzip",
    "content-encoding": "gzip",
    "content-type": "text/plain",
    "if-none-match": "*",
}


def test_each_header_of_the_list_has_another_value() -> None:
    assert {name.decode() for name in READ_HEADERS} == OTHER_VALUES.keys()


@pytest.mark.parametrize("name", OTHER_VALUES)
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_another_header_is_another_request(
    database_url: str, clock: Clock, client: Client, method: str, name: str
) -> None:
    def request(of: Client, headers: dict[str, str]) -> httpx.Request:
        whole = {"accept": JSON, "accept-encoding": "identity", **headers}
        if method == "GET":
            return of.build_request("GET", URL, params={"query": GROUP_STATS}, headers=whole)
        whole = {"content-type": JSON, **whole}
        body = json.dumps({"query": GROUP_STATS}).encode()
        return of.build_request("POST", URL, content=body, headers=whole)

    async with filled_gateway(
        clock, database_url=database_url, cache_bytes=0, answer_cache_bytes=0
    ) as plain:
        for _ in range(2):
            await client.send(request(client, {}))
            await client.send(request(client, {name: OTHER_VALUES[name]}))
        for headers in ({}, {name: OTHER_VALUES[name]}):
            found = await client.send(request(client, headers))
            wanted = await plain.send(request(plain, headers))
            assert compared(found) == compared(wanted)


async def test_the_endpoint_reads_no_header_that_is_not_in_the_list(
    client: Client, keys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Credentials are the viewer's, and the client's address counts costs alone."""
    read: set[str] = set()
    get_one, get_all = Headers.__getitem__, Headers.getlist

    def one(self: Headers, key: str) -> str:
        read.add(key.lower())
        return get_one(self, key)

    def every(self: Headers, key: str) -> list[str]:
        read.add(key.lower())
        return get_all(self, key)

    monkeypatch.setattr(Headers, "__getitem__", one)
    monkeypatch.setattr(Headers, "getlist", every)
    for sent in (post, get):
        for headers in ({}, bearer(keys), {"accept": "multipart/mixed, application/json"}):
            await sent(client, SITE, **headers)
    of_responses = {"vary", "cache-control", "content-length", "accept-ranges"}
    beside = {"origin", "x-forwarded-for", *of_responses}
    assert read - beside <= {name.decode() for name in READ_HEADERS}


async def test_a_budget_is_charged_each_time(database_url: str, clock: Clock) -> None:
    statuses = {}
    for answer_cache_bytes in (0, 1_000_000):
        async with filled_gateway(
            clock,
            database_url=database_url,
            cost_per_minute=300,
            cost_limit=300,
            answer_cache_bytes=answer_cache_bytes,
        ) as client:
            responses = [await post(client, SITE) for _ in range(302)]
            statuses[answer_cache_bytes] = [one.status_code for one in responses]
            last = responses[-1].json(), responses[-1].headers["retry-after"]
            assert last[0]["errors"][0]["extensions"]["code"] == "RATE_LIMITED"
    assert statuses[0] == statuses[1_000_000]
    assert 429 in statuses[0]


async def test_log_and_metrics_are_as_without_it(
    database_url: str, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Standard:
        buffer = io.BytesIO()

        def isatty(self) -> bool:
            return False

    monkeypatch.setattr("sys.stderr", Standard())
    log, metrics = RequestLog("json", "info"), Metrics("1")
    telemetry = Telemetry(log, metrics)
    async with filled_gateway(clock, telemetry, database_url=database_url) as client:
        for _ in range(3):
            await client.post(URL, json={"query": f"query Site {SITE}"})
    read, first, second = map(json.loads, Standard.buffer.getvalue().splitlines())
    assert first.keys() == second.keys() == read.keys()
    assert read["phases"].keys() == first["phases"].keys()
    volatile = {"request_id", "ms", "phases", "timestamp", "statements"}
    for name in read.keys() - volatile:
        assert first[name] == read[name], name
    assert (first["statements"], first["operation"], first["route"]) == (0, "Site", "/graphql")
    count = metrics.registry.get_sample_value
    assert count("stats_gateway_operations_total", {"result": "ok"}) == 3
    labels = {"route": "/graphql", "method": "POST", "status": "2xx"}
    assert count("stats_gateway_requests_total", labels) == 3


async def test_it_holds_no_credential_and_no_body(client: Client, keys: Any) -> None:
    token = bearer(keys)
    for _ in range(2):
        await post(client, SITE, **token)
    held = [*memos(client)]
    assert len(held) == 1
    text = repr(held)
    assert "totalCount" not in text
    assert token["authorization"].removeprefix("Bearer ")[:20] not in text


def memos(client: Client) -> Iterator[Any]:
    values = client.responses.memory._values  # type: ignore[attr-defined]
    for key, (value, _) in values.items():
        if isinstance(value, Memo):
            yield key, value


async def test_what_is_answered_with_errors_has_no_memo(client: Client, read: list[str]) -> None:
    for _ in range(2):
        await post(client, "{ user(id: 1) { classifications { totalCount } } }")
    assert (len(read), [*memos(client)]) == (2, [])
    assert ANONYMOUS.kind == read[0]


async def test_a_body_in_several_messages_is_answered_alike(client: Client) -> None:
    body = json.dumps({"query": SITE}).encode()

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(body), 7):
            yield body[start : start + 7]

    whole = [await client.post(URL, json={"query": SITE}) for _ in range(2)]
    headers = {"content-type": JSON}
    parts = [await client.post(URL, content=pieces(), headers=headers) for _ in range(2)]
    assert {one.content for one in (*whole, *parts)} == {whole[0].content}
