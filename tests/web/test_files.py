"""What is served for the pages: a document under a strict policy, and files with their weight."""

import re
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import expect

from tests.packages import WEB
from tests.web.conftest import Served, Visit

BROWSER = {"accept": "text/html,*/*;q=0.8", "accept-encoding": "gzip"}
#: Of all that is loaded before the first chart is drawn.
MOST_BYTES = 250 * 1024
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


@pytest.mark.parametrize("path", ["/", "/projects/5", "/projects/5/"])
def test_a_page_is_a_document_without_anything_inline(path: str, served: Served) -> None:
    answer = httpx.get(f"{served.root}{path}", headers=BROWSER)

    assert answer.status_code == 200
    assert answer.headers["content-security-policy"] == POLICY
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"
    assert re.findall(r"<script[^>]*>", answer.text) == re.findall(
        r'<script type="module"[^>]* src="[^"]+"[^>]*>', answer.text
    )
    assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:|https?://", answer.text)
    for link in re.findall(r'(?:src|href)="([^"]+\.\w+)"', answer.text):
        assert httpx.URL(f"{served.root}{path}").join(link).path.startswith("/web/")


def test_what_is_loaded_before_the_first_chart_is_light(visit: Visit) -> None:
    visit.page.goto(f"{visit.root}/")
    expect(visit.page.locator(".chart svg .bar").first).to_be_visible()
    loaded = [one for one in visit.requests if "/graphql" not in one.url]

    assert all(one.url.startswith(visit.root) for one in loaded)
    assert sum(one.sizes()["responseBodySize"] for one in loaded) <= MOST_BYTES


def test_every_file_is_named_for_its_content_and_served_compressed(
    wheel_with_pages: Path, served: Served
) -> None:
    folder = wheel_with_pages / WEB.bundle / "web"
    plain = sorted(file for file in folder.iterdir() if file.suffix != ".gz")

    assert {file.suffix for file in plain} == {".css", ".js", ".svg"}
    for file in plain:
        assert re.fullmatch(r"[\w.-]+-[\w-]{8}\.\w+", file.name)
        answer = httpx.get(f"{served.root}/web/{file.name}", headers=BROWSER)
        assert answer.headers["content-encoding"] == "gzip"
        assert "immutable" in answer.headers["cache-control"]
        assert answer.content == file.read_bytes()
    assert httpx.get(f"{served.root}/web/index.html").status_code == 404


def test_the_wheel_carries_the_licenses_of_what_is_in_it(wheel_with_pages: Path) -> None:
    licenses = (wheel_with_pages / WEB.bundle / "licenses.md").read_text()

    headings = re.findall(r"^## (\S+) - [\d.]+", licenses, re.MULTILINE)
    assert {"react", "react-dom", "@urql/core", "react-intl", "d3-scale"} <= set(headings)


def test_machines_get_the_status_at_the_root_as_ever(served: Served) -> None:
    assert httpx.get(f"{served.root}/").json()["status"] == "ok"


def test_the_small_page_is_still_there(served: Served) -> None:
    answer = httpx.get(f"{served.root}/?page=small", headers=BROWSER)

    assert "GET /classifications" in answer.text


@pytest.mark.parametrize(
    ("path", "accept", "status"),
    [
        ("/projects/five", "text/html", 404),
        ("/projects/-1", "text/html", 404),
        ("/projects", "text/html", 404),
        ("/projects/5", "application/json", 406),
    ],
)
def test_other_addresses_are_no_pages(path: str, accept: str, status: int, served: Served) -> None:
    answer = httpx.get(f"{served.root}{path}", headers={"accept": accept})

    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("application/json")


def test_nothing_but_the_pages_operations_runs(served: Served) -> None:
    answer = httpx.post(f"{served.root}/graphql", json={"query": "{ comments { totalCount } }"})

    assert answer.json()["errors"][0]["extensions"]["code"] == "DOCUMENT_NOT_TRUSTED"
