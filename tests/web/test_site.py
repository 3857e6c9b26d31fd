"""The page of the site in a real browser."""

import re
from urllib.parse import urlsplit

from playwright.sync_api import Page, expect

from gateway.events.event import Batch
from gateway.rollups.apply_batch import apply_batch
from tests.web.conftest import Served, Visit
from tests.web.history import BERT, classified, now

#: All classifications of both projects.
ALL = "19"


def figure(page: Page, name: str) -> str:
    """The number with this name."""
    return (
        page.locator(".figure", has=page.get_by_text(name, exact=True))
        .locator(".value")
        .inner_text()
    )


def rows(page: Page) -> list[list[str]]:
    """The table of the chart, from its first period with anything to its last."""
    if not page.locator("details.numbers[open]").count():
        page.get_by_text("Show the numbers as a table").click()
    table = page.locator("details.numbers tbody tr")
    return [re.split(r"\s*\t\s*|\n+", row.strip()) for row in table.all_inner_texts()]


def test_it_shows_the_figures_by_one_request_and_asks_no_other_host(visit: Visit) -> None:
    page = visit.open("/")

    assert figure(page, "All time") == ALL
    assert figure(page, "Today") == "0"
    expect(page.locator(".figure.great")).to_contain_text("3 volunteers")
    assert len(visit.asked()) == 1
    hosts = {urlsplit(request.url).netloc for request in visit.requests}
    assert hosts == {urlsplit(visit.root).netloc}
    assert visit.complaints == []


def test_all_time_is_by_month_when_it_is_short(visit: Visit) -> None:
    page = visit.open("/")

    expect(page.get_by_role("heading", name="Classifications by month")).to_be_visible()
    assert rows(page) == [
        ["November 2023", "1"],
        ["December 2023", "4"],
        ["January 2024", "13"],
        ["February 2024", "0"],
        ["March 2024", "1"],
    ]


def test_the_address_says_what_is_shown(visit: Visit) -> None:
    page = visit.open("/?start=2024-01-01&end=2024-01-31&show=hours")

    expect(page.get_by_role("heading", name="Hours by day")).to_be_visible()
    shown = [row for row in rows(page) if row[1] != "0"]
    assert shown == [
        ["Jan 1, 2024", "2"],
        ["Jan 2, 2024", "0.5"],
        ["Jan 10, 2024", "3"],
        ["Jan 31, 2024", "1"],
    ]
    assert len(visit.asked()) == 1


def test_an_address_that_makes_no_sense_shows_all_time(visit: Visit) -> None:
    page = visit.open("/?start=2024-02-30&end=soon&range=x&show=y")

    expect(page.get_by_role("link", name="All time")).to_have_attribute("aria-current", "true")
    assert figure(page, "All time") == ALL


def test_a_bar_and_its_row_lead_closer(visit: Visit) -> None:
    page = visit.open("/")
    rows(page)
    page.get_by_role("link", name="January 2024").click()
    expect(page.get_by_role("heading", name="Classifications by day")).to_be_visible()
    assert page.url.endswith("/?start=2024-01-01&end=2024-01-31")

    page.go_back()
    expect(page.get_by_role("heading", name="Classifications by month")).to_be_visible()
    chart = page.locator(".chart svg")
    box = chart.bounding_box()
    assert box is not None
    chart.click(position={"x": box["width"] - 40, "y": box["height"] / 2})
    expect(page.get_by_role("heading", name="Classifications by day")).to_be_visible()
    assert page.url.endswith("/?start=2024-03-01&end=2024-03-31")
    assert visit.complaints == []


def test_days_without_anything_lead_back_to_all_time(visit: Visit) -> None:
    page = visit.open("/?range=week")
    expect(page.get_by_text("There is nothing on these days.")).to_be_visible()

    page.get_by_role("link", name="Show all time").click()
    expect(page.locator(".chart")).to_be_visible()
    assert urlsplit(page.url).query == ""


def test_other_days_are_chosen_in_a_form(visit: Visit) -> None:
    page = visit.open("/?show=volunteers")
    page.get_by_text("Other days").click()
    page.get_by_label("From", exact=True).fill("2023-12-01")
    page.get_by_label("To", exact=True).fill("2023-12-31")
    page.get_by_role("button", name="Show", exact=True).click()

    expect(page.get_by_role("heading", name="Volunteers by day")).to_be_visible()
    assert urlsplit(page.url).query == "show=volunteers&start=2023-12-01&end=2023-12-31"


def test_the_busiest_projects_lead_to_their_pages(visit: Visit) -> None:
    page = visit.open("/")
    entries = page.locator(".ranking li")
    expect(entries).to_have_count(2)
    # A title is text, whatever is in it.
    expect(entries.nth(1)).to_contain_text("<b>Whales</b> & wild songs")

    entries.nth(0).get_by_role("link").click()
    expect(page.get_by_role("heading", name="Galaxies", level=1)).to_be_visible()
    assert page.url == f"{visit.root}/projects/5"
    assert len(visit.asked()) == 2
    expect(page.locator("main")).to_be_focused()


def test_the_search_finds_projects_and_public_groups(visit: Visit) -> None:
    page = visit.open("/")
    search = page.get_by_role("searchbox")
    search.press_sequentially("wil")

    expect(page.locator("search ~ div")).to_contain_text("Whales")
    expect(page.locator("search ~ div")).to_contain_text("Wild owls")
    expect(page.get_by_text("One project, one group")).to_be_attached()
    assert urlsplit(page.url).query == "search=wil"

    search.fill("nothing of this name")
    expect(page.get_by_text("Nothing has this in its name.")).to_be_visible()
    assert visit.complaints == []


def test_a_search_in_the_address_is_part_of_the_one_request(visit: Visit) -> None:
    page = visit.open("/?search=song")

    expect(page.locator(".found")).to_contain_text("Whales")
    expect(page.get_by_role("searchbox")).to_have_value("song")
    assert len(visit.asked()) == 1


def test_figures_are_live_without_another_request(visit: Visit, served: Served) -> None:
    page = visit.open("/")
    before = int(figure(page, "Today"))
    served.write(
        lambda connection: apply_batch(
            connection, Batch(classifications=[classified(7001, now(), BERT)])
        )
    )

    today = page.locator(".figure", has=page.get_by_text("Today", exact=True))
    expect(today.locator(".value")).to_have_text(str(before + 1))
    assert len(visit.asked()) == 1
    assert visit.sockets == [f"{visit.root.replace('http', 'ws')}/graphql"]
    assert visit.complaints == []
