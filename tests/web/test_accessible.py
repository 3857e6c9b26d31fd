"""Everybody can use the pages: no violation that axe-core finds, keys alone, and any width."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match

from gateway.directory.load import load_directory
from gateway.web import page_routes
from tests.npm import project
from tests.sampled import EXHAUSTIVE
from tests.web.conftest import Served, Visit
from tests.web.groups import walk, write_groups
from tests.web.history import CARA
from tests.web.test_session import sign_in

PAGES = {
    "site": "/?search=wil",
    "site by day": "/?start=2024-01-01&end=2024-01-31",
    "nothing on these days": "/?range=week",
    "project": "/projects/5",
    "compared": "/projects/5?start=2024-01-01&end=2024-01-31&compare=before",
    "group": "/groups/24",
    "a project of a group": "/groups/24?start=2024-01-08&end=2024-01-14&project=5",
    "group without names": "/groups/22",
    "groups": "/groups",
    "join": f"/groups/24#join_token={'a' * 32}",
    "contributors": "/groups/24/contributors?sort=name&search=b",
    "me, not signed in": "/me",
    "certificates, not signed in": "/me/certificate",
    "no such certificate": f"/certificates/{'0' * 32}",
    "sign-in": "/sign-in",
    "missing": "/projects/999",
}
PHONE = {"width": 360, "height": 720}
DESKTOP = {"width": 1280, "height": 800}
#: Each scheme and each width, and with ``make exhaustive`` each with each.
LOOKS = [("light", PHONE), ("dark", DESKTOP)]
if EXHAUSTIVE:
    LOOKS += [("dark", PHONE), ("light", DESKTOP)]


@pytest.fixture(autouse=True, scope="module")
def groups(served: Served) -> None:
    served.write(write_groups)


@pytest.fixture(scope="session")
def axe() -> str:
    project.install()
    return (project.INSTALLED / "axe-core" / "axe.min.js").read_text()


def violations(page: Page, axe: str) -> list[Any]:
    """What axe-core finds, each with the elements concerned."""
    page.evaluate(axe)
    found = page.evaluate("axe.run()")["violations"]
    return [(one["id"], [node["html"] for node in one["nodes"]]) for one in found]


def looks(page: Page) -> Iterator[str]:
    """Have the page in one look after the other, each drawn."""
    for scheme, size in LOOKS:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.set_viewport_size(size)
        page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
        yield f"{scheme}, {size['width']}"


def violations_in_all_looks(page: Page, axe: str) -> dict[str, list[Any]]:
    """What axe-core finds, by the look in which it does."""
    found = {look: violations(page, axe) for look in looks(page)}
    return {look: those for look, those in found.items() if those}


def too_wide(page: Page) -> list[str]:
    """The looks in which the page is wider than the window."""
    wide = "document.documentElement.scrollWidth > innerWidth"
    return [look for look in looks(page) if page.evaluate(wide)]


def test_each_page_is_looked_at() -> None:
    routes = page_routes(_none)
    scopes = [{"type": "http", "method": "GET", "path": urlsplit(p).path} for p in PAGES.values()]
    seen = {
        route.path for route in routes if any(route.matches(one)[0] is Match.FULL for one in scopes)
    }
    assert seen == {route.path for route in routes}


async def _none(_: Request) -> Response:
    return Response()


@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES)
def test_axe_finds_no_violation(path: str, visit: Visit, axe: str) -> None:
    page = visit.open(path)
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")

    assert violations_in_all_looks(page, axe) == {}
    for direction in ("ltr", "rtl"):
        page.evaluate(f"document.documentElement.dir = '{direction}'")
        assert too_wide(page) == []


def test_axe_finds_no_violation_in_the_dialog(visit: Visit, axe: str) -> None:
    page = visit.open("/")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("dialog")).to_be_visible()

    assert violations_in_all_looks(page, axe) == {}
    assert visit.complaints == []


def invite(connection: Connection) -> None:
    """Cara, to a group and to lead another."""
    cards = [(20, "invited", "group_member"), (21, "active", "group_admin")]
    members = [
        {"user_group_id": group, "user_id": CARA, "state": state, "roles": [role]}
        for group, state, role in cards
    ]
    load_directory(connection, {"memberships": members})


def test_axe_finds_no_violation_in_groups_and_the_dialog_that_creates_one(
    visit: Visit, served: Served, axe: str
) -> None:
    served.write(invite)
    page = visit.open("/groups")
    sign_in(page, served.token_of(CARA))
    expect(page.locator(".cards li")).to_have_count(1)
    assert violations_in_all_looks(page, axe) == {}
    assert too_wide(page) == []

    page.get_by_role("button", name="Create a group").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert violations_in_all_looks(page, axe) == {}
    assert visit.complaints == []


def test_axe_finds_no_violation_where_somebody_has_goals(
    visit: Visit, served: Served, axe: str
) -> None:
    page = visit.open("/me")
    sign_in(page, served.token)
    page.get_by_role("button", name="Set a goal").click()
    dialog = page.get_by_role("dialog", name="Set a goal")
    dialog.get_by_label("How much is to be reached").fill("2")
    dialog.get_by_label("How often").select_option("Anew each week")
    dialog.get_by_label("First day").fill("2023-12-01")
    assert violations_in_all_looks(page, axe) == {}
    dialog.get_by_role("button", name="Set a goal").click()
    expect(dialog).to_have_count(0)
    expect(page.locator(".periods").first).to_be_visible()

    assert violations_in_all_looks(page, axe) == {}
    for direction in ("ltr", "rtl"):
        page.evaluate(f"document.documentElement.dir = '{direction}'")
        assert too_wide(page) == []
    assert visit.complaints == []


def test_axe_finds_no_violation_where_a_group_is_led(
    visit: Visit, served: Served, axe: str
) -> None:
    page = visit.open("/")
    sign_in(page, served.token)
    expect(page.get_by_text("Signed in as")).to_be_visible()
    walk(page, "/groups/24")
    page.get_by_role("button", name="Show the link").click()
    expect(page.get_by_role("button", name="Make a link")).to_be_visible()

    assert violations_in_all_looks(page, axe) == {}
    assert too_wide(page) == []
    for name in ("Settings", "Leave the group", "Invite people"):
        page.get_by_role("button", name=name).click()
        expect(page.get_by_role("dialog")).to_be_visible()
        assert violations_in_all_looks(page, axe) == {}
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
    assert visit.complaints == []


def press_until(page: Page, name: str) -> None:
    """Press Tab until what has this text has the focus."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent.trim()") == name:
            return
    raise AssertionError(f"Tab never came to {name}.")


def test_keys_alone_change_what_is_shown(visit: Visit) -> None:
    page = visit.open("/")
    for name in ("Skip to content", "Hours", "Show the numbers as a table"):
        press_until(page, name)
        page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Hours by month")).to_be_visible()
    press_until(page, "January 2024")
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name="Hours by day")).to_be_visible()


def test_keys_alone_open_and_close_the_dialog(visit: Visit) -> None:
    page = visit.open("/")
    press_until(page, "Sign in")
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox", name="Token")).to_be_focused()
    page.keyboard.press("Escape")

    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("button", name="Sign in")).to_be_focused()


def test_keys_alone_create_a_group(visit: Visit, served: Served) -> None:
    page = visit.open("/groups")
    sign_in(page, served.token)
    expect(page.locator(".cards")).to_be_visible()
    press_until(page, "Create a group")
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox", name="Title")).to_be_focused()
    page.keyboard.type("Made by keys")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")

    expect(page.get_by_role("dialog")).to_have_count(0)
    page.go_back()
    expect(page.locator(".cards")).to_contain_text("Made by keys")
