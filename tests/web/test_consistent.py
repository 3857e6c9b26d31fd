"""What a tab shows never goes back, whichever standby its requests are answered from."""

from __future__ import annotations

import asyncio
import json
import re
from collections import defaultdict
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
from playwright.sync_api import Page, Request, Route, WebSocketRoute, expect

from gateway.auth.keys import write_new_keys
from gateway.db import open_database
from tests.graphql.live.reading import STREAM, STREAM_SETTINGS
from tests.replicas.conftest import Cluster, cluster  # noqa: F401 (a fixture)
from tests.server import Server, serving
from tests.stream_events import classification
from tests.web.conftest import Served, Visit
from tests.web.groups import GROUPS, title, walk, write_groups
from tests.web.history import ADA, SHAPES, SONGS, write_history
from tests.web.test_goals import goals, set_goal
from tests.web.test_session import sign_in

TOKEN = "consistency-token"
EVENTS = count(20_001)
GRAPHQL = re.compile(r"/graphql\b")
GROUP = GROUPS[-1]
#: Notes each number on the page, whenever something changes there.
WATCH = """() => {
    const look = () => {
        const title = document.querySelector("main h1")?.textContent;
        for (const figure of document.querySelectorAll(".figure")) {
            const name = figure.querySelector("dt")?.textContent;
            const number = Number(figure.querySelector(".value")?.textContent);
            if (Number.isInteger(number)) shown.push([`${title}: ${name}`, number]);
        }
    };
    window.shown = [];
    new MutationObserver(look).observe(document, {
        subtree: true, childList: true, characterData: true,
    });
}"""


def run(work: Coroutine[Any, Any, Any]) -> Any:
    # In a thread of its own: Playwright has a loop in this one.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


class Gateways(NamedTuple):
    """Two gateways of one primary; each reads from a standby of its own."""

    cluster: Cluster
    servers: tuple[Server, Server]
    key: bytes

    @contextmanager
    def behind(self, number: int) -> Iterator[None]:
        """Let the standby of one of them stay where it is."""
        url = self.cluster.standby_urls[number]
        run(self.cluster.pause(url))
        try:
            yield
        finally:
            run(self.cluster.resume(url))

    def store(self) -> None:
        """Have a classification counted in each of two projects, and two in a group."""
        created = "2024-02-29T12:00:00.000Z"
        events = [
            classification(
                next(EVENTS),
                created,
                project=project,
                workflow=workflow,
                user=ADA,
                groups=[GROUP],
            )
            for project, workflow in ((5, SHAPES), (6, SONGS))
        ]
        url = self.servers[0].url.replace("graphql", "kinesis")
        assert httpx.post(url, json={"payload": events}, auth=STREAM, timeout=60).is_success


@pytest.fixture(scope="module")
def gateways(
    cluster: Cluster,  # noqa: F811
    wheel_with_pages: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Gateways]:
    folder = tmp_path_factory.mktemp("keys")
    keys = write_new_keys(folder / "keys")
    run(_fill(cluster))
    with ExitStack() as stack:
        servers = [
            stack.enter_context(
                serving(
                    tmp_path_factory.mktemp("gateway"),
                    STATS_GATEWAY_DATABASE_URL=cluster.url,
                    STATS_GATEWAY_READ_DATABASE_URLS=standby,
                    STATS_GATEWAY_READ_LAG_SECONDS="3600",
                    STATS_GATEWAY_JWT_PUBLIC_KEY_FILE=str(keys.public),
                    STATS_GATEWAY_GROUPS="own",
                    STATS_GATEWAY_LIVE_SECONDS="0.1",
                    STATS_GATEWAY_PAGES="true",
                    PYTHONPATH=str(wheel_with_pages),
                    **STREAM_SETTINGS,
                )
            )
            for standby in cluster.standby_urls
        ]
        yield Gateways(cluster, (servers[0], servers[1]), keys.private.read_bytes())


async def _fill(cluster: Cluster) -> None:  # noqa: F811
    async with open_database(cluster.url) as database:
        await database.write(write_history)
        await database.write(write_groups)
    await cluster.caught_up()


@pytest.fixture(scope="module")
def served(gateways: Gateways) -> Served:
    """The first of them, as the fixtures of all tests of pages know it."""
    return Served(gateways.servers[0].url.removesuffix("/graphql"), "", Path(), gateways.key)


class Balancer:
    """Sends the GraphQL requests of a tab to the gateway of that moment, and its sockets to one.

    Live answers can be held up, as by a slow network.
    """

    def __init__(self, page: Page, gateways: Gateways) -> None:
        self._page = page
        self._roots = [server.url.removesuffix("/graphql") for server in gateways.servers]
        self.number = 0
        self.asked: list[Request] = []
        #: How many live answers have come to the tab.
        self.heard = 0
        #: Live answers that are held up, while they are.
        self.answers: list[tuple[WebSocketRoute, str | bytes]] | None = None
        page.route(GRAPHQL, self._request)
        page.route_web_socket("**/graphql", self._socket)

    def _request(self, route: Route) -> None:
        self.asked.append(route.request)
        route.continue_(url=route.request.url.replace(self._roots[0], self._roots[self.number]))

    def _socket(self, socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()
        socket.on_message(server.send)

        def receive(message: str | bytes) -> None:
            is_answer = json.loads(message)["type"] == "next"
            if is_answer and self.answers is not None:
                self.answers.append((socket, message))
                return
            socket.send(message)
            self.heard += is_answer

        server.on_message(receive)

    def wait_until(self, is_so: Callable[[], object]) -> None:
        """Let the tab go on until this is so; the test's own limit of time ends it."""
        while not is_so():
            self._page.wait_for_timeout(20)

    def release_answers(self) -> None:
        """Let each be shown before the next comes."""
        held, self.answers = self.answers or [], None
        for socket, message in held:
            socket.send(message)
            drawn(self._page)


@pytest.fixture
def balancer(visit: Visit, gateways: Gateways) -> Balancer:
    return Balancer(visit.page, gateways)


def answered(page: Page, path: str) -> None:
    """Go to another page, and wait until it shows what it was answered, not what it knew."""
    with page.expect_response(GRAPHQL) as response:
        walk(page, path)
    response.value.finished()
    drawn(page)


def drawn(page: Page) -> None:
    """Wait until a page shows what has arrived."""
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 50)))")


def shown_total(page: Page) -> int:
    return int(page.locator(".figure.great .value").inner_text())


def total(page: Page, number: int) -> None:
    """Wait until a page shows so many classifications."""
    expect(page.locator(".figure.great .value")).to_have_text(str(number))


def assert_never_less(page: Page, title: str) -> None:
    """Nothing that the tab has shown was less than before, that of this page among it."""
    shown = defaultdict(list)
    for name, number in page.evaluate("shown"):
        shown[name].append(number)
    assert f"{title}: Classifications" in shown
    assert {name: numbers for name, numbers in shown.items() if numbers != sorted(numbers)} == {}


def test_what_a_page_has_followed_is_not_older_at_another_gateway(
    visit: Visit, gateways: Gateways, balancer: Balancer
) -> None:
    page = visit.open("/projects/5")
    before = shown_total(page)
    page.evaluate(WATCH)
    with gateways.behind(1):
        gateways.store()
        total(page, before + 1)
        balancer.number = 1
        answered(page, "/projects/6")
        # Back again, what was followed is known, and asked for anew.
        balancer.answers = []
        answered(page, "/projects/5")
        total(page, before + 1)
        assert_never_less(page, "Galaxies")
    first, *later = [request.header_value(TOKEN) for request in balancer.asked]
    assert first == ""
    assert all(later)
    assert visit.complaints == []


def test_a_live_answer_that_comes_late_is_not_shown(
    visit: Visit, gateways: Gateways, balancer: Balancer, served: Served
) -> None:
    """The other gateway has answered a request from a newer state by then."""
    page = visit.open("/")
    sign_in(page, served.token_of(ADA))
    answered(page, f"/groups/{GROUP}")
    balancer.wait_until(lambda: balancer.heard)
    page.evaluate(WATCH)
    before = shown_total(page)
    balancer.answers = held = []
    for number in (1, 2):
        gateways.store()
        balancer.wait_until(lambda number=number: len(held) >= number)
    run(gateways.cluster.caught_up())
    balancer.number = 1
    page.get_by_role("button", name="Make admin: Bert").click()
    total(page, before + 4)
    balancer.release_answers()
    gateways.store()
    total(page, before + 6)
    assert_never_less(page, title(GROUP))
    assert visit.complaints == []


def test_what_somebody_has_done_stays_on_their_page(
    visit: Visit, gateways: Gateways, balancer: Balancer, served: Served
) -> None:
    page = visit.open("/")
    sign_in(page, served.token_of(ADA))
    walk(page, "/me")
    with gateways.behind(0):
        set_goal(page, 40)
        expect(goals(page)).to_have_count(1)
        balancer.answers = []
        for number in (1, 0):
            balancer.number = number
            answered(page, "/")
            answered(page, "/me")
            expect(goals(page)).to_have_count(1)
