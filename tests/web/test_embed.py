"""The dialog with the HTML to copy, and what a page that has it shows."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from gateway.directory.load import load_directory
from tests.framing import Host, hosting
from tests.web.conftest import Served, Visit
from tests.web.history import DIRECTORY
from tests.web.test_accessible import axe, violations

__all__ = ["axe"]

NARROW_AND_DARK = {
    "color_scheme": "dark",
    "viewport": {"width": 360, "height": 720},
    "reduced_motion": "reduce",
}
HOSTILE = (
    "</title></svg><script>document.title='pwned'</script><img src=x onerror=alert(1)>\"'&amp;"
)


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    with hosting() as host:
        yield host


def copied(page: Page) -> str:
    return page.get_by_role("textbox", name="HTML").input_value()


def chooser(page: Page, name: str) -> Locator:
    return page.get_by_role("dialog").get_by_role("combobox", name=name)


def width_of_preview(page: Page) -> int:
    preview = page.locator(".preview img")
    expect(preview).to_be_visible()
    width: int = preview.evaluate(
        "async (image) => { await image.decode(); return image.naturalWidth; }"
    )
    return width


def test_the_html_to_copy_shows_the_same_on_another_page(visit: Visit, host: Host) -> None:
    page = visit.open("/projects/5?show=hours")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=visit.root)
    page.get_by_role("button", name="Embed").click()
    address = f"{visit.root}/embed/projects/5"

    assert copied(page) == (
        f'<iframe src="{address}?show=hours" title="Galaxies: Hours" width="720" height="440" '
        'style="border: 0"></iframe>'
    )
    assert width_of_preview(page) == 720
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("status").filter(has_text="Copied.")).to_be_visible()
    frame = page.evaluate("navigator.clipboard.readText()")

    chooser(page, "What").select_option("Counter, as an image")
    assert copied(page) == (
        "<picture>\n"
        '  <source media="(prefers-color-scheme: dark)" '
        f'srcset="{address}/counter.svg?show=hours&amp;theme=dark">\n'
        f'  <img src="{address}/counter.svg?show=hours&amp;theme=light" alt="Galaxies: Hours" '
        'width="320" height="132">\n'
        "</picture>"
    )
    assert width_of_preview(page) == 320
    picture = copied(page)
    chooser(page, "Colours").select_option("Dark")
    assert re.fullmatch(r'<img src="[^"]*theme=dark" [^>]*>', copied(page))
    chooser(page, "What").select_option("Chart, as an image")
    assert "/chart.svg?" in copied(page)
    assert visit.complaints == []

    page.goto(host.put(frame + picture))
    inside = page.frame_locator("iframe")
    expect(inside.get_by_role("heading", name="Galaxies")).to_be_visible()
    expect(inside.locator("p")).to_have_text("8.5 hours, all time, by month")
    assert page.evaluate("document.images[0].naturalWidth") == 320
    # Its one link leads to the page, in a tab of its own.
    with page.context.expect_page() as opened:
        inside.get_by_role("link", name="Galaxies").click()
    expect(opened.value.get_by_role("heading", name="Hours by month")).to_be_visible()
    assert opened.value.url == f"{visit.root}/projects/5?show=hours"
    assert opened.value.evaluate("[self.origin, document.referrer, opener]") == [
        visit.root,
        "",
        None,
    ]


@pytest.mark.parametrize("visit", [{}, NARROW_AND_DARK], indirect=True, ids=["usual", "dark"])
def test_axe_finds_no_violation_in_it(visit: Visit, axe: str) -> None:
    page = visit.open("/projects/5")
    page.get_by_role("button", name="Embed").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    width_of_preview(page)
    assert violations(page, axe) == []

    for path in ("/embed/projects/5", "/embed/projects/5/counter", "/embed/projects/999"):
        # In its sandbox no script runs, axe-core's neither; nor may it in a page with a policy.
        page.goto("about:blank")
        page.set_content(httpx.get(visit.root + path, timeout=60).text)
        page.locator("details").evaluate_all("(all) => all.forEach((one) => (one.open = true))")
        assert violations(page, axe) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]  # type: ignore[index]


def test_a_hostile_title_runs_nothing(visit: Visit, served: Served, host: Host) -> None:
    galaxies = {**DIRECTORY["projects"][0], "display_name": HOSTILE}
    served.write(lambda connection: load_directory(connection, {"projects": [galaxies]}))
    forms = [f"{visit.root}/embed/projects/5{form}" for form in ("", "/counter", "/chart.svg")]

    for form in forms:
        visit.page.goto(form)
        assert visit.page.title() != "pwned"
        assert HOSTILE in visit.page.evaluate("document.documentElement.textContent")
    page = visit.open("/projects/5")
    page.get_by_role("button", name="Embed").click()
    snippet = copied(page)
    page.goto(host.put(snippet))
    # What was copied is one frame, whatever the title is.
    assert page.evaluate("document.body.children.length") == 1
    assert page.locator("iframe").get_attribute("title") == f"{HOSTILE}: Classifications"
    assert visit.complaints == []
