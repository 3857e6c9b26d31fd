"""Each page as each role at each level: it shows what the API answers, and no secret comes in."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from playwright.sync_api import Browser, Page, Response, WebSocket, expect

from gateway.auth.tokens import issue_token
from gateway.web import _PAGES
from tests.authorization.people import LEVELS, ended_group, open_group, private_group
from tests.browser import DEADLINE_MILLISECONDS
from tests.certificates_of import code_of
from tests.web.answered import OF_GROUPS, PAGES, Viewer, site
from tests.web.conftest import Served, serving_pages
from tests.web.groups import walk
from tests.web.private import CERTIFIED, GROUPS, PROJECT, ROLES, unseen, write_private
from tests.web.shown import count, expect_figures
from tests.web.test_session import sign_in

SEARCH = "quill"
_NUMBER = re.compile(r"(?<![\d.,])\d[\d,]*(?![\d,]*\.\d)")


class Tab(NamedTuple):
    """A tab of somebody who stays signed in, and all that it was sent."""

    page: Page
    viewer: Viewer
    answers: list[Response]
    frames: list[str]

    def go(self, path: str, asks: bool) -> None:
        """Walk to a page, and wait for its answer if it asks for one."""
        if not asks:
            walk(self.page, path)
            return
        with self.page.expect_response(lambda one: "/graphql" in one.url):
            walk(self.page, path)

    def received(self) -> list[str]:
        """What came in since the last time: bodies, headers, and messages of the socket."""
        texts = [*self.frames]
        for one in self.answers:
            texts.append(json.dumps(one.headers))
            if one.status == 200:
                texts.append(one.text())
        self.answers.clear()
        self.frames.clear()
        return texts


@pytest.fixture(scope="module")
def served(wheel_with_pages: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    # The API is asked by documents of our own, so that it takes others than those of the pages.
    folder = tmp_path_factory.mktemp("served")
    open_to_all = {"STATS_GATEWAY_TRUSTED_DOCUMENTS_ONLY": "false"}
    with serving_pages(folder, wheel_with_pages, write_private, **open_to_all) as served:
        yield served


@pytest.fixture(scope="module", params=ROLES)
def tab(browser: Browser, served: Served, request: pytest.FixtureRequest) -> Iterator[Tab]:
    user = ROLES[request.param]
    context = browser.new_context(reduced_motion="reduce")
    page = context.new_page()
    page.set_default_timeout(DEADLINE_MILLISECONDS)
    headers, token = {}, ""
    if user is not None:
        expires = datetime.now(UTC) + timedelta(hours=1)
        token = issue_token(served.private_key, user, f"user-{user}", None, False, expires)
        headers = {"authorization": f"Bearer {token}"}
    tab = Tab(page, Viewer(request.param, f"{served.root}/graphql", headers), [], [])
    page.on("response", lambda one: tab.answers.append(one))

    def listen(socket: WebSocket) -> None:
        socket.on("framereceived", lambda frame: tab.frames.append(str(frame)))

    page.on("websocket", listen)
    page.goto(f"{served.root}/sign-in")
    if token:
        sign_in(page, token)
    expect(page.get_by_role("button", name="Sign out")).to_have_count(1 if token else 0)
    yield tab
    context.close()


def numbers_in(value: Any) -> Iterator[int | float]:
    """All numbers of something that was JSON."""
    if isinstance(value, dict):
        value = [*value.values()]
    if isinstance(value, list):
        for one in value:
            yield from numbers_in(one)
    elif isinstance(value, int | float):
        yield value


def expect_no_secret(tab: Tab, groups: list[int]) -> None:
    """Neither the page nor what it was sent has what its viewer may not see."""
    texts = tab.received()
    counted: set[int | float] = set()
    for text in texts:
        if text.startswith(("{", "[")):
            counted.update(numbers_in(json.loads(text)))
    html = tab.page.content()
    shown = set(_NUMBER.findall(tab.page.locator("body").inner_text()))
    for group in groups:
        for secret in unseen(tab.viewer.asking, group):
            if isinstance(secret, str):
                assert not any(secret in text for text in (*texts, html)), secret
            else:
                assert secret not in counted, (group, secret)
                assert count(secret) not in shown, (group, secret)


def test_each_page_is_walked() -> None:
    assert {*_PAGES} == {*PAGES, *OF_GROUPS}


@pytest.mark.parametrize("level", range(5), ids=LEVELS)
def test_pages_of_a_group_show_what_its_level_says(tab: Tab, level: int) -> None:
    for group in (open_group(level), private_group(level), ended_group(level)):
        for path, expected in OF_GROUPS.items():
            tab.go(path.replace("{id:int}", str(group)), asks=True)
            expect_figures(tab.page, expected(tab.viewer, group))
            expect_no_secret(tab, GROUPS)


def test_all_other_pages_show_what_the_api_answers(tab: Tab) -> None:
    tab.go(f"/?search={SEARCH}", asks=True)
    today = datetime.now(UTC).date().isoformat()
    expect_figures(tab.page, site(tab.viewer, today, SEARCH))
    expect_no_secret(tab, GROUPS)
    filled = {"{id:int}": str(PROJECT), "{code}": code_of(CERTIFIED)}
    for path, expected in PAGES.items():
        address = path
        for name, value in filled.items():
            address = address.replace(name, value)
        # Who is not signed in is not asked what is theirs.
        own = path in ("/groups", "/me/certificate")
        asks = path != "/sign-in" and not (own and tab.viewer.asking == "anonymous")
        tab.go(address, asks)
        expect_figures(tab.page, expected(tab.viewer))
        expect_no_secret(tab, GROUPS)
