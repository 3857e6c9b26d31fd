"""Signing in to the demo by role: at its short addresses, from its pages, and from no other's."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.demo import Demo, running_demo
from tests.web.conftest import Visit

STORED = "JSON.stringify([{...localStorage}, {...sessionStorage}])"


@pytest.fixture(scope="module")
def demo(wheel_with_pages: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    settings = {"STATS_GATEWAY_PAGES": "true", "PYTHONPATH": str(wheel_with_pages)}
    with running_demo(tmp_path_factory.mktemp("demo"), **settings) as demo:
        yield demo
        log = demo.server.log.read_text()
    assert not any(token in log for token in demo.tokens.values())


class _Elsewhere(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>Another site</title>")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def another_site() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Elsewhere)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    # Another host, and so another site.
    yield f"http://localhost:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_short_address_signs_in_as_its_role(visit: Visit, demo: Demo) -> None:
    page = visit.page
    for role, token in demo.tokens.items():
        visit.requests.clear()
        page.goto(f"{demo.root}/demo/{role}")

        expect(page.locator(".who")).to_be_visible()
        assert page.url == f"{demo.root}/"
        assert visit.asked()[-1].headers["authorization"] == f"Bearer {token}"
        assert not any(token in one.url for one in visit.requests)
        assert page.evaluate(STORED) == "[{},{}]"
    assert page.context.cookies() == []
    # Or by the button, from any page, which stays.
    page.goto(f"{demo.root}/projects/2?range=year")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="member").click()
    expect(page.locator(".who")).to_be_visible()
    assert page.url == f"{demo.root}/projects/2?range=year"
    assert visit.complaints == []


def test_the_page_for_graphql_signs_in_by_the_same_names(visit: Visit, demo: Demo) -> None:
    page = visit.page
    page.goto(f"{demo.root}/graphql?page=small#role=admin")

    expect(page.get_by_label("Token")).to_have_value(demo.tokens["admin"])
    assert page.url == f"{demo.root}/graphql?page=small"


def test_no_page_of_another_site_gets_a_token(visit: Visit, demo: Demo, another_site: str) -> None:
    page, target = visit.page, f"{demo.root}/demo/site-admin"
    page.goto(another_site)
    read = page.evaluate(
        """async url => {
            const answers = [];
            for (const mode of ["cors", "no-cors"]) {
                try {
                    const answer = await fetch(url, { method: "POST", mode });
                    answers.push(await answer.text());
                } catch (error) {
                    answers.push(String(error));
                }
            }
            return answers;
        }""",
        target,
    )
    assert not any(token in str(read) for token in demo.tokens.values())

    # In a frame it is not shown, and a window tells its opener nothing.
    page.evaluate(
        "url => { const frame = document.createElement('iframe'); frame.src = url;"
        " document.body.append(frame); }",
        target,
    )
    with page.expect_popup() as opened:
        page.evaluate("url => { window.other = window.open(url, 'other'); }", target)
    expect(opened.value.locator(".who")).to_be_visible()
    seen = page.evaluate(
        "() => { try { return window.other.document.title } catch (error) { return error.name } }"
    )
    assert seen in ("SecurityError", "TypeError")
    assert page.frames[1].evaluate("document.body.innerText") != ""
    assert "Overview" not in page.frames[1].evaluate("document.body.innerText")
