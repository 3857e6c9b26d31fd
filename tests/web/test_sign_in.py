"""Signing in at a real OpenID Connect provider, and what becomes of tokens, codes and attacks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from playwright.sync_api import Request, expect

from tests.web.conftest import Served, Visit
from tests.web.history import OWLS
from tests.web.issuer import RESOURCE, agree, begin, signing_in

STORED = "JSON.stringify([{...localStorage}, {...sessionStorage}])"
HOUR = 3600


@pytest.fixture(scope="module")
def rotating(
    wheel_with_pages: Path, served: Served, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Served, str]]:
    folder = tmp_path_factory.mktemp("rotating")
    own = {"STATS_GATEWAY_GROUPS": "own"}
    with signing_in(wheel_with_pages, served, folder, refresh=True, **own) as both:
        yield both


@pytest.fixture(scope="module")
def forgetful(
    wheel_with_pages: Path, served: Served, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Served, str]]:
    """The issuer gives no refresh tokens."""
    folder = tmp_path_factory.mktemp("forgetful")
    with signing_in(wheel_with_pages, served, folder, refresh=False) as both:
        yield both


def sent(requests: list[Request], url: str) -> list[dict[str, str]]:
    """What was posted to a URL."""
    bodies = [parse_qs(one.post_data or "") for one in requests if one.url == url]
    return [{name: values[0] for name, values in body.items()} for body in bodies]


def tokens_of(visit: Visit) -> set[str]:
    """All tokens with which the gateway was asked."""
    headers = [one.headers.get("authorization", "") for one in visit.asked()]
    return {header.removeprefix("Bearer ") for header in headers if header}


def test_signing_in_leads_back_and_tokens_are_renewed_in_memory(
    visit: Visit, rotating: tuple[Served, str]
) -> None:
    (served, issuer), page = rotating, visit.page
    page.clock.install()
    here = f"{served.root}/projects/5?range=year&show=hours"
    page.goto(here)
    begin(page, issuer)
    agree(page)

    expect(page.get_by_text("Signed in as Ada")).to_be_visible()
    assert page.url == here
    assert page.evaluate(STORED) == "[{},{}]"
    (asked,) = (one.url for one in visit.requests if one.url.startswith(f"{issuer}/auth?"))
    assert "code_challenge_method=S256" in asked
    (exchange,) = sent(visit.requests, f"{issuer}/token")
    assert exchange["grant_type"] == "authorization_code"
    assert exchange["resource"] == RESOURCE
    assert "client_secret" not in exchange
    (first,) = tokens_of(visit)
    # The issuer's own page asks others for its fonts; ours asks nobody else for anything.
    ours = [one for one in visit.requests if "referer" not in one.headers]
    assert {one.url.startswith((served.root, issuer)) for one in ours} == {True}
    visit.complaints.clear()

    # What somebody is typing is still there after the token was renewed.
    page.get_by_text("Other days").click()
    page.get_by_label("From").fill("2024-01-01")
    before = len(visit.asked())
    for _ in range(2):
        # What is watched goes on over a new socket.
        with page.expect_websocket(), page.expect_response(f"{issuer}/token") as renewed:
            page.clock.fast_forward(HOUR * 1000 - 30_000)
        latest = renewed.value.json()["access_token"]
    renewals = sent(visit.requests, f"{issuer}/token")[1:]
    assert {one["grant_type"] for one in renewals} == {"refresh_token"}
    # Each refresh token was used once.
    assert len({one["refresh_token"] for one in renewals}) == len(renewals) >= 2
    assert len(visit.asked()) == before
    expect(page.get_by_label("From")).to_have_value("2024-01-01")
    page.get_by_role("link", name="30 days").click()
    expect(page.locator(".waiting")).to_have_count(0)
    page.wait_for_function("location.search.includes('range=month')")
    assert visit.asked()[-1].headers["authorization"] == f"Bearer {latest}"
    assert tokens_of(visit) == {first, latest}
    assert page.evaluate(STORED) == "[{},{}]"
    assert not any(token in one.url for token in tokens_of(visit) for one in visit.requests)
    assert visit.complaints == []

    # Whoever signs out takes the refresh token out of use.
    with page.expect_response(f"{issuer}/token/revocation") as revoked:
        page.get_by_role("button", name="Sign out").click()
    assert revoked.value.status == 200
    expect(page.get_by_text("Signed in as Ada")).to_have_count(0)


def test_without_a_refresh_token_one_is_led_there_and_back_before_the_end(
    visit: Visit, forgetful: tuple[Served, str]
) -> None:
    (served, issuer), page = forgetful, visit.page
    page.clock.install()
    here = f"{served.root}/projects/5?range=year"
    page.goto(here)
    begin(page, issuer)
    agree(page)
    expect(page.get_by_text("Signed in as Ada")).to_be_visible()

    # Whoever types is asked first.
    page.get_by_text("Other days").click()
    page.get_by_label("From").focus()
    page.clock.fast_forward(HOUR * 1000 - 30_000)
    expect(page.get_by_role("alert")).to_contain_text("Your sign-in ends soon.")
    assert len(sent(visit.requests, f"{issuer}/token")) == 1
    # And whoever only looks comes back to the same page with another token.
    with page.expect_request(f"{issuer}/token"):
        page.get_by_label("From").blur()
        page.clock.fast_forward(6_000)
    page.wait_for_url(here)
    expect(page.get_by_text("Signed in as Ada")).to_be_visible()
    assert len(sent(visit.requests, f"{issuer}/token")) == 2
    assert len(tokens_of(visit)) == 2
    silent = [one.url for one in visit.requests if one.url.startswith(f"{issuer}/auth?")][-1]
    assert parse_qs(urlsplit(silent).query)["prompt"] == ["none"]

    # If the issuer does not know them any more, the page stays, and says so.
    page.context.clear_cookies()
    page.clock.fast_forward(HOUR * 1000 - 30_000)
    expect(page.get_by_role("alert")).to_contain_text("Your sign-in has ended.")
    expect(page.get_by_role("button", name="Sign in again")).to_be_visible()
    expect(page.get_by_role("heading", name="Galaxies")).to_be_visible()
    assert page.url == here
    assert page.evaluate(STORED) == "[{},{}]"


def test_who_cancels_at_the_issuer_is_told_so(visit: Visit, rotating: tuple[Served, str]) -> None:
    (served, issuer), page = rotating, visit.page
    page.goto(f"{served.root}/")
    begin(page, issuer)
    page.get_by_role("link", name="Cancel").click()

    expect(page.get_by_role("alert")).to_contain_text("it was refused or cancelled")
    assert page.url == f"{served.root}/sign-in"
    assert page.evaluate(STORED) == "[{},{}]"


NOT_BEGUN = "This sign-in was not begun in this tab"
NOT_FROM_THERE = "This answer is not from where you sign in."


HOSTILE_ANSWERS = [
    # A link of somebody else: it would sign the reader in as them.
    ("?code=theirs&state=theirs&iss={issuer}", NOT_BEGUN),
    ("?code=theirs&iss={issuer}", NOT_BEGUN),
    ("?code=theirs&state={state}x&iss={issuer}", NOT_BEGUN),
    # Another issuer's answer to the same request (mix-up).
    ("?code=theirs&state={state}&iss=https://evil.example", NOT_FROM_THERE),
    ("?code=theirs&state={state}", NOT_FROM_THERE),
    ("?error=access_denied&error_description=Call+555&state=theirs", NOT_BEGUN),
    # A token without a code, which no setting allows here.
    ("#access_token=theirs&token_type=bearer&state={state}", NOT_BEGUN),
    # A code that the issuer did not make.
    ("?code=theirs&state={state}&iss={issuer}", "Signing in did not work."),
]


def test_an_answer_that_was_not_asked_for_signs_nobody_in(
    visit: Visit, rotating: tuple[Served, str]
) -> None:
    (served, issuer), page = rotating, visit.page
    for answer, sentence in HOSTILE_ANSWERS:
        page.goto(f"{served.root}/")
        begin(page, issuer)
        page.goto(f"{served.root}/web/config.json")
        (key,) = page.evaluate("Object.keys(sessionStorage)")
        state = key.removeprefix("sign-in.")
        assert sent(visit.requests, f"{issuer}/token") == []
        page.goto(f"{served.root}/sign-in{answer.format(state=state, issuer=issuer)}")

        expect(page.get_by_role("alert")).to_contain_text(sentence)
        expect(page.get_by_role("button", name="Sign in")).to_be_visible()
        assert "555" not in page.content()
        assert page.url == f"{served.root}/sign-in"
        assert page.evaluate(STORED) == "[{},{}]"
    assert tokens_of(visit) == set()


def test_the_token_of_a_join_link_waits_under_the_state(
    visit: Visit, rotating: tuple[Served, str]
) -> None:
    (served, issuer), page = rotating, visit.page
    token = "0123456789abcdef" * 2
    page.goto(f"{served.root}/groups/{OWLS}#join_token={token}")
    expect(page.get_by_role("button", name="Not now")).to_be_visible()
    begin(page, issuer)
    agree(page)

    expect(page.get_by_text("Signed in as Ada")).to_be_visible()
    expect(page.get_by_role("button", name="Join the group")).to_be_visible()
    assert page.url == f"{served.root}/groups/{OWLS}"
    assert page.evaluate(STORED) == "[{},{}]"
    assert not any(token in one.url for one in visit.requests)


def test_a_code_is_good_once(visit: Visit, rotating: tuple[Served, str]) -> None:
    (served, issuer), page = rotating, visit.page
    page.goto(f"{served.root}/")
    begin(page, issuer)
    agree(page)
    expect(page.get_by_text("Signed in as Ada")).to_be_visible()
    (back,) = [one.url for one in visit.requests if "/sign-in?" in one.url]
    page.goto(back)

    expect(page.get_by_role("alert")).to_contain_text(NOT_BEGUN)
    assert len(sent(visit.requests, f"{issuer}/token")) == 1
    assert "code" not in page.url
    page.go_back()
    page.wait_for_url(f"{served.root}/")


HOSTILE_PATHS = [
    "//evil.example/",
    "/\\evil.example/",
    "\\\\evil.example/",
    "/\t/evil.example/",
    "https://evil.example/",
    "https:evil.example/",
    "javascript:alert(1)",
    "/sign-in?code=a",
    "/.//evil.example",
    7,
]
#: Before the page's own script looks, somebody has written into what is kept.
REPLACE_PATH = """
if (location.pathname === "/sign-in") {
  for (const key of Object.keys(sessionStorage).filter((key) => key.startsWith("sign-in."))) {
    const kept = JSON.parse(sessionStorage.getItem(key));
    const path = JSON.parse(sessionStorage.getItem("hostile"));
    sessionStorage.setItem(key, JSON.stringify({ ...kept, path }));
  }
}
"""


def test_nobody_is_led_elsewhere_after_signing_in(
    visit: Visit, forgetful: tuple[Served, str]
) -> None:
    (served, issuer), page = forgetful, visit.page
    page.goto(f"{served.root}/projects/5")
    begin(page, issuer)
    agree(page)
    page.wait_for_url(f"{served.root}/projects/5")
    page.add_init_script(REPLACE_PATH)
    for path in HOSTILE_PATHS:
        # The issuer knows who it is, and leads back at once.
        page.goto(f"{served.root}/projects/5")
        page.evaluate("path => sessionStorage.setItem('hostile', JSON.stringify(path))", path)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_text("Signed in as Ada")).to_be_visible()
        assert page.url == f"{served.root}/", path
    assert not any("evil.example" in one.url for one in visit.requests)


def test_the_policy_names_the_issuer_and_nothing_else(rotating: tuple[Served, str]) -> None:
    served, issuer = rotating
    answer = httpx.get(f"{served.root}/sign-in", headers={"accept": "text/html"})
    config = httpx.get(f"{served.root}/web/config.json")

    policy = answer.headers["content-security-policy"]
    assert f"connect-src 'self' {issuer};" in policy
    assert policy.count("http") == 1
    assert "frame-ancestors 'none'" in policy
    assert config.headers["cache-control"] == "no-store"
    assert "access-control-allow-origin" not in config.headers
    assert config.json() == {
        "tokenInFragment": False,
        "roles": [],
        "signIn": {
            "issuer": issuer,
            "clientId": "pages",
            "scopes": "openid",
            "resource": RESOURCE,
            "audience": None,
            "returnUrl": None,
            "authorizeUrl": None,
            "tokenUrl": None,
            "implicit": False,
        },
    }
