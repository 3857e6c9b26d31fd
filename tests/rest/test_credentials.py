"""Who may send events to ``POST /kinesis``."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import AsyncIterator

import httpx
import pytest

from gateway.app import create_app
from gateway.settings import Settings
from tests.rest.conftest import NOW, PASSWORD, USERNAME, Ask, one, totals

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


class Sender:
    """Sends with a password from an address, at an instant that tests move."""

    def __init__(self, settings: Settings) -> None:
        self.now = NOW
        self.app = create_app(settings, clock=lambda: self.now)

    async def send(self, address: str, password: str | None, **headers: str) -> httpx.Response:
        transport = httpx.ASGITransport(self.app, client=(address, 1))
        auth = None if password is None else (USERNAME, password)
        async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
            return await client.post("/kinesis", json={"payload": []}, auth=auth, headers=headers)


@pytest.fixture
async def sender(settings: Settings) -> AsyncIterator[Sender]:
    sender = Sender(settings.model_copy(update={"trusted_proxies": "10.0.0.0/8"}))
    async with sender.app.router.lifespan_context(sender.app):
        yield sender


async def test_after_ten_wrong_passwords_an_address_waits_and_others_do_not(
    sender: Sender,
) -> None:
    guesses = [(await sender.send("192.0.2.1", f"guess {n}")).status_code for n in range(10)]
    assert guesses == [403] * 10
    refused = await sender.send("192.0.2.1", PASSWORD)
    assert (refused.status_code, refused.json()["errors"][0]["extensions"]) == (
        429,
        {"code": "RATE_LIMITED"},
    )
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert (await sender.send("192.0.2.2", PASSWORD)).status_code == 204
    assert (await sender.send("192.0.2.1", None)).status_code == 403


async def test_requests_without_a_password_are_no_guesses(sender: Sender) -> None:
    for _ in range(20):
        assert (await sender.send("192.0.2.1", None)).status_code == 403
    assert (await sender.send("192.0.2.1", PASSWORD)).status_code == 204


async def test_right_passwords_are_not_counted(sender: Sender) -> None:
    for _ in range(20):
        assert (await sender.send("192.0.2.1", PASSWORD)).status_code == 204


async def test_the_address_is_the_one_that_a_trusted_proxy_tells(sender: Sender) -> None:
    for _ in range(10):
        await sender.send("10.0.0.1", "guess", **{"X-Forwarded-For": "192.0.2.1"})
    for address, status in (("192.0.2.1", 429), ("192.0.2.2", 204)):
        response = await sender.send("10.0.0.1", PASSWORD, **{"X-Forwarded-For": address})
        assert response.status_code == status
    # Who is no proxy tells no other address than its own.
    for n in range(10):
        await sender.send("198.51.100.1", "guess", **{"X-Forwarded-For": f"192.0.2.{n}"})
    assert (await sender.send("198.51.100.1", PASSWORD)).status_code == 429


async def test_a_strangers_body_is_not_read(client: httpx.AsyncClient) -> None:
    async def body() -> AsyncIterator[bytes]:
        raise AssertionError("the body was read")
        yield b""

    response = await client.post("/kinesis", content=body())
    assert response.status_code == 403
