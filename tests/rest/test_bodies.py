"""What ``POST /kinesis`` takes for a payload."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from tests.rest.conftest import BODY_LIMIT, PASSWORD, USERNAME, Send

# Which database is behind it makes no difference here.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b'{"payload": [}',
        b'{"payload": ["\xff"]}',
        b"[]",
        b"null",
        b"7",
        b"{}",
        b'{"payload": null}',
        b'{"payload": {"0": {}}}',
        b'{"payload": "[]"}',
        b'{"Payload": []}',
        b'{"payload": ' + b"[" * 5000 + b"]" * 5000 + b"}",
    ],
)
async def test_a_body_without_a_list_of_events_is_400(
    client: httpx.AsyncClient, body: bytes
) -> None:
    response = await client.post("/kinesis", content=body, auth=(USERNAME, PASSWORD))
    assert response.status_code == 400
    (error,) = response.json()["errors"]
    assert error["message"].startswith("The request body ")
    assert error["extensions"] == {"code": "BAD_REQUEST"}


async def test_an_empty_payload_is_taken(send: Send) -> None:
    assert (await send()).status_code == 204


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 204),
        ({"content-type": "application/json"}, 204),
        ({"content-type": "application/json; charset=UTF-8"}, 204),
        ({"content-type": "application/json; charset=latin-1"}, 415),
        ({"content-type": "text/plain"}, 415),
        ({"content-encoding": "gzip"}, 415),
    ],
)
async def test_a_body_is_plain_json_unless_declared_otherwise(
    client: httpx.AsyncClient, headers: dict[str, str], status: int
) -> None:
    response = await client.post(
        "/kinesis", content=b'{"payload": []}', headers=headers, auth=(USERNAME, PASSWORD)
    )
    assert response.status_code == status


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "OPTIONS"])
async def test_only_post_is_allowed(client: httpx.AsyncClient, method: str) -> None:
    response = await client.request(method, "/kinesis", auth=(USERNAME, PASSWORD))
    assert (response.status_code, response.headers["allow"]) == (405, "POST")
    assert response.json()["errors"][0]["extensions"] == {"code": "METHOD_NOT_ALLOWED"}


def padded(size: int) -> bytes:
    start = b'{"payload": [], "padding": "'
    return start + b"x" * (size - len(start) - 2) + b'"}'


@pytest.mark.parametrize(("size", "status"), [(BODY_LIMIT, 204), (BODY_LIMIT + 1, 413)])
@pytest.mark.parametrize("declared", [True, False])
async def test_a_body_may_be_as_large_as_the_limit(
    client: httpx.AsyncClient, size: int, status: int, declared: bool
) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, size, 65_536):
            yield padded(size)[start : start + 65_536]

    content = padded(size) if declared else chunks()
    response = await client.post("/kinesis", content=content, auth=(USERNAME, PASSWORD))
    assert response.status_code == status
    if status == 413:
        extensions = response.json()["errors"][0]["extensions"]
        assert extensions == {"code": "BODY_TOO_LARGE", "limit": BODY_LIMIT}
