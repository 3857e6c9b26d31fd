"""Signing in with a pasted token: it stays in memory, and nowhere else."""

from playwright.sync_api import Page, expect

from tests.web.conftest import Served, Visit
from tests.web.hands import POINTER, Hands


def sign_in(page: Page, token: str, hands: Hands = POINTER) -> None:
    hands.press(page.get_by_role("button", name="Sign in"))
    dialog = page.get_by_role("dialog", name="Sign in with a token")
    hands.write(dialog.get_by_label("Token"), token)
    hands.press(dialog.get_by_role("button", name="Sign in"))
    expect(dialog).to_have_count(0)


def test_a_pasted_token_signs_in_and_leaves_no_trace(visit: Visit, served: Served) -> None:
    page = visit.open("/")
    sign_in(page, served.token)

    expect(page.get_by_text("Signed in as Ada")).to_be_visible()
    first, second = visit.asked()
    assert "authorization" not in first.headers
    assert second.headers["authorization"] == f"Bearer {served.token}"
    assert not any(served.token in request.url for request in visit.requests)
    assert page.url == f"{visit.root}/"
    stored = "[...Object.values(localStorage), ...Object.values(sessionStorage)]"
    assert page.evaluate(stored) == []
    assert page.context.cookies() == []
    assert visit.complaints == []

    page.reload()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()


def test_who_signs_out_asks_without_the_token(visit: Visit, served: Served) -> None:
    page = visit.open("/")
    sign_in(page, served.token)
    expect(page.get_by_text("Signed in as Ada")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()

    expect(page.get_by_text("Signed in as Ada")).to_have_count(0)
    expect(page.locator(".figure.great")).to_be_visible()
    assert "authorization" not in visit.asked()[-1].headers


def test_a_token_that_is_none_is_told_in_a_sentence(visit: Visit) -> None:
    page = visit.open("/")
    sign_in(page, "not.a.token")

    expect(page.get_by_role("alert")).to_contain_text("Your token is not valid, or no longer.")
    page.get_by_role("button", name="Sign out").click()
    expect(page.locator(".figure.great")).to_be_visible()
