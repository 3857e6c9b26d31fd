"""The page of who is signed in, in a real browser."""

from playwright.sync_api import Page, expect

from gateway.events.event import Batch
from gateway.rollups.apply_batch import apply_batch
from tests.events_of import comment, instant
from tests.web.conftest import Served, Visit
from tests.web.history import ADA, BERT, CARA, GALAXIES, SHAPES, SONGS, WHALES, classified, now
from tests.web.test_session import sign_in
from tests.web.test_site import figure, rows


def opened(visit: Visit, served: Served, user: int = ADA, query: str = "") -> Page:
    """The page of a volunteer, with all that it shows."""
    page = visit.open(f"/me{query}")
    sign_in(page, served.token_of(user))
    expect(page.locator(".figure")).to_have_count(4)
    return page


def test_strangers_are_asked_to_sign_in(visit: Visit) -> None:
    page = visit.open("/me")

    expect(page.get_by_text("Sign in to see what you have done")).to_be_visible()
    expect(page.locator(".figure")).to_have_count(0)
    expect(page.get_by_role("alert")).to_have_count(0)
    assert len(visit.asked()) == 1
    assert visit.complaints == []


def test_it_shows_the_volunteer_by_one_request(visit: Visit, served: Served) -> None:
    page = opened(visit, served)

    expect(page.get_by_role("heading", name="Ada", level=1)).to_be_visible()
    assert page.title() == "My statistics · stats-gateway"
    assert [figure(page, name) for name in ME_FIGURES] == ["5", "2.5", "1", "1"]
    expect(page.get_by_role("region", name="Where I did most")).to_contain_text("5 classifications")
    expect(page.get_by_role("region", name="Where I was last")).to_contain_text(
        "last on Jan 10, 2024"
    )
    streaks = page.get_by_role("region", name="Streaks").get_by_role("listitem")
    assert streaks.all_inner_texts() == [
        "No week now\nA classification today begins one.",
        "Longest: 2 weeks\nJan 1, 2024 to Jan 14, 2024",
        "No day now\nA classification today begins one.",
        "Longest: 2 days\nJan 1, 2024 to Jan 2, 2024",
    ]
    milestones = page.get_by_role("region", name="Milestones").get_by_role("listitem")
    expect(milestones.nth(0)).to_contain_text("Reached on Dec 5, 2023")
    expect(milestones.nth(1)).to_contain_text("5 to go")
    expect(page.get_by_text("You are in no group yet.")).to_be_visible()
    # The first was that of a stranger.
    assert len(visit.asked()) == 2
    assert visit.complaints == []


ME_FIGURES = ("Classifications", "Hours", "Projects", "Comments")


def test_the_address_says_which_days(visit: Visit, served: Served) -> None:
    page = opened(visit, served, query="?start=2024-01-01&end=2024-01-31&show=hours")

    assert [figure(page, name) for name in ME_FIGURES] == ["4", "2", "1", "1"]
    expect(page.locator(".figure.great")).to_contain_text("5 classifications of all time")
    assert ["Jan 10, 2024", "1"] in rows(page)
    expect(page.get_by_role("region", name="Where I did most")).to_contain_text("2 hours")


def test_the_address_says_which_project(visit: Visit, served: Served) -> None:
    somebody, days = BERT, "start=2024-02-01&end=2024-02-03"
    rows_of = [(9100, SHAPES), (9101, SHAPES), (9102, SONGS)]
    at = instant("2024-02-02T08:00")
    done = [classified(number, at, somebody, workflow) for number, workflow in rows_of]
    talked = [comment(9100, "2024-02-02T09:00", user=somebody, project=WHALES)]
    served.write(lambda connection: apply_batch(connection, Batch(done, talked)))
    page = opened(visit, served, somebody, f"?{days}&project={GALAXIES}")

    assert [figure(page, name) for name in ME_FIGURES] == ["2", "1", "1", "0"]
    assert ["Feb 2, 2024", "2"] in rows(page)
    # What was done everywhere is still there to choose from.
    expect(page.get_by_role("region", name="Where I did most")).to_contain_text("wild songs")
    menu = page.get_by_role("combobox", name="Project", exact=True)
    menu.select_option("<b>Whales</b> & wild songs")
    expect(page.locator(".figure .value")).to_have_text(["1", "0.5", "1", "1"])
    assert page.url == f"{visit.root}/me?{days}&project={WHALES}"
    menu.select_option("All projects")
    expect(page.locator(".figure.great .value")).to_have_text("3")
    assert page.url == f"{visit.root}/me?{days}"


def test_figures_are_live_and_milestones_are_celebrated(visit: Visit, served: Served) -> None:
    page = opened(visit, served, CARA)
    assert figure(page, "Classifications") == "2"
    asked = len(visit.asked())
    celebrated = page.get_by_role("status").filter(has_text="Just reached")
    expect(celebrated).to_have_count(0)
    more = [classified(9000 + n, now(), CARA, SONGS) for n in range(9)]
    served.write(lambda connection: apply_batch(connection, Batch(classifications=more)))

    expect(celebrated).to_have_text("Just reached: 10 classifications!")
    expect(page.locator(".figure.great .value")).to_have_text("11")
    expect(page.get_by_text("One day now")).to_be_visible()
    page.get_by_role("button", name="Close").click()
    expect(page.locator(".celebration")).to_have_count(0)
    assert len(visit.asked()) == asked
    assert visit.complaints == []
