"""The pages of docs/live.md in a real browser: they follow, come back, and rest while hidden."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from playwright.sync_api import Page, WebSocket, expect

from gateway.auth.keys import write_new_keys
from gateway.auth.tokens import issue_token
from tests.docs.markdown import ROOT, blocks
from tests.graphql.live.reading import STREAM_SETTINGS, classify
from tests.pages.conftest import Visit
from tests.relay import Relay, relaying
from tests.server import Server, serving

DOCUMENT = ROOT / "docs" / "live.md"
GATEWAY = "127.0.0.1:8000/graphql"
FILES = {
    block.note.removeprefix("file="): block.text
    for block in blocks(DOCUMENT)
    if block.note.startswith("file=")
}
QUERY = FILES["live.graphql"].strip()
EVENTS = count(1)


class _Handler(SimpleHTTPRequestHandler):
    def log_message(self, *arguments: Any) -> None:
        """Nobody reads it."""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("live")
    settings = {
        **STREAM_SETTINGS,
        "STATS_GATEWAY_LIVE_SECONDS": "0.1",
        "STATS_GATEWAY_JWT_PUBLIC_KEY_FILE": str(write_new_keys(folder / "keys").public),
    }
    with serving(folder, **settings) as server:
        yield server


@pytest.fixture(scope="module")
def token(served: Server) -> str:
    key = (served.log.parent / "keys" / "private.pem").read_bytes()
    return issue_token(key, 77, "ada", "Ada", False, datetime.now(UTC) + timedelta(hours=1))


@pytest.fixture
def relay(served: Server) -> Iterator[Relay]:
    with relaying(served.url) as relay:
        yield relay


@pytest.fixture
def site(tmp_path: Path, relay: Relay) -> Iterator[str]:
    """Another origin, with the files of the document, which lead to the gateway."""
    for name, text in FILES.items():
        (tmp_path / name).write_text(text.replace(GATEWAY, relay.url.removeprefix("http://")))
    # Browsers ask for it.
    (tmp_path / "favicon.ico").touch()
    handler = partial(_Handler, directory=tmp_path)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def shown(page: Page) -> int:
    """The number on the page, once there is one."""
    total = page.locator("#total")
    expect(total).to_have_text(re.compile(r"^\d+$"))
    return int(total.inner_text())


def hide(page: Page, *, hidden: bool) -> None:
    """What a browser does when another tab is looked at, or this one again."""
    page.evaluate(
        """hidden => {
          Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
          document.dispatchEvent(new Event("visibilitychange"));
        }""",
        hidden,
    )


def test_the_page_follows_what_is_counted(visit: Visit, served: Server, site: str) -> None:
    visit.page.goto(f"{site}/live.html")
    number = shown(visit.page)
    for _ in range(2):
        classify(served, next(EVENTS))
        number += 1
        expect(visit.page.locator("#total")).to_have_text(str(number))
    assert visit.complaints == []


def test_the_page_rests_while_it_is_hidden(visit: Visit, served: Server, site: str) -> None:
    sockets: list[WebSocket] = []
    visit.page.on("websocket", lambda socket: sockets.append(socket))
    visit.page.goto(f"{site}/live.html")
    number = shown(visit.page)
    (first,) = sockets
    with first.expect_event("close"):
        hide(visit.page, hidden=True)
    classify(served, next(EVENTS))
    hide(visit.page, hidden=False)
    expect(visit.page.locator("#total")).to_have_text(str(number + 1))
    assert len(sockets) == 2


def test_the_page_comes_back_when_the_connection_breaks(
    visit: Visit, served: Server, site: str, relay: Relay
) -> None:
    said: list[str] = []
    listen = partial(_note_tokens, said)
    visit.page.on("websocket", lambda socket: socket.on("framesent", listen))
    visit.page.goto(f"{site}/live.html")
    number = shown(visit.page)
    relay.break_all()
    classify(served, next(EVENTS))
    expect(visit.page.locator("#total")).to_have_text(str(number + 1))
    # What comes then is not older than what was shown.
    first, second = said
    assert (first, second[:2]) == ("", "gA")


def _note_tokens(said: list[str], frame: str | bytes) -> None:
    message = json.loads(frame)
    if message["type"] == "subscribe":
        said.append(message["payload"]["extensions"]["consistencyToken"])


def test_the_script_of_the_page_has_twenty_lines() -> None:
    script = FILES["live.html"].partition('<script type="module">')[2].partition("</script>")[0]
    assert len(script.strip().splitlines()) <= 20


@pytest.mark.parametrize(
    ("file", "call"),
    [
        ("public.js", "follow(gateway, query, show)"),
        ("signed-in.js", "follow(gateway, query, token, show)"),
    ],
)
def test_a_script_follows_server_sent_events(
    visit: Visit, served: Server, site: str, relay: Relay, token: str, file: str, call: str
) -> None:
    page = visit.page
    page.goto(f"{site}/{file}")
    page.evaluate(
        f"""async ({{ file, gateway, query, token }}) => {{
          const {{ follow }} = await import(`/${{file}}`);
          window.totals = [];
          const show = ({{ data }}) => totals.push(data.live.classifications.totalCount);
          {call};
        }}""",
        {"file": file, "gateway": relay.url, "query": QUERY, "token": token},
    )
    page.wait_for_function("totals.length === 1")
    classify(served, next(EVENTS))
    page.wait_for_function("totals.length === 2")
    first, second = page.evaluate("totals")
    assert second == first + 1


def test_curl_follows(served: Server) -> None:
    (command,) = (
        block.text for block in blocks(DOCUMENT) if block.language == "sh" and "curl" in block.text
    )
    words = shlex.split(command.replace("\\\n", " ").replace(f"http://{GATEWAY}", served.url))
    with subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as curl:
        assert curl.stdout is not None
        assert curl.stdout.readline() == "event: next\n"
        curl.kill()
