"""The page of somebody's own groups in a real browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import Connection

from gateway.directory.load import load_directory
from gateway.events.event import Batch
from gateway.rollups.apply_batch import apply_batch
from tests.web.conftest import Served, Visit
from tests.web.groups import AMOUNT, GROUPS, title, write_groups
from tests.web.history import ADA, CARA, classified, now
from tests.web.test_session import sign_in

#: Cara is invited to these: as an admin, and twice as a member.
INVITED = {31: "group_admin", 32: "group_member", 33: "group_member"}
HOSTILE_NAME = '"><img src=x onerror=alert(1)> {name}'


@pytest.fixture(autouse=True, scope="module")
def groups(served: Served) -> None:
    served.write(write_groups)
    served.write(_invite)


def _invite(connection: Connection) -> None:
    load_directory(
        connection,
        {
            "user_groups": [
                {"id": group, "name": f"owls-{group}", "display_name": f"Owls {group}"}
                for group in INVITED
            ],
            "memberships": [
                {"user_group_id": group, "user_id": user, "state": state, "roles": [role]}
                for group, of_cara in INVITED.items()
                for user, state, role in (
                    (ADA, "active", "group_admin"),
                    (CARA, "invited", of_cara),
                )
            ],
        },
    )


def cards(page: Page) -> list[str]:
    expect(page.locator(".cards li").first).to_be_visible()
    return [text.replace("\n\n", "\n") for text in page.locator(".cards li").all_inner_texts()]


def go(page: Page, token: str) -> None:
    """To the groups of whoever this token is of, as the link in the frame does."""
    sign_in(page, token)
    page.get_by_role("navigation", name="Main").get_by_role("link", name="My groups").click()
    expect(page.get_by_role("heading", name="My groups")).to_be_visible()
    expect(page.locator(".waiting")).to_have_count(0)


def test_who_is_not_signed_in_is_asked_to(visit: Visit) -> None:
    page = visit.open("/groups")

    expect(page.get_by_text("Sign in to see your groups and invitations.")).to_be_visible()
    expect(page.get_by_role("link", name="My groups")).to_have_count(0)
    assert visit.asked() == []


def test_each_group_has_a_card_with_role_and_totals(visit: Visit, served: Served) -> None:
    page = visit.open("/groups")
    sign_in(page, served.token)

    shown = cards(page)
    assert len(shown) == len(GROUPS) + len(INVITED)
    assert shown[0].split("\n") == [
        title(GROUPS[0]),
        "You lead this group, 2 members",
        "Classifications",
        str(AMOUNT),
        "Hours",
        "2.5",
        "Contributors",
        "2",
        "Projects",
        "2",
    ]
    assert len(visit.asked()) == 1
    # They are live.
    fresh = [classified(7100, now(), ADA, groups=GROUPS)]
    served.write(lambda connection: apply_batch(connection, Batch(classifications=fresh)))
    first = page.locator(".cards li").first
    expect(first.locator(".totals dd").first).to_have_text(str(AMOUNT + 1))
    assert len(visit.asked()) == 1
    page.get_by_role("link", name=title(GROUPS[1])).click()
    assert page.url == f"{visit.root}/groups/{GROUPS[1]}"
    assert visit.complaints == []


def test_invitations_are_accepted_and_declined(visit: Visit, served: Served) -> None:
    page = visit.open("/")
    go(page, served.token_of(CARA))
    listed = page.locator(".invitations li")
    expect(listed).to_have_count(3)
    expect(listed.nth(0)).to_contain_text("You are invited to lead it with others.")
    expect(listed.nth(1)).to_contain_text("totals, and admins what each member has done")

    listed.nth(0).get_by_role("button", name="Accept").click()
    expect(page.get_by_text("You are now a member of Owls 31.")).to_be_focused()
    expect(listed).to_have_count(2)
    assert cards(page)[0].startswith("Owls 31\nYou lead this group, 2 members")
    listed.nth(0).get_by_role("button", name="Decline", exact=True).click()
    expect(page.get_by_text("You have declined the invitation to Owls 32.")).to_be_focused()
    listed.nth(0).get_by_role("button", name="Decline for good").click()
    expect(page.get_by_text("declined the invitation to Owls 33 for good.")).to_be_focused()
    expect(page.get_by_role("heading", name="Invitations")).to_have_count(0)
    expect(page.locator(".cards li")).to_have_count(1)
    assert visit.complaints == []


def test_a_group_is_created_in_a_dialog(visit: Visit, served: Served) -> None:
    page = visit.open("/")
    go(page, served.token)
    page.get_by_role("button", name="Create a group").click()
    dialog = page.get_by_role("dialog", name="Create a group")
    # A title is text, whatever is in it.
    dialog.get_by_label("Title").fill(HOSTILE_NAME)
    dialog.get_by_label(re.compile("^Public: .* and members")).check()
    dialog.get_by_role("button", name="Create a group").click()

    expect(dialog).to_have_count(0)
    expect(page).not_to_have_url(f"{visit.root}/groups")
    (posted,) = [request for request in visit.requests if request.method == "POST"]
    assert "PUBLIC_AGG_SHOW_IND_IF_MEMBER" in (posted.post_data or "")
    page.get_by_role("link", name="My groups").click()
    card = page.locator(".cards li", has_text=HOSTILE_NAME)
    expect(card).to_contain_text("You lead this group, 1 member")
    assert page.locator("main img").count() == 0
    assert visit.complaints == []


def test_a_place_that_is_none_is_the_first_page(visit: Visit, served: Served) -> None:
    page = visit.open("/groups?after=none")
    sign_in(page, served.token)

    expect(page.locator(".cards li").first).to_contain_text(title(GROUPS[0]))
    assert page.url == f"{visit.root}/groups"
