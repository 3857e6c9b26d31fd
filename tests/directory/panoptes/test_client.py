"""How Panoptes is asked: with which headers and tokens, and what its refusals mean."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from pydantic import SecretStr

from gateway.directory.panoptes.client import (
    Credentials,
    Panoptes,
    PanoptesAway,
    PanoptesRefused,
)
from gateway.directory.panoptes.paging import all_pages, page_at
from gateway.directory.panoptes.retrying import RetryingPanoptes
from tests.directory.panoptes.asking import Clock
from tests.directory.panoptes.local import LocalPanoptes
from tests.directory.panoptes.local_routes import CLIENT_ID, CLIENT_SECRET

GROUPS = "/user_groups"


async def test_one_token_serves_many_requests(panoptes: LocalPanoptes, api: Panoptes) -> None:
    for _ in range(3):
        await api.get(GROUPS)

    assert panoptes.tokens_given == 1


@pytest.mark.parametrize(("after_seconds", "tokens"), [(7079, 1), (7080, 2)])
async def test_a_token_is_renewed_two_minutes_before_it_expires(
    after_seconds: int, tokens: int, panoptes: LocalPanoptes
) -> None:
    clock = Clock()
    credentials = Credentials(CLIENT_ID, CLIENT_SECRET)
    async with Panoptes(panoptes.url, credentials, clock, timeout_seconds=5) as api:
        await api.get(GROUPS)
        clock.pass_by(after_seconds)
        await api.get(GROUPS)

    assert panoptes.tokens_given == tokens


async def test_a_token_that_was_revoked_is_replaced(panoptes: LocalPanoptes, api: Panoptes) -> None:
    await api.get(GROUPS)
    panoptes.tokens.clear()

    assert len((await api.get(GROUPS))["user_groups"]) == 5
    assert panoptes.tokens_given == 2


async def test_without_credentials_what_is_public_is_there(panoptes: LocalPanoptes) -> None:
    async with Panoptes(panoptes.url, None, Clock(), timeout_seconds=5) as api:
        public = await api.get(GROUPS)
        with pytest.raises(PanoptesRefused):
            await api.get("/memberships")

    assert {group["name"] for group in public["user_groups"]} == {"ada", "bob", "cyd"}
    assert panoptes.tokens_given == 0


async def test_a_wrong_secret_is_refused_and_told_to_nobody(panoptes: LocalPanoptes) -> None:
    credentials = Credentials(CLIENT_ID, "sesame street")
    async with Panoptes(panoptes.url, credentials, Clock(), timeout_seconds=5) as api:
        with pytest.raises(PanoptesRefused, match="check the client id and secret") as caught:
            await api.get(GROUPS)

    assert "sesame" not in f"{caught.value} {credentials!r} {credentials}"


def test_half_of_the_credentials_is_none() -> None:
    assert Credentials.of(None, None) is None
    with pytest.raises(PanoptesRefused):
        Credentials.of("the-gateway", None)
    with pytest.raises(PanoptesRefused):
        Credentials.of(None, SecretStr("hush"))


@pytest.mark.parametrize("url", ["", "localhost:3000", "ftp://localhost", "http://", "http://[::"])
def test_a_url_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(PanoptesRefused):
        Panoptes(url, None, Clock(), timeout_seconds=5)


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
async def test_a_server_in_trouble_is_away(
    status: int, panoptes: LocalPanoptes, api: Panoptes
) -> None:
    panoptes.faults.append((status, {}))

    with pytest.raises(PanoptesAway, match=str(status)):
        await api.get(GROUPS)


async def test_a_server_that_takes_too_long_or_does_not_listen_is_away(
    panoptes: LocalPanoptes,
) -> None:
    panoptes.held_at = ""
    async with Panoptes(panoptes.url, None, Clock(), timeout_seconds=0.2) as api:
        with pytest.raises(PanoptesAway, match="in time"):
            await api.get(GROUPS)
    async with Panoptes("http://127.0.0.1:1", None, Clock(), timeout_seconds=5) as api:
        with pytest.raises(PanoptesAway, match="cannot be reached"):
            await api.get(GROUPS)


async def test_patience_waits_as_long_as_it_is_asked_to(
    panoptes: LocalPanoptes, api: Panoptes
) -> None:
    soon = format_datetime(datetime.now(UTC) - timedelta(seconds=5), usegmt=True)
    asked = ["1", "0", soon]
    panoptes.faults.extend((429, {"Retry-After": value}) for value in asked)
    waits: list[float] = []
    patient = RetryingPanoptes(api, lambda _, seconds: waits.append(seconds))

    assert len((await patient.get(GROUPS))["user_groups"]) == 5
    assert waits == [1, 0, 0]


async def test_patience_ends(panoptes: LocalPanoptes, api: Panoptes) -> None:
    panoptes.faults.extend([(503, {"Retry-After": "0"})] * 20)
    patient = RetryingPanoptes(api, lambda *_: None)

    with pytest.raises(PanoptesAway):
        await patient.get(GROUPS)
    assert len(panoptes.asked) == 8


async def test_what_is_refused_is_not_tried_again(panoptes: LocalPanoptes, api: Panoptes) -> None:
    panoptes.faults.append((404, {}))
    patient = RetryingPanoptes(api, lambda *_: None)

    with pytest.raises(PanoptesRefused, match="404: check the URL"):
        await patient.get(GROUPS)
    assert len(panoptes.asked) == 1


async def test_pages_hold_every_record_once(panoptes: LocalPanoptes, api: Panoptes) -> None:
    for user_id in range(2001, 2251):
        panoptes.user(user_id, f"user{user_id}")
    pages = await all_pages(api, "users", {})

    assert [len(page.records) for page in pages] == [100, 100, 53]
    assert len({record["id"] for page in pages for record in page.records}) == 253
    assert pages[0].total == 253


async def test_a_next_page_elsewhere_is_not_followed(
    panoptes: LocalPanoptes, api: Panoptes
) -> None:
    panoptes.next_href = "https://elsewhere.example/api/users?page=2"

    with pytest.raises(PanoptesRefused, match="belongs to another resource or server"):
        await page_at(api, "users", "/users?page=1")
