"""Other sites show what is embedded, which is lent nothing; no other page can be framed."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from gateway.web import _PAGES
from tests.framing import REFUSED, Host, hosting, shown_in_frames
from tests.web.conftest import Visit

#: Each address at which there is a page, whoever adds one.
PAGES = [re.sub(r"{[^}]+}", "5", path) for path in _PAGES]
OTHERS = ["/", "/?page=small", "/graphql", "/graphql?page=small", *PAGES]
EMBEDDED = [
    "/embed/site",
    "/embed/projects/5",
    "/embed/projects/5/counter",
    "/embed/groups/3?theme=dark",
    # Refusals are shown there as well.
    "/embed/groups/999",
    "/embed/projects/5/chart.svg",
    "/embed/projects/5/counter.svg",
]


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    with hosting() as host:
        yield host


def test_no_page_can_be_framed_by_another_site(visit: Visit, host: Host) -> None:
    addresses = [visit.root + path for path in OTHERS]
    shown = shown_in_frames(visit.page, host, addresses)

    assert shown == dict.fromkeys(addresses, REFUSED)
    assert len([one for one in visit.complaints if "frame-ancestors 'none'" in one]) == len(OTHERS)


def test_the_gateway_frames_none_of_its_own_pages(visit: Visit) -> None:
    page = visit.open("/projects/5")
    page.evaluate(
        """() => new Promise((done) => {
            const frame = document.createElement("iframe");
            frame.src = "/";
            frame.onload = done;
            document.body.append(frame);
        })"""
    )

    assert page.frames[1].url in (REFUSED, "about:blank")
    assert any("Content Security Policy" in one for one in visit.complaints)


def test_what_is_embedded_can_be_framed_and_is_lent_nothing(visit: Visit, host: Host) -> None:
    addresses = [visit.root + path for path in EMBEDDED]
    page = visit.page
    assert shown_in_frames(page, host, addresses) == {one: one for one in addresses}

    # It asks for nothing more.
    assert sorted(one.url for one in visit.requests if one.url.startswith(visit.root)) == sorted(
        addresses
    )
    for frame in page.frames[1:]:
        assert frame.evaluate("self.origin") == "null"
        for stored in ("document.cookie", "localStorage", "sessionStorage", "indexedDB.open('a')"):
            with pytest.raises(Exception, match=r"SecurityError|Access is denied|access denied"):
                frame.evaluate(stored)
    expect(page.frame_locator("iframe").nth(1).locator("svg path").first).to_be_visible()


def test_a_page_that_is_isolated_can_show_it_too(visit: Visit) -> None:
    isolated = {
        "Cross-Origin-Embedder-Policy": "require-corp",
        "Cross-Origin-Opener-Policy": "same-origin",
    }
    with hosting(isolated) as host:
        image, frame = (f"{visit.root}/embed/projects/5{form}" for form in ("/chart.svg", ""))
        visit.page.goto(host.put(f'<img src="{image}"><iframe src="{frame}"></iframe>'))

        assert visit.page.evaluate("crossOriginIsolated")
        assert visit.page.evaluate("document.images[0].naturalWidth") == 720
        assert visit.page.frames[1].url == frame
        assert visit.complaints == []
