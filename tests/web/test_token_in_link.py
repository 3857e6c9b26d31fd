"""A link with a token in its fragment: it signs in where it may, and the token leaves no trace."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.server import serving
from tests.web.conftest import Served, Visit

STORED = "[...Object.values(localStorage), ...Object.values(sessionStorage)]"


def leaves_no_trace(page: Page, token: str) -> bool:
    told = page.evaluate("JSON.stringify([location.href, history.state])")
    return token not in told and page.evaluate(STORED) == []


@pytest.fixture(scope="module")
def own_machine(
    wheel_with_pages: Path, served: Served, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """A gateway beside the other, with its keys and its data, for this machine alone."""
    folder = tmp_path_factory.mktemp("own")
    settings = {
        "STATS_GATEWAY_JWT_PUBLIC_KEY_FILE": str(served.database.parent / "keys" / "public.pem"),
        "STATS_GATEWAY_DATABASE_URL": f"sqlite:///{served.database}",
        "STATS_GATEWAY_LOOPBACK_HOSTS_ONLY": "true",
        "STATS_GATEWAY_PAGES": "true",
        "PYTHONPATH": str(wheel_with_pages),
    }
    with serving(folder, **settings) as server:
        yield served._replace(root=server.url.removesuffix("/graphql"))
        log = server.log.read_text()
    assert "/web/config.json" in log
    assert served.token not in log


def test_a_link_signs_in_at_a_server_of_ones_own_machine(visit: Visit, own_machine: Served) -> None:
    page, token = visit.page, own_machine.token
    page.goto(f"{own_machine.root}/projects/5?range=week#token={token}")

    expect(page.get_by_text("Signed in as Ada")).to_be_visible()
    assert page.url == f"{own_machine.root}/projects/5?range=week"
    (asked,) = visit.asked()
    assert asked.headers["authorization"] == f"Bearer {token}"
    assert not any(token in request.url for request in visit.requests)
    assert leaves_no_trace(page, token)
    page.reload()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    assert visit.complaints == []


def test_a_link_to_an_open_page_signs_in_and_signs_nobody_out(
    visit: Visit, own_machine: Served
) -> None:
    page, root = visit.page, own_machine.root
    page.goto(f"{root}/")
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    page.evaluate("token => { location.hash = `token=${token}`; }", own_machine.token)
    expect(page.get_by_text("Signed in as Ada")).to_be_visible()

    page.evaluate("location.hash = 'token=another.persons.token'")
    page.wait_for_function("location.hash === ''")
    page.get_by_role("link", name="GraphQL").first.wait_for()
    expect(page.get_by_text("Signed in as Ada")).to_be_visible()
    assert page.url == f"{root}/"


def test_elsewhere_no_link_signs_anybody_in(visit: Visit, served: Served) -> None:
    page = visit.page
    page.goto(f"{served.root}/#token={served.token}")

    expect(page.locator(".figure.great")).to_be_visible()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    assert page.url == f"{served.root}/"
    assert all("authorization" not in one.headers for one in visit.requests)
    assert leaves_no_trace(page, served.token)
