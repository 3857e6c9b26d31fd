"""Pages of another site that post or link into every page: nothing is changed, nothing runs."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Request, Response, expect
from sqlalchemy import Connection, func, select

from gateway.db.tables import change_log
from gateway.web import _PAGES
from tests.framing import Host, hosting
from tests.web.conftest import Served, Visit
from tests.web.groups import write_groups

GROUP = "24"
PAGES = ["/", *(re.sub(r"{[^}]+}", GROUP, path) for path in _PAGES)]
#: What is posted to beside the pages.
OTHERS = ["/graphql", "/files/tickets", f"/files/groups/{GROUP}/contributors", "/embed/site"]
#: All that an address of a page can say, in the worst of ways.
RUNS = "%3Cimg%20src%3Dx%20onerror%3D%22document.title%3D'pwned'%22%3E"
SAID = ("search", "sort", "after", "show", "range", "start", "end", "project", "compare")
QUERY = "&".join(f"{name}={RUNS}" for name in SAID) + "&project=javascript:alert(1)"


@pytest.fixture(autouse=True, scope="module")
def groups(served: Served) -> None:
    served.write(write_groups)


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    with hosting() as host:
        yield host


def changes(served: Served) -> list[int]:
    """How much the database has been changed."""
    found: list[int] = []

    def look(connection: Connection) -> None:
        found.append(connection.scalar(select(func.max(change_log.c.version))) or 0)

    served.write(look)
    return found


def test_no_form_of_another_site_is_taken(visit: Visit, served: Served, host: Host) -> None:
    before = changes(served)
    addresses = [visit.root + path for path in (*PAGES, *OTHERS)]
    forms = "".join(
        f'<form method="post" action="{address}" target="f{number}" enctype="{kind}">'
        '<input name=\'{"query":"mutation { __typename }","a":"\' value=\'"}\'></form>'
        f'<iframe name="f{number}"></iframe>'
        for number, (address, kind) in enumerate(
            (address, kind)
            for address in addresses
            for kind in ("text/plain", "application/x-www-form-urlencoded")
        )
    )
    posted: list[Response] = []
    page, number = visit.page, 2 * len(addresses)
    page.on("response", lambda one: one.request.method == "POST" and posted.append(one))
    page.goto(host.put(forms))
    with page.expect_event("response", lambda _: len(posted) == number):
        page.evaluate("for (const one of document.forms) one.submit()")

    assert {one.url for one in posted} == {*addresses}
    assert {one.status for one in posted} == {405, 415}
    assert changes(served) == before


def test_no_link_of_another_site_runs_anything_or_signs_anybody_in(
    visit: Visit, served: Served, host: Host
) -> None:
    asked: list[Request] = []
    page = visit.page
    page.context.on("request", lambda one: asked.append(one))
    page.goto(host.put("A page of another site"))
    for path in PAGES:
        address = f"{visit.root}{path}?{QUERY}#token={served.token}"
        with page.expect_popup() as opened:
            page.evaluate("(address) => { window.other = window.open(address); }", address)
        other = opened.value
        expect(other.locator("main h1")).to_be_visible()
        expect(other.locator(".waiting")).to_have_count(0)
        expect(other.get_by_role("button", name="Sign in")).to_be_visible()
        assert other.evaluate("[document.title === 'pwned', opener]") == [False, None], path
        assert other.locator("main :is(img, script, iframe)").count() == 0
        kept = other.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
        assert kept == "[{},{}]"
        # Nor does the other site read anything of it.
        assert page.evaluate("window.other.closed || (() => { try { return !window.other.document }"
                             " catch { return true } })()")  # fmt: skip
        other.close()
    ours = [one for one in asked if "/graphql" in one.url]
    assert ours
    assert not any("authorization" in one.headers for one in ours)
