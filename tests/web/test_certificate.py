"""Certificates in a real browser: issued, printed on one page, checked and revoked."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import Connection

from gateway.directory.erase_user import erase_user
from gateway.events.event import Batch
from gateway.rollups.apply_batch import apply_batch
from tests.certificates_of import made_certificate, write_certificates
from tests.events_of import instant
from tests.npm import project
from tests.web.conftest import Served, Visit
from tests.web.history import ADA, classified
from tests.web.test_accessible import DESKTOP, PHONE, violations
from tests.web.test_session import sign_in

JANUARY = "/me/certificate?start=2024-01-01&end=2024-01-31"
#: A page of its own in what Chromium prints.
PRINTED = re.compile(rb"/Type\s*/Page\b(?!s)")
#: Of what certificates are made, and none of it runs.
HOSTILE = "<img src=x onerror=alert(1)> " + "Wilhelmina-Magdalena " * 9 + "‮" + "W" * 100
CODE = re.compile(r"[0-9a-f]{32}")


@pytest.fixture(scope="module")
def long_code(served: Served) -> str:
    """The code of a certificate of somebody with the longest of names."""
    made = made_certificate(
        1,
        ADA,
        login="w" * 100,
        display_name=HOSTILE,
        project_id=6,
        project_name="<b>Whales</b> & wild songs " * 9,
        start_day=0,
        n=2**53 - 1,
        ms=10**12,
    )
    served.write(lambda connection: write_certificates(connection, made))
    return made.code


@pytest.fixture(scope="module")
def axe() -> str:
    project.install()
    return (project.INSTALLED / "axe-core" / "axe.min.js").read_text()


def issue(visit: Visit, served: Served, address: str = JANUARY) -> str:
    """The code of a new certificate of Ada, which the page shows."""
    page = visit.open(address)
    if page.get_by_role("button", name="Sign in").count():
        sign_in(page, served.token)
    button = page.get_by_role("button", name="Issue a certificate")
    expect(button).to_be_enabled()
    before = page.locator(".certified li").count()
    button.click()
    expect(page.locator(".certified li")).to_have_count(before + 1)
    return "".join((page.locator(".sheet code").text_content() or "").split())


def facts(page: Page) -> dict[str, str]:
    return dict(
        zip(
            page.locator(".facts dt").all_inner_texts(),
            page.locator(".facts dd").all_inner_texts(),
            strict=True,
        )
    )


def printed(page: Page, paper: str) -> int:
    """On how many pages it is printed."""
    return len(PRINTED.findall(page.pdf(format=paper)))


def test_a_volunteer_issues_prints_and_gives_it_to_somebody_else(
    visit: Visit, served: Served, browser: Browser, long_code: str
) -> None:
    page = visit.open("/me/certificate")
    expect(page.locator("main")).to_contain_text("Sign in to certify what you have done.")
    code = issue(visit, served)
    assert CODE.fullmatch(code)

    expect(page.locator(".sheet h2")).to_have_text("Ada")
    counted = facts(page)
    assert list(counted) == ["Classifications", "Hours", "Projects"]
    for name, value in counted.items():
        shown = page.locator(".figure", has=page.get_by_text(name, exact=True)).locator(".value")
        expect(shown).to_have_text(value, use_inner_text=True)
    assert [printed(page, paper) for paper in ("A4", "Letter")] == [1, 1]
    page.get_by_role("combobox", name="Project", exact=True).select_option(label="Galaxies")
    expect(page).to_have_url(f"{visit.root}{JANUARY}&project=5")
    own = issue(visit, served, f"{JANUARY}&project=5")
    expect(page.locator(".sheet")).to_contain_text("contributed to Galaxies")
    assert list(facts(page)) == ["Classifications", "Hours"]
    assert own != code
    assert visit.complaints == []
    # Neither this page's address nor that of any request has a code in it.
    assert not any(code in one.url or own in one.url for one in visit.requests)

    context = browser.new_context()
    other = context.new_page()
    asked: list[Any] = []
    other.on("request", lambda one: asked.append(one))
    document = other.goto(f"{served.root}/certificates/{code}")
    expect(other.locator(".sheet h2")).to_have_text("Ada")
    assert facts(other) == counted
    expect(other.get_by_role("status").first).to_contain_text("The same are counted today.")
    assert document is not None
    assert document.headers["cache-control"] == "no-store"
    assert document.headers["x-robots-tag"] == "noindex"
    assert document.headers["referrer-policy"] == "no-referrer"
    (query,) = [one for one in asked if "/graphql" in one.url]
    assert (query.method, code in query.url) == ("POST", False)
    answered = query.response().headers
    assert answered["cache-control"] == "private, no-store, no-transform"
    assert not any("referer" in one.all_headers() for one in asked)

    # Work of those days that comes in late.
    late = classified(9000, instant("2024-01-20T12:00"))
    served.write(lambda each: apply_batch(each, Batch(classifications=[late])))
    other.reload()
    expect(other.get_by_role("status").first).to_contain_text("Today, others are counted")
    assert facts(other) == counted
    context.close()
    assert code not in (served.database.parent / "server.log").read_text()


def test_a_code_that_finds_nothing_tells_not_why(visit: Visit, served: Served) -> None:
    code = issue(visit, served)
    page = visit.page
    row = page.locator(".certified li").first
    row.get_by_role("button", name="Revoke").click()
    dialog = page.get_by_role("dialog", name="Revoke this certificate?")
    number = page.locator(".certified li").count()
    dialog.get_by_role("button", name="Revoke").click()
    expect(page.locator(".certified li")).to_have_count(number - 1)
    expect(page.get_by_role("heading", name="Your certificates")).to_be_focused()

    shown, sent = [], []
    for one in (code, "0" * 32):
        page.goto(f"{visit.root}/certificates/{one}")
        expect(page.locator("main")).to_contain_text("No certificate has this code.")
        shown.append(page.locator("body").inner_html())
        answer = httpx.get(f"{visit.root}/certificates/{one}", headers={"accept": "text/html"})
        headers = {key: answer.headers[key] for key in answer.headers if key not in OF_THE_MOMENT}
        sent.append((answer.status_code, headers, answer.content))
    assert shown[0] == shown[1]
    assert sent[0] == sent[1]
    assert visit.complaints == []


OF_THE_MOMENT = ("date", "x-request-id")


def test_the_longest_names_run_nothing_and_fit_on_one_page(
    visit: Visit, long_code: str, axe: str
) -> None:
    page = visit.open(f"/certificates/{long_code}")

    expect(page.locator(".sheet h2")).to_have_text(HOSTILE)
    assert page.locator(".sheet :is(img, b, script)").count() == 0
    assert [printed(page, paper) for paper in ("A4", "Letter")] == [1, 1]
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.querySelector('.sheet')).color") == (
        "rgb(23, 34, 44)"
    )
    for size in (PHONE, DESKTOP):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        for scheme in ("light", "dark"):
            page.emulate_media(media="screen", color_scheme=scheme)  # type: ignore[arg-type]
            assert violations(page, axe) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    assert visit.complaints == []


def test_ones_own_certificates_are_for_everybody_to_use(
    visit: Visit, served: Served, axe: str
) -> None:
    issue(visit, served)
    page = visit.page
    for size in (PHONE, DESKTOP):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            assert violations(page, axe) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]


def test_a_certificate_of_an_erased_volunteer_is_none(visit: Visit, served: Served) -> None:
    made = made_certificate(5, 990)

    def issue_and_erase(connection: Connection) -> None:
        write_certificates(connection, made)
        erase_user(connection, 990)

    served.write(issue_and_erase)
    page = visit.open(f"/certificates/{made.code}")
    expect(page.locator("main")).to_contain_text("No certificate has this code.")
