"""The table of a group's contributors in a real browser."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import Connection

from gateway.directory.load import load_directory
from gateway.events.event import Batch
from gateway.rollups.apply_batch import apply_batch
from tests.events_of import instant
from tests.web.conftest import Served, Visit
from tests.web.groups import HIDDEN, Received, title, write_groups
from tests.web.history import classified
from tests.web.test_session import sign_in

LARGE = 40
#: Volunteers of the large group: pairs classified alike, the first two most.
CROWD = range(200, 245)
HOSTILE_LOGIN = "=cmd|' /C calc'!A0"
HOSTILE_NAME = "<script>alert(1)</script>\u202e{x}"


@pytest.fixture(autouse=True, scope="module")
def groups(served: Served) -> None:
    served.write(write_groups)
    served.write(_write_crowd)


def _write_crowd(connection: Connection) -> None:
    users = [{"id": one, "login": f"v{one}", "display_name": f"Otter {one}"} for one in CROWD]
    users[-1] |= {"login": HOSTILE_LOGIN, "display_name": HOSTILE_NAME}
    group = {"id": LARGE, "display_name": "Otters", "stats_visibility": "public_show_all"}
    load_directory(connection, {"users": users, "user_groups": [group]})
    rows = [(user, number) for user in CROWD for number in range((CROWD.stop - user - 1) // 2 + 1)]
    at = instant("2024-02-01T12:00")
    classifications = [
        classified(20_000 + n, at, user, groups=(LARGE,)) for n, (user, _) in enumerate(rows)
    ]
    apply_batch(connection, Batch(classifications=classifications))


def rows(page: Page) -> list[list[str]]:
    return [
        [part.strip() for part in row.replace("\n", "\t").split("\t") if part.strip()]
        for row in page.locator("table.contributors tbody tr").all_inner_texts()
    ]


def names(page: Page) -> list[str]:
    return page.locator("table.contributors tbody th bdi:first-child").all_inner_texts()


def test_everybody_is_listed_by_one_request(visit: Visit) -> None:
    page = visit.open("/groups/24/contributors")

    expect(page.get_by_role("heading", name=f"Contributors of {title(24)}")).to_be_visible()
    expect(page.get_by_text("2 contributors")).to_be_visible()
    assert rows(page) == [
        ["Bert", "bert", "3", "1.5", "Galaxies (2)", "<b>Whales</b> & wild songs (1)"],
        ["Ada", "ada", "2", "1", "Galaxies (2)"],
    ]
    assert len(visit.asked()) == 1
    link = page.get_by_role("link", name="Download as CSV")
    assert link.get_attribute("href") == "/files/groups/24/contributors"

    # Of some days, which the file has as well.
    page.goto(f"{visit.root}/groups/24/contributors?start=2024-01-10&end=2024-01-10")
    expect(page.get_by_text("One contributor", exact=True)).to_be_visible()
    assert [row[0] for row in rows(page)] == ["Ada"]
    assert link.get_attribute("href") == (
        "/files/groups/24/contributors?start_date=2024-01-10&end_date=2024-01-10"
    )
    page.get_by_role("link", name="Back to the group").click()
    assert page.url == f"{visit.root}/groups/24"
    assert visit.complaints == []


def test_the_table_is_paged_ordered_and_searched(visit: Visit) -> None:
    page = visit.open(f"/groups/{LARGE}/contributors")
    expect(page.get_by_text("45 contributors")).to_be_visible()
    expected = [f"Otter {one}" for one in CROWD[:40]]
    assert names(page) == expected
    page.get_by_role("link", name="Next page").click()
    expect(page.locator("table.contributors tbody tr")).to_have_count(5)
    # Whoever ties comes by ascending id; a name is text, whatever is in it.
    assert names(page) == ["Otter 240", "Otter 241", "Otter 242", "Otter 243", HOSTILE_NAME]
    expect(page.get_by_text(HOSTILE_LOGIN)).to_be_visible()
    assert page.locator("main script").count() == 0

    head = page.get_by_role("columnheader", name="Name")
    head.get_by_role("link").click()
    expect(head).to_have_attribute("aria-sort", "ascending")
    expect(page.get_by_role("link", name="First page")).to_have_count(0)
    expect(page.locator("table.contributors tbody tr").first).to_contain_text("script")
    assert parse_qs(urlsplit(page.url).query) == {"sort": ["name"]}
    page.get_by_role("columnheader", name="Hours").get_by_role("link").click()
    expect(page.locator("table.contributors tbody tr").first).to_contain_text("Otter 200")

    page.get_by_role("searchbox").fill("24")
    expect(page.get_by_text("4 contributors have this in their names.")).to_be_visible()
    assert names(page) == ["Otter 240", "Otter 241", "Otter 242", "Otter 243"]
    assert parse_qs(urlsplit(page.url).query) == {"sort": ["hours"], "search": ["24"]}
    page.get_by_role("searchbox").fill("nobody of this name")
    expect(page.get_by_text("Nobody has this in their name.")).to_be_visible()
    assert visit.complaints == []


def test_a_page_of_another_order_is_the_first_page(visit: Visit) -> None:
    page = visit.open(f"/groups/{LARGE}/contributors")
    page.get_by_role("link", name="Next page").click()
    expect(page.locator("table.contributors tbody tr")).to_have_count(5)
    page.goto(f"{page.url}&sort=name")

    expect(page.locator("table.contributors tbody tr")).to_have_count(40)
    assert parse_qs(urlsplit(page.url).query) == {"sort": ["name"]}
    expect(page.locator(".notice")).to_have_count(0)


def test_the_table_is_saved_as_a_file(visit: Visit, served: Served) -> None:
    page = visit.open("/groups/24/contributors")
    with page.expect_download() as public:
        page.get_by_role("link", name="Download as CSV").click()
    header, *lines = public.value.path().read_text("utf-8").splitlines()
    assert header.startswith("Display Name,Username,Total Classifications,Total Hours,Galaxies ")
    assert [line.split(",")[:4] for line in lines] == [
        ["Bert", "bert", "3", "1.5"],
        ["Ada", "ada", "2", "1.0"],
    ]

    # What only admins see comes by a ticket, and the token stands in no address.
    page.goto(f"{visit.root}/groups/{HIDDEN}/contributors")
    sign_in(page, served.token)
    with page.expect_download() as private:
        page.get_by_role("button", name="Download as CSV").click()
    assert private.value.suggested_filename.startswith(f"groups-{HIDDEN}-contributors-")
    assert private.value.path().read_text("utf-8").splitlines()[1].startswith("Bert,bert,3,")
    assert "/files/downloads?ticket=" in private.value.url
    assert page.request.get(private.value.url).status == 404
    assert page.url == f"{visit.root}/groups/{HIDDEN}/contributors"
    assert not any(served.token in request.url for request in visit.requests)
    assert visit.complaints == []


@pytest.mark.parametrize("group", [20, 21, 22, 23, 999])
def test_strangers_get_a_sentence_and_no_names(visit: Visit, group: int) -> None:
    received = Received(visit.page)
    page = visit.open(f"/groups/{group}/contributors?search=be")

    hidden = group in (HIDDEN, 999)
    said = "it is not open to you" if hidden else "members or admins. If you are one"
    expect(page.get_by_text(said)).to_be_visible()
    expect(page.locator(".notice")).to_have_count(0)
    everything = "".join(received.texts()) + page.content()
    assert "Bert" not in everything
    assert '"bert"' not in everything
    assert (title(group) in everything) is (not hidden)
