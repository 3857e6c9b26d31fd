"""What a newcomer does with the demo, from its first address to a certificate, in a real browser.

``NEWCOMER_SCREENSHOTS=folder`` keeps the pictures of the way there.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from gateway.cli.demo import EXPORTS, MEMBER
from gateway.cli.demo_groups import SHOWCASE
from tests.browser import chromium
from tests.demo import Demo, running_demo
from tests.web.newcomer import go, ready, take_part, working_beside
from tests.web.people import SIZE, NewPerson, Person

TALL = {"width": 1360, "height": 1250}


@pytest.fixture(scope="module")
def demo(wheel_with_pages: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    settings = {"STATS_GATEWAY_PAGES": "true", "PYTHONPATH": str(wheel_with_pages)}
    with running_demo(tmp_path_factory.mktemp("demo"), **settings) as demo:
        yield demo


@pytest.fixture(scope="module")
def browser(demo: Demo) -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def test_a_newcomer_sees_takes_part_and_proves_it(demo: Demo, new_person: NewPerson) -> None:
    leader, member, stranger = (new_person() for _ in range(3))
    start, showcase, *_ = demo.links()
    see_three_projects_and_a_group(leader, start, showcase)

    # As the admin, who is shown the group that is private, and makes another.
    page = leader.page
    page.goto(f"{start}demo/admin")
    expect(page.get_by_text("Signed in as")).to_be_visible()
    go(leader, "My groups")
    page.get_by_role("link", name="Demo classroom").click()
    expect(page.locator(".chart")).to_be_visible()
    ready(page)
    leader.keep("classroom")
    take_part(leader, member, stranger, demo.root, sign_in, working_beside(demo.folder))


def see_three_projects_and_a_group(person: Person, start: str, showcase: str) -> None:
    """Follow the addresses that the demo has printed, and the links there."""
    page, _, keep = person
    page.goto(start)
    expect(page.locator(".chart")).to_be_visible()
    keep("site")
    for _, number, name in EXPORTS:
        page.locator(".ranking").get_by_role("link", name=name).click()
        expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()
        expect(page.locator(".chart")).to_be_visible()
        keep(f"project-{number}")
        page.go_back()
    page.goto(showcase)
    expect(page.get_by_role("heading", name="Demo showcase", level=1)).to_be_visible()
    expect(page.locator(".chart")).to_be_visible()
    assert page.url == f"{start}groups/{SHOWCASE}"
    # The picture that opens the README.
    page.goto(f"{showcase}?start=2017-01-01&end=2017-06-18")
    page.set_viewport_size(TALL)  # type: ignore[arg-type]
    expect(page.get_by_role("heading", name="Classifications by week")).to_be_visible()
    ready(page)
    keep("group")
    page.set_viewport_size(SIZE)  # type: ignore[arg-type]


def sign_in(person: Person) -> None:
    """As the demo's member, by the button."""
    page, hands, _ = person
    hands.press(page.get_by_role("button", name="Sign in"))
    role = page.get_by_role("dialog").get_by_role("button", name=MEMBER.name, exact=True)
    hands.press(role)
