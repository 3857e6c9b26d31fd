"""Whoever uses keys stays where they are: while they wait, and when a control has gone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import pytest
from playwright.sync_api import Locator, Page, Request, Route, expect
from sqlalchemy import Connection, insert

from gateway.db.group_tables import group_join_link
from gateway.directory.load import load_directory
from tests.certificates_of import made_certificate, write_certificates
from tests.goals_of import made_goal, write_goals
from tests.web.conftest import Served, Visit
from tests.web.groups import walk, write_groups
from tests.web.hands import Keys
from tests.web.history import ADA, BERT, CARA
from tests.web.newcomer import ready
from tests.web.test_group_admin import meanwhile
from tests.web.test_session import sign_in

#: Cara is invited to these.
INVITED = (31, 32, 33)
TOKEN = "5" * 32


@pytest.fixture(autouse=True, scope="module")
def groups(served: Served) -> None:
    served.write(write_groups)
    served.write(_write)
    meanwhile(served, "DELETE", 23)


def _write(connection: Connection) -> None:
    cards = [
        {"user_group_id": group, "user_id": CARA, "state": "invited", "roles": ["group_member"]}
        for group in INVITED
    ]
    owls = [{"id": group, "name": f"owls-{group}", "display_name": "Owls"} for group in INVITED]
    load_directory(connection, {"user_groups": owls, "memberships": cards})
    titles = enumerate(("Nests", "Eggs"), start=1)
    write_goals(connection, *(made_goal(n, group=24, title=title) for n, title in titles))
    for group, token in ((22, TOKEN), (24, "6" * 32)):
        link = {"token": token, "enabled": True, "created_at": 0, "generation": 1}
        connection.execute(insert(group_join_link).values(group_id=group, **link))
    write_certificates(connection, made_certificate(1, ADA))


MAIN, DIALOG = "main", "[role=dialog]"


class Asking(NamedTuple):
    """A button that asks for something, and the way there."""

    path: str
    button: str
    within: str = MAIN
    #: The button that leads there.
    first: str | None = None
    #: What to write into which field.
    field: tuple[str, str] | None = None
    user: int = ADA


ASKING = {
    "save a file": Asking("/groups/24", "Members as CSV"),
    "change a goal": Asking("/groups/24", "Save", DIALOG, "Change Nests"),
    "archive a goal": Asking("/groups/24", "Archive Nests"),
    "delete a goal": Asking("/groups/24", "Delete", DIALOG, "Delete Eggs"),
    "make a link": Asking("/groups/21", "Make a link", MAIN, "Show the link"),
    "switch a link off": Asking("/groups/24", "Switch off", MAIN, "Show the link"),
    "make a member an admin": Asking("/groups/24", "Make admin: Bert"),
    "invite": Asking("/groups/24", "Invite", DIALOG, "Invite people", ("Logins", "cara")),
    "save settings": Asking("/groups/24", "Save", DIALOG, "Settings"),
    "close a group": Asking("/groups/20", "Close the group", DIALOG, "Close the group"),
    "reopen a group": Asking("/groups/23", "Reopen the group"),
    "leave a group": Asking("/groups/21", "Leave the group", DIALOG, "Leave the group", user=BERT),
    "create a group": Asking(
        "/groups", "Create a group", DIALOG, "Create a group", ("Title", "Plovers")
    ),
    "accept": Asking("/groups", "Accept", user=CARA),
    "decline": Asking("/groups", "Decline", user=CARA),
    "decline for good": Asking("/groups", "Decline for good", user=CARA),
    "join": Asking(f"/groups/22#join_token={TOKEN}", "Join the group", user=CARA),
    "issue a certificate": Asking("/me/certificate", "Issue a certificate"),
    "revoke a certificate": Asking("/me/certificate", "Revoke", DIALOG, "Revoke"),
}


class Answers:
    """The answers to a page, which may be held back.

    Made before the page is opened: Chromium does not stop all that is asked for just after it is
    told to stop requests.
    """

    def __init__(self, page: Page) -> None:
        self._waiting: list[Route] = []
        self._hold = False
        page.route("**/*", self._take)

    @contextmanager
    def held(self) -> Iterator[list[Route]]:
        """No answer comes before the end; yields what is waited for."""
        self._hold = True
        yield self._waiting
        self._hold = False
        for route in self._waiting:
            route.continue_()

    def _take(self, route: Route) -> None:
        if self._hold and _asks(route.request):
            self._waiting.append(route)
        else:
            route.continue_()


@pytest.mark.parametrize("asking", ASKING.values(), ids=ASKING)
def test_a_button_that_waits_for_an_answer_keeps_the_focus_and_asks_once(
    asking: Asking, visit: Visit, served: Served
) -> None:
    page, keys, answers = visit.page, Keys(visit.page), Answers(visit.page)
    page.goto(f"{visit.root}{asking.path}")
    sign_in(page, served.token_of(asking.user))
    ready(page)
    if asking.first is not None:
        page.get_by_role("button", name=asking.first, exact=True).first.click()
    within = page.locator(asking.within)
    if asking.field is not None:
        label, text = asking.field
        within.get_by_label(label).fill(text)

    button = within.get_by_role("button", name=asking.button, exact=True).first
    _press_slowly(keys, button, answers)


def test_the_button_that_signs_in_keeps_the_focus_and_asks_once(visit: Visit) -> None:
    page = visit.page
    keys, answers = Keys(page), Answers(page)
    visit.open("/")

    _press_slowly(keys, page.get_by_role("button", name="Sign in"), answers)
    expect(page.get_by_role("dialog").get_by_label("Token")).to_be_focused()


def _press_slowly(keys: Keys, button: Locator, answers: Answers) -> None:
    """Press a button whose answer is a long time coming, several times; the focus is never lost."""
    page = button.page
    keys.reach(button)
    with answers.held() as waiting:
        with page.expect_request(_asks):
            page.keyboard.press("Enter")
        # Its words may be others now.
        busy = page.locator("button[aria-disabled=true]:focus")
        expect(busy).to_be_visible()
        page.keyboard.press("Enter")
        page.keyboard.press("Space")
        expect(busy).to_be_visible()
    assert len(waiting) == 1
    expect(page.locator("button[aria-disabled=true]")).to_have_count(0)
    expect(page.locator(":focus")).to_have_count(1)


def _asks(request: Request) -> bool:
    """Whether somebody has asked for that, and not the page itself."""
    return request.method == "POST" or request.url.endswith("/config.json")


class Gone(NamedTuple):
    """A control that is no longer there once it was pressed."""

    path: str
    role: str
    name: str
    user: int | None = ADA


GONE = {
    "sign out": Gone("/", "button", "Sign out"),
    "sign out of one's own page": Gone("/me", "button", "Sign out"),
    "put a join link away": Gone(f"/groups/24#join_token={TOKEN}", "button", "Not now", None),
    "look at a month": Gone("/", "link", "January 2024", None),
    "show all time": Gone("/?range=week", "link", "Show all time", None),
}


@pytest.mark.parametrize("gone", GONE.values(), ids=GONE)
def test_what_has_gone_leaves_the_focus_to_what_is_around_it(
    gone: Gone, visit: Visit, served: Served
) -> None:
    page, keys = visit.page, Keys(visit.page)
    page.goto(f"{visit.root}{gone.path}")
    if gone.user is not None:
        sign_in(page, served.token_of(gone.user), keys)
        # The button that signs in has gone as well.
        expect(page.locator("main")).to_be_focused()
    ready(page)
    if page.locator("details.numbers").count():
        page.get_by_text("Show the numbers as a table").click()
    control = page.get_by_role(gone.role, name=gone.name, exact=True)  # type: ignore[arg-type]
    keys.press(control)

    expect(control).to_have_count(0)
    expect(page.locator(":focus")).to_have_count(1)
    assert visit.complaints == []


def test_another_page_begins_at_its_content(visit: Visit) -> None:
    page = visit.open("/")
    walk(page, "/projects/5")

    expect(page.locator("main")).to_be_focused()
