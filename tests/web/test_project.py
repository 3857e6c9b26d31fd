"""The page of a project in a real browser."""

import pytest
from playwright.sync_api import expect

from gateway.events.event import Batch
from gateway.rollups.apply_batch import apply_batch
from tests.web.conftest import Served, Visit
from tests.web.history import SPIRALS, classified, now
from tests.web.test_site import figure, rows

JANUARY = "/projects/5?start=2024-01-01&end=2024-01-31"


def test_it_shows_the_project_by_one_request(visit: Visit) -> None:
    page = visit.open("/projects/5")

    expect(page.get_by_role("heading", name="Galaxies", level=1)).to_be_visible()
    assert page.title() == "Galaxies · stats-gateway"
    assert [figure(page, name) for name in FIGURES] == ["17", "2", "8.5", "2"]
    assert len(visit.asked()) == 1
    assert visit.complaints == []


FIGURES = ("Classifications", "Volunteers", "Hours", "Comments")


def test_figures_of_a_range_are_compared_with_as_many_days_before(visit: Visit) -> None:
    page = visit.open(JANUARY)

    assert [figure(page, name) for name in FIGURES] == ["13", "2", "6.5", "2"]
    assert page.locator(".figure.great .note").all_inner_texts() == [
        "3.3 times the 31 days before",
        "17 classifications of all time",
    ]


def test_the_chart_shows_the_days_before_beside(visit: Visit) -> None:
    page = visit.open(JANUARY)
    expect(page.locator(".column .before")).to_have_count(0)
    page.get_by_role("link", name="Compare with the 31 days before").click()

    expect(page.locator(".column .before")).to_have_count(31)
    # December 1 stands beside January 1.
    shown = [row for row in rows(page) if (row[1], row[-1]) != ("0", "0")]
    assert shown == [
        ["Jan 1, 2024", "4", "Dec 1, 2023", "0"],
        ["Jan 2, 2024", "1", "Dec 2, 2023", "0"],
        ["Jan 5, 2024", "0", "Dec 5, 2023", "3"],
        ["Jan 10, 2024", "6", "Dec 10, 2023", "0"],
        ["Jan 31, 2024", "2", "Dec 31, 2023", "1"],
    ]
    assert len(visit.asked()) == 1


@pytest.mark.parametrize(
    ("measure", "amount"), [("hours", "3"), ("volunteers", "2"), ("comments", "2")]
)
def test_each_measure_has_its_chart(measure: str, amount: str, visit: Visit) -> None:
    page = visit.open(f"{JANUARY}&show={measure}")

    expect(page.get_by_role("heading", name=f"{measure.title()} by day")).to_be_visible()
    assert ["Jan 10, 2024", amount] in rows(page)


def test_workflows_tell_how_complete_they_are(visit: Visit) -> None:
    page = visit.open("/projects/5")

    table = page.locator("table.workflows tbody tr")
    expect(table).to_have_count(2)
    expect(table.nth(0)).to_contain_text("Shapes")
    expect(table.nth(0)).to_contain_text("25%")
    expect(table.nth(1)).to_contain_text("not active")
    expect(table.nth(1)).to_contain_text("complete")


def test_milestones_are_listed_and_the_next_is_named(visit: Visit) -> None:
    page = visit.open("/projects/6")

    listed = page.locator(".milestones li")
    expect(listed.nth(0)).to_contain_text("Reached on Nov 5, 2023")
    expect(listed.nth(1)).to_contain_text("Next: 10")
    expect(listed.nth(1)).to_contain_text("8 to go")


def test_a_milestone_that_is_reached_while_one_looks_is_celebrated(
    visit: Visit, served: Served
) -> None:
    page = visit.open("/projects/5")
    expect(page.locator(".celebration")).to_have_count(0)
    rest = [classified(8000 + n, now(), workflow=SPIRALS) for n in range(90)]
    served.write(lambda connection: apply_batch(connection, Batch(classifications=rest)))

    expect(page.locator(".celebration")).to_have_text("Just reached: 100 classifications!")
    assert len(visit.asked()) == 1


@pytest.mark.parametrize("number", ["999", "0", "99999999999999999999"])
def test_a_project_that_there_is_not_is_told_in_a_sentence(number: str, visit: Visit) -> None:
    page = visit.open(f"/projects/{number}")

    expect(page.get_by_role("heading", name="There is no such page")).to_be_visible()
    expect(page.get_by_text(f"There is no project {number} here.")).to_be_visible()
    page.get_by_role("link", name="Go to the overview").click()
    expect(page.get_by_role("heading", name="Statistics of citizen science")).to_be_visible()
