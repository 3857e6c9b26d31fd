"""Goals on the page of a volunteer: set, seen to move, changed and put away."""

import itertools

import pytest
from playwright.sync_api import Locator, Page, expect

from gateway.directory.load import load_directory
from gateway.events.event import Batch
from gateway.rollups.apply_batch import apply_batch
from tests.web.conftest import Served, Visit
from tests.web.groups import write_groups
from tests.web.hands import POINTER, Hands
from tests.web.history import ADA, BERT, CARA, classified, now
from tests.web.people import NewPerson
from tests.web.test_accessible import press_until
from tests.web.test_me import opened
from tests.web.test_session import sign_in


def goals(page: Page) -> Locator:
    return (
        page.get_by_role("region", name="Goals")
        .get_by_role("listitem")
        .filter(has=page.get_by_role("heading"))
    )


def set_goal(page: Page, target: int, hands: Hands = POINTER, **fields: str) -> None:
    """Set a goal of classifications by the dialog."""
    hands.press(page.get_by_role("button", name="Set a goal"))
    dialog = page.get_by_role("dialog", name="Set a goal")
    hands.write(dialog.get_by_label("How much is to be reached"), str(target))
    for label, value in fields.items():
        hands.write(dialog.get_by_label(label), value)
    hands.press(dialog.get_by_role("button", name="Set a goal"))


def test_keys_alone_set_change_and_delete_a_goal(visit: Visit, served: Served) -> None:
    page = opened(visit, served, BERT)
    press_until(page, "Set a goal")
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("What is counted")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.type("40")
    # How often, then the title.
    for _ in range(2):
        page.keyboard.press("Tab")
    page.keyboard.type("Forty galaxies")
    page.keyboard.press("Enter")

    expect(dialog).to_have_count(0)
    expect(page.get_by_role("button", name="Set a goal")).to_be_focused()
    goal = goals(page)
    expect(goal).to_have_count(1)
    expect(goal).to_contain_text("0 of 40 classifications (0%)")
    press_until(page, "Change")
    page.keyboard.press("Enter")
    expect(dialog.get_by_label("How much is to be reached")).to_be_focused()
    page.keyboard.press("Control+A")
    page.keyboard.type("50")
    page.keyboard.press("Enter")

    expect(dialog).to_have_count(0)
    expect(goal).to_contain_text("0 of 50 classifications (0%)")
    # Milestones that nobody chose follow the target.
    steps = goal.get_by_role("list", name="Milestones").get_by_role("listitem")
    assert [text.split("\n")[0] for text in steps.all_inner_texts()] == ["13", "25", "38", "50"]
    press_until(page, "Delete")
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    expect(goal).to_have_count(0)
    expect(page.get_by_role("heading", name="Goals")).to_be_focused()
    assert visit.complaints == []


def test_a_goal_that_is_archived_can_be_looked_up_and_taken_up_again(
    visit: Visit, served: Served
) -> None:
    page = opened(visit, served, CARA)
    set_goal(page, 7, **{"Title (optional)": "Seven"})
    goal = goals(page).filter(has_text="Seven")
    expect(goal).to_have_count(1)
    page.get_by_role("button", name="Archive Seven").click()
    expect(goal).to_have_count(0)
    page.get_by_role("button", name="Archived goals").click()

    expect(goal).to_have_count(1)
    page.get_by_role("button", name="Take up again Seven").click()
    expect(page.get_by_text("No goal is archived.")).to_be_visible()
    expect(page.get_by_role("button", name="Archive Seven")).to_be_visible()
    assert visit.complaints == []


def test_what_cannot_be_a_goal_is_told_in_a_sentence(visit: Visit, served: Served) -> None:
    page = opened(visit, served, CARA)
    set_goal(page, 10, **{"Title (optional)": "Wrong", "Milestones": "5, 20"})

    alert = page.get_by_role("dialog").get_by_role("alert")
    expect(alert).to_have_text("Milestones must ascend, from 1 on, and be below the target.")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(goals(page).filter(has_text="Wrong")).to_have_count(0)


@pytest.mark.parametrize(
    ("visit", "user", "sparks"),
    [
        ({"reduced_motion": "no-preference"}, ADA, True),
        ({"reduced_motion": "reduce"}, CARA, False),
    ],
    ids=["motion", "still"],
    indirect=["visit"],
)
def test_what_is_reached_while_one_looks_is_celebrated(
    user: int, sparks: bool, visit: Visit, served: Served
) -> None:
    page = opened(visit, served, user)
    set_goal(page, 4, **{"Title (optional)": "Moths", "Milestones": "2"})
    goal = goals(page).filter(has_text="Moths")
    expect(goal).to_contain_text("0 of 4 classifications (0%)")
    asked = len(visit.asked())
    classify(served, user, 2)

    celebrated = page.get_by_role("status").filter(has_text="Moths")
    expect(celebrated).to_contain_text("Moths: 2 classifications reached!")
    expect(goal).to_contain_text("2 of 4 classifications (50%)")
    expect(page.locator(".sparks")).to_be_visible(visible=sparks)
    classify(served, user, 3)
    expect(celebrated).to_contain_text("Moths: the goal is reached!")
    expect(goal).to_contain_text("5 of 4 classifications (125%)")
    expect(goal.get_by_text("reached", exact=True)).to_be_visible()
    assert len(visit.asked()) == asked
    assert visit.complaints == []


def test_others_see_the_goal_of_a_group_move_and_cannot_change_it(
    visit: Visit, served: Served
) -> None:
    served.write(write_groups)
    page = visit.open("/groups/24")
    sign_in(page, served.token)
    set_goal(page, 3, **{"Title (optional)": "Nests"})
    goal = goals(page).filter(has_text="Nests")
    expect(goal.get_by_role("button")).to_have_count(3)
    page.get_by_role("button", name="Sign out").click()
    expect(goal).to_contain_text("0 of 3 classifications (0%)")
    expect(goal.get_by_role("button")).to_have_count(0)
    expect(page.get_by_role("button", name="Set a goal")).to_have_count(0)
    classify(served, BERT, 3, groups=(24,))

    celebrated = page.get_by_role("status").filter(has_text="Nests")
    expect(celebrated).to_contain_text("Nests: the goal is reached!")
    expect(goal).to_contain_text("3 of 3 classifications (100%)")
    assert visit.complaints == []


def test_a_change_that_another_admin_made_meanwhile_is_not_undone(
    served: Served, new_person: NewPerson
) -> None:
    served.write(write_groups)
    group = {"id": LED_BY_TWO, "display_name": "Wagtails", "stats_visibility": "public_show_all"}
    card = {"user_group_id": LED_BY_TWO, "state": "active", "roles": ["group_admin"]}
    cards = [{**card, "user_id": user} for user in (ADA, BERT)]
    document = {"user_groups": [group], "memberships": cards}
    served.write(lambda connection: load_directory(connection, document))
    ada, bert = new_person().page, new_person().page
    for page, user in ((ada, ADA), (bert, BERT)):
        page.goto(f"{served.root}/groups/{LED_BY_TWO}")
        sign_in(page, served.token_of(user))
    set_goal(ada, 40, **{"Title (optional)": "Nests"})
    for page in (ada, bert):
        page.get_by_role("button", name="Change Nests").click()
    ours, theirs = (page.get_by_role("dialog") for page in (ada, bert))
    ours.get_by_label("How much is to be reached").fill("50")
    ours.get_by_role("button", name="Save").click()
    expect(ours).to_have_count(0)
    theirs.get_by_label("Title").fill("Nests of wagtails")
    theirs.get_by_role("button", name="Save").click()

    alert = theirs.get_by_role("alert")
    expect(alert).to_have_text(
        "Somebody else changed this in the meantime. Look at it again, and repeat your change."
    )
    # Neither what was typed is lost, nor what the other has changed.
    expect(theirs.get_by_label("Title")).to_have_value("Nests of wagtails")
    for page in (ada, bert):
        expect(goals(page)).to_contain_text("0 of 50 classifications (0%)")
        expect(goals(page).get_by_role("heading")).to_have_text("Nests")
    theirs.get_by_role("button", name="Cancel").click()
    bert.get_by_role("button", name="Change Nests").click()
    expect(theirs.get_by_label("How much is to be reached")).to_have_value("50")
    theirs.get_by_label("Title").fill("Nests of wagtails")
    theirs.get_by_role("button", name="Save").click()
    for page in (ada, bert):
        expect(goals(page).get_by_role("heading")).to_have_text("Nests of wagtails")
        expect(goals(page)).to_contain_text("0 of 50 classifications (0%)")


LED_BY_TWO = 26
EVENT_IDS = itertools.count(7500)


def classify(served: Served, user: int, count: int, groups: tuple[int, ...] = ()) -> None:
    made = [classified(next(EVENT_IDS), now(), user, groups=groups) for _ in range(count)]
    served.write(lambda connection: apply_batch(connection, Batch(classifications=made)))
