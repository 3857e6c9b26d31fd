"""What a newcomer does with the demo, from its first address to a certificate, in a real browser.

``NEWCOMER_SCREENSHOTS=folder`` keeps the pictures of the way there.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from gateway.cli.demo import EXPORTS, MEMBER
from gateway.cli.demo_groups import SHOWCASE
from tests.demo import Demo, running_demo
from tests.server import STATS_GATEWAY, environment
from tests.web.conftest import chromium
from tests.web.test_certificate import CODE, facts, printed
from tests.web.test_goals import goals, set_goal

GROUP = "Meerkat watchers"
TARGET = 3
SIZE = {"width": 1360, "height": 860}
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


@pytest.fixture
def complaints() -> Iterator[list[str]]:
    """What the pages complain of, in any tab: nothing."""
    found: list[str] = []
    yield found
    assert found == []


@pytest.fixture
def new_person(browser: Browser, complaints: list[str]) -> Iterator[Callable[[], Page]]:
    """Opens the browser of somebody else, which knows nothing of the others'."""
    contexts: list[BrowserContext] = []

    def opened() -> Page:
        clipboard = ["clipboard-read", "clipboard-write"]
        context = browser.new_context(
            viewport=SIZE,  # type: ignore[arg-type]
            color_scheme="light",
            reduced_motion="reduce",
            permissions=clipboard,
        )
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console",
            lambda message: (
                message.type in ("error", "warning") and complaints.append(message.text)
            ),
        )
        return page

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture
def keep(tmp_path: Path) -> Callable[[Page, str], None]:
    """Takes a picture of a page that shows what it asked for."""
    folder = Path(os.environ.get("NEWCOMER_SCREENSHOTS") or tmp_path / "screenshots")
    folder.mkdir(parents=True, exist_ok=True)

    def taken(page: Page, name: str) -> None:
        ready(page)
        file = folder / f"{name}.png"
        page.screenshot(path=file)
        assert file.stat().st_size > 0

    return taken


def ready(page: Page) -> None:
    """Wait until a page shows what it asked for."""
    expect(page.locator("main h1")).to_be_visible()
    expect(page.locator(".waiting")).to_have_count(0)


def go(page: Page, link: str) -> None:
    """By a link of the frame: whoever reloads is no longer signed in."""
    page.get_by_role("navigation", name="Main").get_by_role("link", name=link).click()


def test_a_newcomer_sees_takes_part_and_proves_it(
    demo: Demo, new_person: Callable[[], Page], keep: Callable[[Page, str], None]
) -> None:
    page = new_person()
    start, showcase, *_ = demo.links()
    see_three_projects_and_a_group(page, start, showcase, keep)

    # As the admin, who is shown the group that is private, and makes another.
    page.goto(f"{start}demo/admin")
    expect(page.get_by_text("Signed in as")).to_be_visible()
    go(page, "My groups")
    page.get_by_role("link", name="Demo classroom").click()
    expect(page.locator(".chart")).to_be_visible()
    keep(page, "classroom")
    link = create_group(page, keep)

    # Whoever the link is sent to has a browser of their own, and signs in there.
    other = new_person()
    join(other, link, keep)

    set_goal(page, TARGET, **{"Title (optional)": "First meerkats"})
    expect(goals(page)).to_contain_text(f"0 of {TARGET} classifications (0%)")
    # The member sees it as well, by a live answer.
    expect(goals(other)).to_contain_text(f"0 of {TARGET} classifications (0%)")
    see_it_move(demo, [page, other])
    keep(page, "goal-of-admin")
    keep(other, "goal-of-member")

    code, counted = certify(other, keep)
    # Somebody who was given the code, and is not signed in.
    third = new_person()
    third.goto(f"{start}certificates/{code}")
    ready(third)
    expect(third.get_by_role("button", name="Sign in")).to_be_visible()
    assert facts(third) == counted
    expect(third.locator("main")).to_contain_text("The same are counted today.")
    keep(third, "certificate-checked")


def see_three_projects_and_a_group(
    page: Page, start: str, showcase: str, keep: Callable[[Page, str], None]
) -> None:
    """Follow the addresses that the demo has printed, and the links there."""
    page.goto(start)
    expect(page.locator(".chart")).to_be_visible()
    keep(page, "site")
    for _, number, name in EXPORTS:
        page.locator(".ranking").get_by_role("link", name=name).click()
        expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()
        expect(page.locator(".chart")).to_be_visible()
        keep(page, f"project-{number}")
        page.go_back()
    page.goto(showcase)
    expect(page.get_by_role("heading", name="Demo showcase", level=1)).to_be_visible()
    expect(page.locator(".chart")).to_be_visible()
    assert page.url == f"{start}groups/{SHOWCASE}"
    # The picture that opens the README.
    page.goto(f"{showcase}?start=2017-01-01&end=2017-06-18")
    page.set_viewport_size(TALL)  # type: ignore[arg-type]
    expect(page.get_by_role("heading", name="Classifications by week")).to_be_visible()
    keep(page, "group")
    page.set_viewport_size(SIZE)  # type: ignore[arg-type]


def create_group(page: Page, keep: Callable[[Page, str], None]) -> str:
    """Create a group and copy its join link; the page stays at the group."""
    go(page, "My groups")
    page.get_by_role("button", name="Create a group").click()
    dialog = page.get_by_role("dialog", name="Create a group")
    dialog.get_by_label("Title").fill(GROUP)
    keep(page, "create-group")
    dialog.get_by_role("button", name="Create a group").click()
    expect(page.get_by_role("heading", name=GROUP, level=1)).to_be_visible()
    panel = page.get_by_role("region", name="Join link")
    panel.get_by_role("button", name="Show the link").click()
    panel.get_by_role("button", name="Copy").click()
    expect(panel.get_by_text("has been copied")).to_be_visible()
    keep(page, "join-link")
    copied: str = page.evaluate("navigator.clipboard.readText()")
    return copied


def join(page: Page, link: str, keep: Callable[[Page, str], None]) -> None:
    """Join a group as the demo's member, by its link."""
    page.goto(link)
    expect(page.get_by_text("Sign in to join.")).to_be_visible()
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("dialog").get_by_role("button", name=MEMBER.name, exact=True).click()
    expect(page.get_by_text("Signed in as")).to_be_visible()
    keep(page, "join")
    page.get_by_role("button", name="Join the group").click()
    expect(page.get_by_text(f"You are now a member of {GROUP}.")).to_be_visible()
    expect(page.locator(".opening")).to_contain_text("2 members")
    expect(page.locator(".figure.great .value")).to_have_text("0")


def see_it_move(demo: Demo, pages: list[Page]) -> None:
    """Run ``demo classify`` beside the open pages, until the goal is reached on each."""
    command = [STATS_GATEWAY, "demo", "classify", "--as", MEMBER.name, "--every", "1s"]
    with subprocess.Popen(
        [*command, "--directory", str(demo.folder)],
        env=environment(demo.folder, {"PYTHONUNBUFFERED": "1"}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as sending:
        assert sending.stdout is not None
        # A process of its own takes as long as the machine wants; the pages' time begins then.
        begun = sending.stdout.readline()
        try:
            for page in pages:
                celebrated = page.get_by_role("status").filter(has_text="First meerkats")
                expect(celebrated).to_contain_text("First meerkats: the goal is reached!")
        finally:
            sending.send_signal(signal.SIGINT)
        sent, refused = sending.communicate()
    assert refused == ""
    number = (begun + sent).count("Sent classification")
    assert number >= TARGET
    for page in pages:
        expect(goals(page)).to_contain_text(f"{number} of {TARGET} classifications")
        expect(page.locator(".figure.great .value")).to_have_text(str(number))


def certify(page: Page, keep: Callable[[Page, str], None]) -> tuple[str, dict[str, str]]:
    """Issue and print a certificate of what the viewer has done; its code and its figures."""
    go(page, "My statistics")
    expect(page.locator(".chart")).to_be_visible()
    keep(page, "me")
    page.locator(".opening").get_by_role("link").click()
    page.get_by_role("button", name="Issue a certificate").click()
    expect(page.locator(".sheet h2")).to_be_visible()
    keep(page, "certificate")
    assert [printed(page, paper) for paper in ("A4", "Letter")] == [1, 1]
    code = "".join((page.locator(".sheet code").text_content() or "").split())
    assert CODE.fullmatch(code)
    return code, facts(page)
