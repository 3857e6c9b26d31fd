"""DNS rebinding in a real browser: a page whose domain points at this machine reads nothing here.

The page is there before the server is asked, as it would be from the address that its domain had
first; all that it asks for then goes to the server, as a request to its own origin.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.browser import chromium
from tests.cli.import_command import KENYA
from tests.demo import running_demo
from tests.exploring import exploring

THEIRS = "evil.example"
#: What the page asks for: methods and paths.
ASKED = [
    ("GET", "/"),
    ("GET", "/graphql?query=%7B__typename%7D"),
    ("POST", "/graphql"),
    ("GET", "/classifications"),
    ("GET", "/projects/1"),
    ("GET", "/files/site/buckets"),
    ("GET", "/embed/site/chart.svg"),
    ("GET", "/web/config.json"),
    ("GET", "/demo/site-admin"),
    ("POST", "/demo/site-admin"),
    ("GET", "/openapi.json"),
    ("GET", "/readyz"),
]
ASK = """async (asked) => {
    const body = JSON.stringify({ query: "{ __typename }" });
    const headers = { "content-type": "application/json" };
    const answers = [];
    for (const [method, path] of asked) {
        const more = method === "POST" ? { body, headers } : {};
        const answer = await fetch(path, { method, ...more });
        answers.push([answer.status, await answer.text()]);
    }
    const opened = await new Promise((done) => {
        const protocol = "graphql-transport-ws";
        const socket = new WebSocket(`ws://${location.host}/graphql`, protocol);
        socket.onopen = () => done(true);
        socket.onerror = () => done(false);
    });
    return [answers, opened];
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    # In place of a domain that changes its address.
    with chromium(f"--host-resolver-rules=MAP {THEIRS} 127.0.0.1") as browser:
        yield browser


def attack(browser: Browser, root: str, name: str) -> tuple[list[list[Any]], bool]:
    """What a page under a name of the server's address is answered, and if a socket opened."""
    # A page that the test makes up would be of no network, and Chromium lets that ask none. So this
    # is what the server answers under this name, without the policy that comes with it.
    context = browser.new_context(bypass_csp=True)
    page = context.new_page()
    page.goto(root.replace("127.0.0.1", name))
    answers, opened = page.evaluate(ASK, ASKED)
    context.close()
    return answers, opened


def expect_nothing(browser: Browser, root: str, secrets: list[str]) -> None:
    # The same page of the server's own would read: it is the name that is refused.
    answers, opened = attack(browser, root, "127.0.0.1")
    assert opened
    assert [status for status, _ in answers].count(403) == 0

    answers, opened = attack(browser, root, THEIRS)
    assert not opened
    assert [status for status, _ in answers] == [403] * len(ASKED)
    for _, text in answers:
        assert "answers only on its own machine" in text
        assert not any(secret in text for secret in secrets)


def test_nothing_is_read_of_the_demo(browser: Browser, tmp_path: Path) -> None:
    with running_demo(tmp_path) as demo:
        expect_nothing(browser, demo.root, [*demo.tokens.values()])


def test_nothing_is_read_of_what_somebody_explores(browser: Browser, tmp_path: Path) -> None:
    with exploring(tmp_path, "--no-browser", KENYA) as explored:
        expect_nothing(browser, explored.root, [explored.token])
