"""Join links in a real browser: who opens one is asked first, and its token leaves no trace."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import Connection, insert, select

from gateway.db.group_tables import group_join_link
from gateway.db.tables import membership
from gateway.directory.load import load_directory
from tests.web.conftest import Served, Visit
from tests.web.groups import HIDDEN, write_groups
from tests.web.history import ADA, CARA
from tests.web.test_session import sign_in

PUBLIC, HOSTILE = 24, 31
#: The link's token of each group.
TOKENS = {group: f"{group:032x}" for group in (PUBLIC, HIDDEN, HOSTILE)}
HOSTILE_NAME = "<img src=x onerror=alert(1)>{name}\u202e%3Cscript%3E"


@pytest.fixture(autouse=True, scope="module")
def links(served: Served) -> None:
    served.write(write_groups)
    served.write(_write_links)


def _write_links(connection: Connection) -> None:
    hostile = {"id": HOSTILE, "name": "h", "display_name": HOSTILE_NAME, "stats_visibility": 4}
    load_directory(connection, {"user_groups": [hostile]})
    for group, token in TOKENS.items():
        connection.execute(
            insert(group_join_link).values(
                group_id=group, token=token, enabled=True, created_at=0, generation=1
            )
        )


def is_member(served: Served, user: int, group: int) -> bool:
    found = []
    asked = select(membership.c.state).where(
        membership.c.user_id == user, membership.c.group_id == group
    )
    served.write(lambda connection: found.extend(connection.scalars(asked)))
    return found == ["active"]


def traces(visit: Visit, token: str) -> list[str]:
    """Where the token is or was, but for the address that was opened and the body that joined."""
    page = visit.page
    kept = page.evaluate(
        """() => JSON.stringify([
            {...localStorage}, {...sessionStorage}, history.state, document.cookie, window.name,
            location.href, document.documentElement.outerHTML,
        ])"""
    )
    first, *later = visit.requests
    said = [kept, *(request.url for request in later)]
    said += [value for request in [first, *later] for value in request.headers.values()]
    said += visit.sockets
    return [one for one in said if token in one]


def join(page: Page) -> None:
    page.get_by_role("button", name="Join the group").click()


def test_a_link_joins_on_a_press_and_leaves_no_trace(visit: Visit, served: Served) -> None:
    token = TOKENS[PUBLIC]
    page = visit.open(f"/groups/{PUBLIC}#join_token={token}")

    expect(page.get_by_role("heading", name=f"Join Herons {PUBLIC}")).to_be_visible()
    assert page.url == f"{visit.root}/groups/{PUBLIC}"
    expect(page.get_by_text("Anyone sees your name")).to_be_visible()
    expect(page.get_by_text("Sign in to join.")).to_be_visible()
    assert len(visit.asked()) == 1

    # It waits while somebody signs in, and nothing is done before they press.
    sign_in(page, served.token_of(CARA))
    expect(page.get_by_text("Signed in as Cara")).to_be_visible()
    assert traces(visit, token) == []
    assert {request.method for request in visit.asked()} == {"GET"}
    assert not is_member(served, CARA, PUBLIC)

    join(page)
    said = page.get_by_text(f"You are now a member of Herons {PUBLIC}.")
    expect(said).to_be_focused()
    assert is_member(served, CARA, PUBLIC)
    (posted,) = [request for request in visit.requests if request.method == "POST"]
    assert token in (posted.post_data or "")
    assert traces(visit, token) == []
    assert visit.complaints == []

    page.reload()
    expect(page.get_by_role("button", name="Join the group")).to_have_count(0)


def test_an_older_link_to_a_hidden_group_tells_no_name_before_one_has_joined(
    visit: Visit, served: Served
) -> None:
    token = TOKENS[HIDDEN]
    page = visit.page
    answer = page.goto(f"{visit.root}/groups/{HIDDEN}?range=week&join_token={token}")
    expect(page.get_by_role("heading", name="Join a group")).to_be_visible()

    assert page.url == f"{visit.root}/groups/{HIDDEN}?range=week"
    assert answer is not None
    assert answer.headers["cache-control"] == "no-store"
    expect(page.get_by_text("The group is hidden at the moment")).to_be_visible()
    assert "Herons" not in page.content()
    sign_in(page, served.token_of(CARA))
    expect(page.get_by_text("Signed in as Cara")).to_be_visible()
    assert traces(visit, token) == []
    join(page)
    expect(page.get_by_text(f"You are now a member of Herons {HIDDEN}.")).to_be_visible()
    assert is_member(served, CARA, HIDDEN)
    assert traces(visit, token) == []


def test_who_does_not_want_to_join_puts_the_link_away(visit: Visit, served: Served) -> None:
    token = TOKENS[PUBLIC]
    page = visit.open(f"/groups/{PUBLIC}#join_token={token}")
    page.get_by_role("button", name="Not now").click()

    expect(page.get_by_role("heading", name="Join")).to_have_count(0)
    assert traces(visit, token) == []


def test_links_that_join_nothing_are_told_in_a_sentence(visit: Visit, served: Served) -> None:
    page = visit.open(f"/groups/{PUBLIC}")
    sign_in(page, served.token)

    # Another link in the same tab, to a group of which she is a member.
    page.evaluate("token => { location.hash = `join_token=${token}` }", TOKENS[PUBLIC])
    expect(page.get_by_role("heading", name="You are a member already")).to_be_visible()
    expect(page.get_by_role("button", name="Join the group")).to_have_count(0)
    page.get_by_role("button", name="Go to the group").click()
    assert page.url == f"{visit.root}/groups/{PUBLIC}"
    assert traces(visit, TOKENS[PUBLIC]) == []

    page.evaluate("path => history.pushState(null, '', path)", f"/groups/{HOSTILE}")
    wrong = "0" * 32
    page.evaluate("token => { location.hash = `join_token=${token}` }", wrong)
    # A name is text, whatever is in it.
    expect(page.get_by_role("heading", name=f"Join {HOSTILE_NAME}")).to_be_visible()
    join(page)
    expect(page.get_by_role("alert")).to_contain_text("This link does not work, or no longer.")
    assert not is_member(served, ADA, HOSTILE)
    assert page.locator("main img").count() == 0
    assert traces(visit, wrong) == []
    assert visit.complaints == []


@pytest.mark.parametrize(
    ("path", "left"),
    [
        (f"/projects/5?join_token={'a' * 32}&show=hours", "/projects/5?show=hours"),
        (f"/groups/{PUBLIC}#join_token={'a' * 201}", f"/groups/{PUBLIC}"),
        (f"/groups/{PUBLIC}?join_token=", f"/groups/{PUBLIC}"),
    ],
)
def test_what_is_no_link_of_a_group_joins_nothing_and_is_removed(
    visit: Visit, path: str, left: str
) -> None:
    page = visit.open(path)

    assert page.url == f"{visit.root}{left}"
    expect(page.get_by_role("heading", name="Join")).to_have_count(0)
    assert all("join_token" not in urlsplit(one.url).query for one in visit.requests[1:])
