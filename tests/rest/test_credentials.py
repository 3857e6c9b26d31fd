"""Who may send events to ``POST /kinesis``."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import AsyncIterator

import httpx
import pytest

from gateway.app import create_app
from gateway.settings import Settings
from tests.rest.conftest import PASSWORD, USERNAME, Ask, one, totals

# Which database is behind it makes no difference here.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def basic(text: str | bytes) -> str:
    return b64encode(text.encode() if isinstance(text, str) else text).decode()


RIGHT = f"{USERNAME}:{PASSWORD}"
REFUSED = {
    "no header": [],
    "wrong password": [f"Basic {basic(USERNAME + ':sesame')}"],
    "wrong user name": [f"Basic {basic('Stream:' + PASSWORD)}"],
    "password of a prefix": [f"Basic {basic(RIGHT[:-1])}"],
    "no colon": [f"Basic {basic(USERNAME + PASSWORD)}"],
    "nothing": ["Basic "],
    "not base64": ["Basic stream:sesame"],
    "characters beside base64": [f"Basic {basic(RIGHT)}!"],
    "another scheme": [f"Bearer {basic(RIGHT)}"],
    "another encoding": [f"Basic {basic(RIGHT.encode('latin-1'))}"],
    "sent twice": [f"Basic {basic(RIGHT)}"] * 2,
}


@pytest.mark.parametrize("headers", REFUSED.values(), ids=REFUSED)
async def test_other_credentials_are_refused(
    client: httpx.AsyncClient, ask: Ask, headers: list[str]
) -> None:
    response = await client.post(
        "/kinesis",
        json={"payload": [one()]},
        headers=[("authorization", header.encode()) for header in headers],
    )
    assert response.status_code == 403
    assert response.json() == {
        "errors": [
            {
                "message": "The stream's credentials are missing or wrong.",
                "extensions": {"code": "FORBIDDEN"},
            }
        ]
    }
    assert await totals(ask) == (0, 0, 0)


@pytest.mark.parametrize("scheme", ["Basic", "basic", "BASIC"])
async def test_the_right_credentials_are_taken(client: httpx.AsyncClient, scheme: str) -> None:
    headers = {"authorization": f"{scheme} {basic(RIGHT)}"}
    response = await client.post("/kinesis", json={"payload": [one()]}, headers=headers)
    assert (response.status_code, response.content) == (204, b"")


@pytest.mark.parametrize(
    ("username", "password"), [(None, None), (USERNAME, None), (None, PASSWORD), ("", "")]
)
async def test_without_configured_credentials_everyone_is_refused(
    settings: Settings, username: str | None, password: str | None
) -> None:
    unset = settings.model_copy(update={"stream_username": username})
    unset = Settings(**unset.model_dump(exclude={"stream_password"}), stream_password=password)
    app = create_app(unset)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
        for auth in (None, (USERNAME, PASSWORD), ("", ""), ("None", "None")):
            response = await client.post("/kinesis", json={"payload": []}, auth=auth)
            assert response.status_code == 403


async def test_a_strangers_body_is_not_read(client: httpx.AsyncClient) -> None:
    async def body() -> AsyncIterator[bytes]:
        raise AssertionError("the body was read")
        yield b""

    response = await client.post("/kinesis", content=body())
    assert response.status_code == 403
