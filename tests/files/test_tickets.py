"""Tickets: one download, one viewer, one minute, whatever becomes of the viewer meanwhile."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select, update
from starlette.applications import Starlette

from gateway.app import create_app
from gateway.auth.api_keys import new_api_key
from gateway.auth.keys import KeyPair, write_new_keys
from gateway.auth.tokens import issue_token
from gateway.auth.viewer import Scope
from gateway.db import Database
from gateway.db.tables import membership
from gateway.db.ticket_tables import file_ticket
from gateway.directory.api_keys import add_api_key, revoke_api_key
from gateway.directory.erase_user import erase_user
from gateway.files.tickets import GOOD_SECONDS, TICKETS_OF_VIEWER
from gateway.settings import Settings
from tests.authorization.people import MEMBERSHIPS, SITE_ADMIN, fill

#: Its members see the individual stats.
GROUP = 13
PATH = f"/files/groups/{GROUP}/contributors"
MEMBER = MEMBERSHIPS["member"][0]


class Clock:
    """Stands until it is told to go on."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now

    def wait(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class Asking:
    """Asks an application in this process, as volunteers or with API keys."""

    def __init__(self, app: Starlette, client: httpx.AsyncClient, keys: KeyPair) -> None:
        self.database: Database = app.state.services.database
        self.client = client
        self._keys = keys

    def headers(self, user: int, seconds: float = 3600, admin: bool = False) -> dict[str, str]:
        expires = datetime.now(UTC) + timedelta(seconds=seconds)
        private = self._keys.private.read_bytes()
        token = issue_token(private, user, f"user-{user}", None, admin, expires)
        return {"authorization": f"Bearer {token}"}

    async def ticket(self, headers: dict[str, str], path: str = PATH, **more: Any) -> str:
        """The address of a download."""
        content = {"path": path, **more}
        answer = await self.client.post("/files/tickets", json=content, headers=headers)
        assert answer.status_code == 201, answer.text
        assert answer.headers["cache-control"] == "private, no-store"
        address: str = answer.json()["path"]
        return address

    async def tickets_left(self) -> int:
        async with self.database.read() as snapshot:
            ((number,),) = await snapshot.fetch(select(func.count()).select_from(file_ticket))
        return int(number)


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> KeyPair:
    return write_new_keys(tmp_path_factory.mktemp("keys"))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def asking(database_url: str, keys: KeyPair, clock: Clock) -> AsyncIterator[Asking]:
    settings = Settings(
        database_url=database_url,
        jwt_public_key_file=str(keys.public),
        cost_per_minute=100_000,
        body_limit_bytes=4_000_000,
    )
    app = create_app(settings, clock=clock)
    async with app.router.lifespan_context(app):
        await fill(app.state.services.database)
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
            yield Asking(app, client, keys)


def refused_as(answer: httpx.Response, status: int, code: str) -> None:
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (status, code)
    assert "content-disposition" not in answer.headers


async def test_a_ticket_is_good_for_one_download_of_what_its_viewer_sees(asking: Asking) -> None:
    headers = asking.headers(MEMBER)
    for more, media in (({}, "text/csv"), ({"accept": "application/json"}, "application/json")):
        address = await asking.ticket(headers, **more)
        secret = re.fullmatch(r"/files/downloads\?ticket=([0-9a-f]{64})", address)
        assert secret is not None
        direct = await asking.client.get(PATH, headers={**headers, "accept": media})
        first = await asking.client.get(address, headers={"accept": "text/html"})
        assert first.status_code == 200
        assert first.headers["content-type"].partition(";")[0] == media
        assert first.headers["content-disposition"] == direct.headers["content-disposition"]
        assert first.content == direct.content
        for stolen in (address, "/files/downloads?ticket=" + "0" * 64, "/files/downloads?ticket=é"):
            again = await asking.client.get(stolen)
            refused_as(again, 404, "NOT_FOUND")
            assert again.json()["errors"][0]["message"] == "There is no ticket with this address."
        assert await asking.tickets_left() == 0


async def test_a_ticket_ends_after_a_minute_or_with_its_token(asking: Asking, clock: Clock) -> None:
    kept = await asking.ticket(asking.headers(MEMBER))
    late = await asking.ticket(asking.headers(MEMBER))
    clock.wait(GOOD_SECONDS - 1)
    assert (await asking.client.get(kept)).status_code == 200
    clock.wait(1)
    refused_as(await asking.client.get(late), 404, "NOT_FOUND")

    clock.now = datetime.now(UTC)
    # A token is good for ten seconds longer than it says, as clocks differ.
    short = await asking.ticket(asking.headers(MEMBER, seconds=20))
    clock.wait(31)
    refused_as(await asking.client.get(short), 404, "NOT_FOUND")


async def test_nothing_of_a_token_is_stored_with_a_ticket(asking: Asking) -> None:
    headers = asking.headers(MEMBER)
    address = await asking.ticket(headers)
    async with asking.database.read() as snapshot:
        ((digest, _, _, content),) = await snapshot.fetch(select(file_ticket))
    secret = address.partition("=")[2]
    assert secret.encode() not in digest
    assert secret not in content
    token = headers["authorization"].split()[1]
    assert not any(part in content + address for part in token.split("."))
    assert f"user-{MEMBER}" not in content


async def test_what_ended_since_ends_a_ticket(asking: Asking) -> None:
    def leave(connection: Any) -> None:
        connection.execute(
            update(membership)
            .where(membership.c.user_id == MEMBER, membership.c.group_id == GROUP)
            .values(state="inactive")
        )

    address = await asking.ticket(asking.headers(MEMBER))
    await asking.database.write(leave)
    refused_as(await asking.client.get(address), 403, "FORBIDDEN")

    admin = MEMBERSHIPS["group admin"][0]
    address = await asking.ticket(asking.headers(admin))
    await asking.database.write(lambda connection: erase_user(connection, admin))
    assert await asking.tickets_left() == 0
    refused_as(await asking.client.get(address), 404, "NOT_FOUND")

    key = new_api_key("spreadsheet", [Scope.STATS_READ], 1)
    await asking.database.write(lambda connection: add_api_key(connection, key.stored))
    headers = {"authorization": f"Bearer {key.text}"}
    assert (await asking.client.get(await asking.ticket(headers))).status_code == 200
    address = await asking.ticket(headers)
    await asking.database.write(lambda connection: revoke_api_key(connection, key.stored.id, 2))
    refused_as(await asking.client.get(address), 401, "UNAUTHENTICATED")
    # Each was used up by it.
    assert await asking.tickets_left() == 0


async def test_a_ticket_is_for_its_viewer_alone(asking: Asking) -> None:
    address = await asking.ticket(asking.headers(MEMBER))
    other = await asking.client.get(address, headers=asking.headers(SITE_ADMIN, admin=True))
    refused_as(other, 400, "BAD_REQUEST")
    # It is neither used up by that nor by who only looks.
    assert (await asking.client.head(address)).status_code == 405
    assert (await asking.client.get(address)).status_code == 200


async def test_a_viewer_has_so_many_tickets_at_once(asking: Asking, clock: Clock) -> None:
    headers = asking.headers(MEMBER)
    addresses = [await asking.ticket(headers) for _ in range(TICKETS_OF_VIEWER)]
    answer = await asking.client.post("/files/tickets", json={"path": PATH}, headers=headers)
    refused_as(answer, 429, "TOO_MANY_FILES")
    assert answer.headers["retry-after"] == str(GOOD_SECONDS)
    await asking.ticket(asking.headers(SITE_ADMIN))
    await asking.client.get(addresses[0])
    await asking.ticket(headers)
    clock.wait(GOOD_SECONDS)
    await asking.ticket(headers)
    # Those that are over are gone with the next one.
    assert await asking.tickets_left() == 1


async def test_a_ticket_at_once_is_used_once(asking: Asking) -> None:
    address = await asking.ticket(asking.headers(MEMBER))
    answers = await asyncio.gather(*(asking.client.get(address) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [200, 404, 404, 404, 404]


NO_FILES: list[tuple[Any, int, str]] = [
    ({"path": "/files/groups/13/nothing"}, 404, "NOT_FOUND"),
    ({"path": "/files/tickets"}, 404, "NOT_FOUND"),
    ({"path": "https://evil.example/files/groups/13/members"}, 404, "NOT_FOUND"),
    ({"path": "/files/groups/13/members/../../14/members"}, 404, "NOT_FOUND"),
    ({"path": "/files/groups/x/members"}, 400, "INVALID_ARGUMENT"),
    ({"path": f"{PATH}?start=2024-01-01"}, 400, "INVALID_ARGUMENT"),
    ({"path": f"{PATH}?project_id=" + "1," * 4_000}, 400, "BAD_REQUEST"),
    ({"path": PATH, "accept": "text/html"}, 406, "NOT_ACCEPTABLE"),
    ({"path": PATH, "accept": 1}, 400, "BAD_REQUEST"),
    ({"path": 1}, 400, "BAD_REQUEST"),
    ([], 400, "BAD_REQUEST"),
    ({"path": "x" * 20_000}, 413, "BODY_TOO_LARGE"),
]


async def test_what_is_no_file_gets_no_ticket(asking: Asking) -> None:
    headers = asking.headers(MEMBER)
    for content, status, code in NO_FILES:
        answer = await asking.client.post("/files/tickets", json=content, headers=headers)
        refused_as(answer, status, code)
    assert await asking.tickets_left() == 0


async def test_tickets_are_for_who_has_credentials(asking: Asking) -> None:
    post: Callable[..., Any] = asking.client.post
    refused_as(await post("/files/tickets", json={"path": PATH}), 401, "UNAUTHENTICATED")
    broken = {"authorization": "Bearer x"}
    refused_as(
        await post("/files/tickets", json={"path": PATH}, headers=broken), 401, "UNAUTHENTICATED"
    )
    text = await post("/files/tickets", content="{}", headers=asking.headers(MEMBER))
    refused_as(text, 415, "UNSUPPORTED_MEDIA_TYPE")
