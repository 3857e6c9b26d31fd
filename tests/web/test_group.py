"""The page of a group in a real browser: who sees what, what is chosen, and what changes."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from gateway.events.event import Batch
from gateway.rollups.apply_batch import apply_batch
from tests.web.conftest import Served, Visit
from tests.web.groups import GROUPS, HIDDEN, Received, title, walk, write_groups
from tests.web.history import ADA, BERT, CARA, SONGS, classified, now
from tests.web.test_session import sign_in
from tests.web.test_site import figure, rows

FIGURES = ("Classifications", "Hours", "Contributors", "Projects")
OPEN = f"/groups/{GROUPS[4]}"


@pytest.fixture(autouse=True, scope="module")
def groups(served: Served) -> None:
    served.write(write_groups)


def expect_ranking(page: Page, name: str, expected: list[str]) -> None:
    """A ranking as it is read, once its numbers have counted up: names with their numbers."""
    rows = page.get_by_role("region", name=name).locator("li")
    expect(rows).to_have_text(expected, use_inner_text=True)


def test_anyone_sees_an_open_group_by_one_request(visit: Visit) -> None:
    page = visit.open(OPEN)

    expect(page.get_by_role("heading", name=title(24), level=1)).to_be_visible()
    assert page.title() == f"{title(24)} · stats-gateway"
    expect(page.locator(".opening")).to_contain_text("2 members")
    assert [figure(page, name) for name in FIGURES] == ["5", "2.5", "2", "2"]
    assert rows(page) == [["January 2024", "5"]]
    expect_ranking(page, "Top projects", ["Galaxies 4", "<b>Whales</b> & wild songs 1"])
    expect_ranking(page, "Top contributors", ["Bert 3", "Ada 2"])
    expect(page.locator(".milestones li").first).to_contain_text("Reached on Jan 10, 2024")
    assert len(visit.asked()) == 1
    page.get_by_role("button", name="Embed").click()
    html = page.get_by_role("dialog").get_by_role("textbox", name="HTML").input_value()
    assert f'src="{visit.root}/embed{OPEN}"' in html
    assert visit.complaints == []


def test_the_address_says_which_days_and_which_project(visit: Visit) -> None:
    days = "start=2024-01-08&end=2024-01-14&show=hours"
    page = visit.open(f"{OPEN}?{days}&project=5")

    assert [figure(page, name) for name in FIGURES] == ["4", "2", "2", "1"]
    assert [row for row in rows(page) if row[1] != "0"] == [
        ["Jan 10, 2024", "1"],
        ["Jan 11, 2024", "1"],
    ]
    menu = page.get_by_role("combobox", name="Project", exact=True)
    assert menu.locator("option").all_text_contents() == [
        "All projects",
        "Galaxies",
        "<b>Whales</b> & wild songs",
    ]
    menu.select_option("<b>Whales</b> & wild songs")
    expect(page.locator(".figure.great .value")).to_have_text("1")
    assert page.url == f"{visit.root}{OPEN}?{days}&project=6"
    expect_ranking(page, "Top contributors", ["Bert 0.5"])
    link = page.get_by_role("link", name="All contributors")
    expect(link).to_have_attribute("href", f"{OPEN}/contributors?start=2024-01-08&end=2024-01-14")
    menu.select_option("All projects")
    expect(page.locator(".figure.great .value")).to_have_text("5")
    assert page.url == f"{visit.root}{OPEN}?{days}"

    # A project without anything keeps its name, and one that there is not has its number.
    page = visit.open(f"{OPEN}?start=2020-01-01&end=2020-01-02&project=5")
    expect(page.get_by_role("combobox", name="Project", exact=True)).to_have_value("5")
    expect(page.locator("option:checked")).to_have_text("Galaxies")
    page = visit.open(f"{OPEN}?project=12345")
    expect(page.locator("option:checked")).to_have_text("Project 12345")
    assert visit.complaints == []


#: What a role may not see, by group: the names of others, or the totals as well.
UNSEEN: dict[int | None, dict[int, str]] = {
    ADA: {},
    BERT: {20: "members", 22: "members"},
    CARA: {20: "group", 21: "totals", 22: "members", 23: "members"},
    None: {20: "group", 21: "totals", 22: "members", 23: "members"},
}
OTHERS = {ADA: "Bert", BERT: "Ada", CARA: "Bert", None: "Bert"}
WHY = {
    "totals": "The numbers of this group are for its members.",
    "members": "What each member has done is shown to",
}


@pytest.mark.parametrize("viewer", UNSEEN, ids=lambda who: f"volunteer-{who}")
def test_each_role_sees_what_the_level_allows_and_receives_no_more(
    viewer: int | None, visit: Visit, served: Served
) -> None:
    received = Received(visit.page)
    page = visit.open("/")
    if viewer is not None:
        sign_in(page, served.token_of(viewer))
        expect(page.get_by_text("Signed in as")).to_be_visible()
    for group in GROUPS:
        asked = len(visit.asked())
        walk(page, f"/groups/{group}")
        unseen = UNSEEN[viewer].get(group)
        if unseen == "group":
            expect(page.get_by_text(f"There is no group {group} here")).to_be_visible()
        else:
            expect(page.get_by_role("heading", name=title(group), level=1)).to_be_visible()
        expect(page.locator(".waiting")).to_have_count(0)
        if unseen in WHY:
            expect(page.get_by_text(WHY[unseen])).to_be_visible()
        embeds = unseen != "group" and group >= GROUPS[2]
        assert page.get_by_role("button", name="Embed").count() == embeds
        assert page.locator(".figure").count() == (0 if unseen in ("group", "totals") else 4)
        assert "".join(page.get_by_role("alert").all_inner_texts()) == ""
        assert len(visit.asked()) == asked + 1
        assert (OTHERS[viewer] in page.content()) == (unseen is None)
    # An answer of one group may come when the page is already another's.
    texts = received.texts()
    for group in GROUPS:
        unseen = UNSEEN[viewer].get(group)
        of_group = [text for text in texts if title(group) in text]
        assert (of_group == []) == (unseen == "group")
        assert any(OTHERS[viewer] in text for text in of_group) == (unseen is None)
        assert any('"totalCount"' in text for text in of_group) == (unseen in (None, "members"))


def test_figures_are_live_also_where_names_may_not_be_seen(visit: Visit, served: Served) -> None:
    page = visit.open(f"/groups/{GROUPS[2]}")
    expect(page.get_by_role("region", name="Top contributors")).to_contain_text("admins alone")
    late = classified(7100, now(), CARA, SONGS, (GROUPS[2],))
    served.write(lambda connection: apply_batch(connection, Batch(classifications=[late])))

    expect(page.locator(".figure.great .value")).to_have_text("6")
    contributors = page.locator(".figure", has=page.get_by_text("Contributors", exact=True))
    expect(contributors.locator(".value")).to_have_text("3")
    # The refusal of the names is no reason to ask again.
    assert len(visit.asked()) == 1
    assert visit.complaints == []


@pytest.mark.parametrize("number", [HIDDEN, 999, 0])
def test_a_group_that_is_hidden_looks_as_one_that_there_is_not(number: int, visit: Visit) -> None:
    page = visit.open(f"/groups/{number}")

    expect(page.get_by_role("heading", name="There is no such page")).to_be_visible()
    expect(page.locator(".missing p").first).to_have_text(
        f"There is no group {number} here, or it is not open to you. "
        "If you are a member, sign in to see it."
    )
