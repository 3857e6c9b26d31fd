"""Front ends' clients follow a page while events are stored, servers stop and networks break."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from click.testing import CliRunner
from sqlalchemy import Select

from gateway.auth.keys import write_new_keys
from gateway.auth.tokens import issue_token
from gateway.changes.consistency_tokens import ConsistencyTokens
from gateway.changes.log import CURRENT_POSITION
from gateway.changes.position import LogPosition
from gateway.cli import main
from gateway.db import open_database
from gateway.db.instance_secret import INSTANCE_SECRET
from tests.graphql.live.reading import STREAM_SETTINGS, classify
from tests.npm.watching import BARE, CACHED, Line, watching
from tests.relay import Relay, relaying
from tests.server import Server, serving

ADA = 77
EVENTS = count(1)


class Site(NamedTuple):
    """A server, the settings for another with the same database, and a token of Ada."""

    server: Server
    folder: Path
    settings: dict[str, str]
    token: str

    def classify(self) -> None:
        classify(self.server, next(EVENTS))

    def position(self) -> LogPosition:
        """The state of its database."""
        return LogPosition(*asyncio.run(self._first(CURRENT_POSITION)))

    def opened(self, token: str) -> LogPosition:
        """The state that a consistency token stands for."""
        (secret,) = asyncio.run(self._first(INSTANCE_SECRET))
        return ConsistencyTokens(secret, time.time).open(token)

    async def _first(self, statement: Select[Any]) -> Any:
        async with (
            open_database(self.settings["STATS_GATEWAY_DATABASE_URL"]) as database,
            database.read() as snapshot,
        ):
            return (await snapshot.fetch(statement))[0]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    keys = write_new_keys(folder / "keys")
    expires = datetime.now(UTC) + timedelta(hours=1)
    token = issue_token(keys.private.read_bytes(), ADA, "ada", "Ada", False, expires)
    settings = {
        **STREAM_SETTINGS,
        "STATS_GATEWAY_DATABASE_URL": f"sqlite:///{folder}/site.db",
        "STATS_GATEWAY_JWT_PUBLIC_KEY_FILE": str(keys.public),
        "STATS_GATEWAY_LIVE_SECONDS": "0.1",
    }
    with serving(folder, **settings) as server:
        site = Site(server, folder, settings, token)
        site.classify()
        yield site


@pytest.fixture
def relay(site: Site) -> Iterator[Relay]:
    with relaying(site.server.url) as relay:
        yield relay


def total(line: Line) -> int | None:
    """The number that a line shows, from a cache or from a frame."""
    shown = line.get("page") or line.get("frame")
    number: int | None = shown and shown["project"]["classifications"]["totalCount"]
    return number


def showing(number: int) -> Callable[[Line], bool]:
    return lambda line: total(line) == number


def has_number(line: Line) -> bool:
    return total(line) is not None


@pytest.mark.parametrize("client", CACHED)
def test_the_watched_query_shows_what_frames_say_and_is_asked_once(
    client: str, project: Path, site: Site
) -> None:
    with watching(client, project, site.server.url, site.token) as page:
        first = page.until(has_number)
        number = total(first)
        assert number is not None
        for _ in range(3):
            site.classify()
            number += 1
            shown = page.until(showing(number))
    assert (first["asked"], shown["asked"]) == (1, 1)
    assert shown["page"]["me"] == first["page"]["me"]
    assert shown["page"]["me"]["id"] == str(ADA)


@pytest.mark.parametrize("client", BARE)
def test_frames_follow_what_is_counted(client: str, project: Path, site: Site) -> None:
    with watching(client, project, site.server.url, site.token) as page:
        number = total(page.until(has_number))
        assert number is not None
        for _ in range(3):
            site.classify()
            number += 1
            page.until(showing(number))


@pytest.mark.parametrize("client", [*BARE, *CACHED])
def test_what_is_asked_next_is_not_older_than_the_last_live_answer(
    client: str, project: Path, site: Site
) -> None:
    with watching(client, project, site.server.url, site.token) as page:
        number = total(page.until(has_number))
        assert number is not None
        for more in (1, 2):
            site.classify()
            page.until(showing(number + more))
            assert max(map(site.opened, page.ask())) == site.position()


@pytest.mark.parametrize("client", [*BARE, *CACHED])
def test_a_broken_connection_is_made_again(
    client: str, project: Path, site: Site, relay: Relay
) -> None:
    with watching(client, project, relay.url, site.token) as page:
        number = total(page.until(has_number))
        assert number is not None
        # The subscription itself has been heard of.
        site.classify()
        page.until(showing(number + 1))
        relay.break_all()
        site.classify()
        page.until(showing(number + 2))


@pytest.mark.parametrize("client", [*BARE, *CACHED])
def test_when_a_server_stops_its_clients_come_back_elsewhere(
    client: str, project: Path, site: Site, relay: Relay, tmp_path: Path
) -> None:
    with (
        serving(tmp_path, **site.settings) as stopping,
        watching(client, project, _leading(relay, stopping), site.token) as page,
    ):
        number = total(page.until(has_number))
        assert number is not None
        site.classify()
        page.until(showing(number + 1))
        relay.lead_to(site.server.url)
        stopping.stop()
        site.classify()
        page.until(showing(number + 2))


def _leading(relay: Relay, server: Server) -> str:
    relay.lead_to(server.url)
    return relay.url


@pytest.mark.parametrize("client", [*BARE, *CACHED])
def test_who_is_not_signed_in_any_more_is_told_once_and_asks_no_more(
    client: str, project: Path, site: Site, relay: Relay
) -> None:
    volunteer = 1000 + next(EVENTS)
    key = (site.folder / "keys" / "private.pem").read_bytes()
    token = issue_token(key, volunteer, None, None, False, datetime.now(UTC) + timedelta(hours=1))
    with watching(client, project, relay.url, token) as page:
        number = total(page.until(has_number))
        assert number is not None
        site.classify()
        page.until(showing(number + 1))
        before = relay.connections
        database = site.settings["STATS_GATEWAY_DATABASE_URL"]
        words = ["users", "forget", str(volunteer), "--database-url", database]
        erased = CliRunner().invoke(main, words)
        assert erased.exit_code == 0, erased.output
        said = page.rest()
    assert [line["errors"] for line in said if "errors" in line] == [["UNAUTHENTICATED"]]
    assert not any("failed" in line for line in said)
    assert relay.connections == before
