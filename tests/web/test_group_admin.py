"""What admins do on the page of a group, and what everybody may do: leave it."""

from __future__ import annotations

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from gateway.directory.load import load_directory
from tests.web.conftest import Served, Visit
from tests.web.groups import GROUPS, Received, title, walk, write_groups
from tests.web.history import ADA, BERT, CARA
from tests.web.test_accessible import press_until
from tests.web.test_session import sign_in

#: A test leaves its group as it likes.
HIDDEN, SETTLED, MANAGED, CLOSED, LEFT = GROUPS
#: As hidden as the first.
WATCHED = 25


@pytest.fixture(autouse=True, scope="module")
def groups(served: Served) -> None:
    served.write(write_groups)
    group = {"id": WATCHED, "display_name": title(WATCHED), "private": True}
    membership = {"user_group_id": WATCHED, "state": "active"}
    members = [
        {**membership, "user_id": ADA, "roles": ["group_admin"]},
        {**membership, "user_id": BERT, "roles": ["group_member"]},
        {**membership, "user_id": CARA, "roles": ["group_member"], "state": "invited"},
    ]
    document = {"user_groups": [group], "memberships": members}
    served.write(lambda connection: load_directory(connection, document))


def enter(visit: Visit, served: Served, user: int, group: int) -> Page:
    """The page of a group for somebody who is signed in."""
    page = visit.open("/")
    sign_in(page, served.token_of(user))
    expect(page.get_by_text("Signed in as")).to_be_visible()
    walk(page, f"/groups/{group}")
    expect(page.locator("main h1")).to_have_text(title(group))
    expect(page.locator(".waiting")).to_have_count(0)
    return page


def member(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name="Members").get_by_role("row").filter(has_text=name)


def meanwhile(served: Served, method: str, group: int, path: str = "", **body: object) -> None:
    """What Ada does by another client."""
    address = f"{served.root}/api/user_groups/{group}"
    headers = {
        "authorization": f"Bearer {served.token}",
        "accept": "application/vnd.api+json; version=1",
    }
    tag = httpx.get(address, headers=headers).headers["etag"]
    answer = httpx.request(
        method, address + path, json=body or None, headers={**headers, "if-match": tag}
    )
    assert answer.is_success, answer.text


def test_keys_alone_change_the_settings_unless_somebody_else_did(
    visit: Visit, served: Served
) -> None:
    page = enter(visit, served, ADA, SETTLED)
    press_until(page, "Settings")
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Settings")
    expect(dialog.get_by_label("Title")).to_be_focused()
    page.keyboard.press("Control+A")
    page.keyboard.type("Grey herons")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowUp")
    press_until(page, "Save")
    page.keyboard.press("Enter")

    expect(page.get_by_role("status").filter(has_text="have been saved")).to_be_focused()
    expect(page.locator("main h1")).to_have_text("Grey herons")
    expect(page.locator(".opening")).to_contain_text("and admins what each member has done")

    page.get_by_role("button", name="Settings").click()
    dialog.get_by_label("Title").fill("Night herons")
    dialog.get_by_label("totals, and what each member has done.").last.check()
    meanwhile(served, "PUT", SETTLED, user_groups={"display_name": "Purple herons"})
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_role("alert")).to_contain_text("Somebody else changed this")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(page.locator("main h1")).to_have_text("Purple herons")
    expect(page.locator(".opening")).to_contain_text("Private: members see")
    assert visit.complaints == []


def test_an_admin_invites_promotes_and_removes(visit: Visit, served: Served) -> None:
    page = enter(visit, served, ADA, MANAGED)
    panel = page.get_by_role("region", name="Members")
    expect(panel).to_contain_text("2 members, 1 of them an admin; no open invitations")
    expect(member(page, "Ada").get_by_text("you", exact=True)).to_be_visible()
    with page.expect_download() as download:
        panel.get_by_role("button", name="Members as CSV").click()
    assert "Bert" in download.value.path().read_text()

    panel.get_by_role("button", name="Invite people").click()
    dialog = page.get_by_role("dialog", name="Invite people")
    dialog.get_by_label("Logins").fill("cara, nobody bert")
    dialog.get_by_role("button", name="Invite", exact=True).click()
    refused = "nobody: There is no volunteer with this login."
    expect(dialog.get_by_role("alert")).to_have_text(refused)
    dialog.get_by_label("Logins").fill("cara\nbert")
    dialog.get_by_role("button", name="Invite", exact=True).click()
    expect(panel.locator(".said")).to_have_text("One invitation is open. Members already: Bert.")
    expect(panel.locator(".said")).to_be_focused()
    expect(member(page, "Cara")).to_contain_text("Invited")
    expect(panel).to_contain_text("1 open invitation")

    panel.get_by_role("button", name="Make admin: Cara").click()
    expect(member(page, "Cara")).to_contain_text("Invited as admin")
    panel.get_by_role("button", name="Withdraw: Cara").click()
    page.get_by_role("dialog").get_by_role("button", name="Withdraw").click()
    expect(panel.locator(".said")).to_have_text("The invitation of Cara has been withdrawn.")
    expect(member(page, "Cara")).to_have_count(0)

    panel.get_by_role("button", name="Make member: Ada").click()
    expect(member(page, "Ada").get_by_role("alert")).to_contain_text("would have no admin")
    panel.get_by_label("Name or login of a member").fill("ber")
    panel.get_by_role("button", name="Find").click()
    expect(member(page, "Ada")).to_have_count(0)
    panel.get_by_role("button", name="Make admin: Bert").click()
    expect(member(page, "Bert")).to_contain_text("Admin")
    panel.get_by_role("button", name="Remove: Bert").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(panel).to_contain_text("No member has this in their name.")
    panel.get_by_label("Name or login of a member").fill("")
    panel.get_by_role("button", name="Find").click()
    expect(panel).to_contain_text("1 member, 1 of them an admin; no open invitations")
    # What was done by Bert still counts.
    expect(page.get_by_role("region", name="Top contributors")).to_contain_text("Bert")
    assert visit.complaints == []


@pytest.mark.parametrize(
    "visit", [{"permissions": ["clipboard-read", "clipboard-write"]}], indirect=True
)
def test_the_join_link_is_shown_to_who_asks_and_ends_with_the_group(
    visit: Visit, served: Served
) -> None:
    received = Received(visit.page)
    page = enter(visit, served, ADA, CLOSED)
    panel = page.get_by_role("region", name="Join link")
    panel.get_by_role("button", name="Show the link").click()
    expect(panel).to_contain_text("The group has no join link.")
    panel.get_by_role("button", name="Make a link").click()
    first = panel.get_by_label("The link").input_value()
    assert first.startswith(f"{visit.root}/groups/{CLOSED}#join_token=")
    panel.get_by_role("button", name="Copy").click()
    expect(panel.get_by_text("has been copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == first
    panel.get_by_role("button", name="Switch off").click()
    expect(panel.get_by_label("which is off")).to_have_value(first)
    panel.get_by_role("button", name="Switch on").click()
    panel.get_by_role("button", name="Make a new link").click()
    expect(panel.get_by_text("The old one does not work any more.")).to_be_visible()
    second = panel.get_by_label("The link").input_value()
    assert second != first

    # Nothing but what was asked for has it.
    panel.get_by_role("button", name="Hide the link").click()
    tokens = [link.partition("join_token=")[2] for link in (first, second)]
    assert not any(token in page.content() for token in tokens)
    assert not any(token in request.url for request in visit.requests for token in tokens)
    panel.get_by_role("button", name="Show the link").click()
    expect(panel.get_by_label("The link")).to_have_value(second)
    secrets = [one for one in received.answers() if "joinLink" in one.text()]
    assert len(secrets) == 6
    assert all("no-store" in one.headers["cache-control"] for one in secrets)
    assert sum("joinLink" in text for text in received.texts()) == len(secrets)

    page.get_by_role("button", name="Close the group").click()
    page.get_by_role("dialog").get_by_role("button", name="Close the group").click()
    expect(page.locator(".said")).to_have_text("The group has been closed.")
    expect(page.locator(".opening")).to_contain_text("Closed")
    expect(page.get_by_role("button", name="Settings")).to_have_count(0)
    expect(panel).to_have_count(0)
    page.get_by_role("button", name="Reopen the group").click()
    expect(page.locator(".said")).to_contain_text("The group is open again")
    expect(page.locator(".figure.great .value")).to_have_text("5")
    expect(member(page, "Bert")).to_be_visible()
    assert visit.complaints == []


def test_the_last_admin_names_who_leads_the_group_and_leaves(visit: Visit, served: Served) -> None:
    page = enter(visit, served, ADA, LEFT)
    page.get_by_role("button", name="Leave the group").click()
    dialog = page.get_by_role("dialog", name=f"Leave {title(LEFT)}?")
    expect(dialog.get_by_role("button", name="Leave the group")).to_be_disabled()
    dialog.get_by_label("Who leads the group from now on").select_option("Bert")
    dialog.get_by_role("button", name="Leave the group").click()
    expect(page.locator(".opening")).to_contain_text("You were a member")
    expect(page.get_by_role("region", name="Members")).to_have_count(0)
    expect(page.get_by_role("button", name="Leave the group")).to_have_count(0)
    assert visit.complaints == []


def test_who_leaves_a_hidden_group_sees_no_more_of_it(visit: Visit, served: Served) -> None:
    page = enter(visit, served, BERT, HIDDEN)
    page.get_by_role("button", name="Leave the group").click()
    page.get_by_role("dialog").get_by_role("button", name="Leave the group").click()

    expect(page.locator("main h1")).to_contain_text("You have left")
    expect(page.locator(".figure")).to_have_count(0)
    assert visit.complaints == []


def test_who_is_invited_is_led_to_the_answer_and_sees_no_totals(
    visit: Visit, served: Served
) -> None:
    page = enter(visit, served, CARA, WATCHED)
    expect(page.locator(".opening")).to_contain_text("You are invited")
    expect(page.locator(".opening")).to_contain_text("when you have accepted the invitation")
    expect(page.locator(".figure")).to_have_count(0)
    page.get_by_role("link", name="Answer the invitation").click()

    expect(page.get_by_role("heading", name="My groups", level=1)).to_be_visible()
    expect(page.get_by_role("heading", name=title(WATCHED))).to_be_visible()
    assert visit.complaints == []


def test_a_group_goes_from_the_page_of_who_is_removed(visit: Visit, served: Served) -> None:
    page = enter(visit, served, BERT, WATCHED)
    expect(page.locator(".opening")).to_contain_text("You are a member")
    asked = len(visit.asked())
    meanwhile(served, "DELETE", WATCHED, f"/links/users/{BERT}")

    expect(page.get_by_text(f"There is no group {WATCHED} here")).to_be_visible()
    assert title(WATCHED) not in page.content()
    assert len(visit.asked()) == asked
    assert visit.complaints == []
