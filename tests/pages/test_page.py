"""The page in a real browser: what a person does with it, and what it must never do."""

import json
from urllib.parse import quote, urlsplit

import pytest
from playwright.sync_api import expect

from tests.pages.conftest import write_comment


def _result(page):
    expect(page.locator("#status strong")).to_be_visible()
    return json.loads(page.locator("#result").inner_text())


@pytest.fixture(autouse=True)
def settled(visit):
    """Until the page has its examples, it may put one in the place of what a test fills in."""
    visit.page.wait_for_load_state("networkidle")


def test_example_runs_without_a_request_to_any_other_host(visit, served):
    page = visit.page
    page.select_option("#example", label="The whole site by month")
    page.click("#run")
    statistics = _result(page)["data"]["classifications"]
    assert statistics["totalCount"] == 3
    assert statistics["timeSpent"] == 4.5
    assert statistics["buckets"] == [{"startsOn": "2023-11-01", "count": 3, "timeSpent": 4.5}]
    expect(page.locator("#status")).to_contain_text("200 OK")
    own = urlsplit(served.url).netloc
    assert {urlsplit(request.url).netloc for request in visit.requests} == {own}
    assert visit.complaints == []


def test_typed_operation_runs_with_the_token_by_control_enter(visit, served):
    page = visit.page
    page.fill("#token", served.token)
    page.fill("#query", "query Mine($first: Int) { me { login classifications { totalCount ")
    page.locator("#query").press_sequentially(
        "projectContributions(first: $first) { project { displayName } count } } } }"
    )
    page.fill("#variables", '{"first": 1}')
    page.press("#variables", "Control+Enter")
    contribution = {"project": {"displayName": "Galaxies"}, "count": 3}
    assert _result(page) == {
        "data": {
            "me": {
                "login": "ada",
                "classifications": {"totalCount": 3, "projectContributions": [contribution]},
            }
        }
    }
    assert visit.complaints == []


def test_subscription_shows_each_answer_until_something_else_runs(visit, served):
    page = visit.page
    page.fill("#token", served.token)
    page.fill("#query", "subscription { live { me { login } comments { totalCount } } }")
    page.click("#run")
    expect(page.locator("#result")).to_contain_text('"login": "ada"')
    expect(page.locator("#result")).to_contain_text('"totalCount": 0')
    for number in (1, 2):
        write_comment(served, number)
        expect(page.locator("#result")).to_contain_text(f'"totalCount": {number}')
        expect(page.locator("#status")).to_contain_text(f"live, answer {number + 1}")
    expect(page.locator("#run")).not_to_have_attribute("aria-busy", "true")
    with page.expect_event("requestfailed") as given_up:
        page.fill("#query", "{ me { login } }")
        page.click("#run")
    assert "subscription" in given_up.value.post_data
    expect(page.locator("#status")).not_to_contain_text("live")
    assert _result(page) == {"data": {"me": {"login": "ada"}}}
    assert visit.complaints == []


def test_refused_subscription_shows_its_errors(visit, served):
    page = visit.page
    page.fill("#query", "subscription { live { nonsense } }")
    page.click("#run")
    expect(page.locator("#result")).to_contain_text("GRAPHQL_VALIDATION_FAILED")
    expect(page.locator("#status strong")).to_have_class("bad")


def test_token_is_kept_for_this_tab_and_only_there(visit, served):
    page = visit.page
    page.fill("#token", served.token)
    page.reload()
    assert page.input_value("#token") == served.token
    assert page.evaluate("localStorage.length") == 0
    assert page.context.cookies() == []
    other = page.context.new_page()
    other.goto(served.url)
    assert other.input_value("#token") == ""
    page.fill("#token", "")
    assert page.evaluate("sessionStorage.length") == 0


def test_link_fills_in_operation_variables_and_token_and_leaves_no_trace(visit, served):
    page = visit.page
    visit.requests.clear()
    page.goto("about:blank")
    page.goto(f"{served.url}#query={quote('{ me { id } }')}&variables={quote('{}')}&token=a.b.c")
    assert page.input_value("#query") == "{ me { id } }"
    assert page.input_value("#variables") == "{}"
    assert page.input_value("#token") == "a.b.c"
    assert page.url == served.url
    assert not any("a.b.c" in request.url for request in visit.requests)


def test_refused_token_and_broken_variables_are_told(visit):
    page = visit.page
    page.fill("#variables", "{ nothing }")
    page.click("#run")
    expect(page.locator("#status")).to_contain_text("The variables are not valid JSON")
    page.fill("#variables", "")
    page.fill("#token", "not.a.token")
    page.click("#run")
    expect(page.locator("#status")).to_contain_text("401 Unauthorized")
    expect(page.locator("#result")).to_contain_text("UNAUTHENTICATED")


def test_answer_is_shown_as_text_never_as_markup(visit):
    page = visit.page
    page.fill("#query", '{ user(id: "<img src=x onerror=alert(1)>") { id } }')
    page.click("#run")
    expect(page.locator("#status strong")).to_be_visible()
    assert page.locator("#result img").count() == 0
    assert page.locator("#query-editor img").count() == 0


def test_schema_is_browsed_and_searched(visit):
    page = visit.page
    page.click("#browse")
    entries = page.locator("#entries")
    expect(entries.locator("h3").first).to_have_text("Query")
    expect(page.locator("#browse")).to_have_attribute("aria-expanded", "true")
    expect(entries).to_contain_text("live: Query!")
    expect(entries).not_to_contain_text("_entities(")
    entries.get_by_role("button", name="UserGroup", exact=True).first.click()
    expect(entries.locator("h3").first).to_have_text("UserGroup")
    expect(entries).to_contain_text("statsVisibility")
    page.fill("#search", "memberbreakd")
    expect(entries.locator("li")).to_have_count(1)
    expect(entries).to_contain_text("GroupStats.memberBreakdown")
    assert visit.complaints == []


def test_tab_indents_and_escape_lets_the_keyboard_out(visit):
    page = visit.page
    page.fill("#query", "")
    page.press("#query", "Tab")
    assert page.input_value("#query") == "  "
    page.press("#query", "Escape")
    page.press("#query", "Tab")
    assert page.evaluate("document.activeElement.id") == "variables"


def test_new_line_keeps_the_indentation(visit):
    page = visit.page
    page.fill("#query", "  classifications {")
    page.press("#query", "End")
    page.press("#query", "Enter")
    assert page.input_value("#query") == "  classifications {\n    "
    page.press("#query", "Control+z")
    assert page.input_value("#query") == "  classifications {"


def test_every_field_and_button_has_a_name(visit):
    page = visit.page
    page.click("#browse")
    for selector in ("input", "select", "textarea", "button"):
        for element in page.locator(f"{selector}:visible").all():
            named = element.evaluate("e => e.labels?.length > 0 || e.textContent.trim() !== ''")
            assert named, element


def test_narrow_screen_needs_no_sideways_scrolling(visit):
    page = visit.page
    page.set_viewport_size({"width": 360, "height": 740})
    page.click("#run")
    _result(page)
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= 360
    assert page.locator("#query").bounding_box()["height"] > 200


def test_examples_fit_the_data_and_say_what_they_need(visit, served):
    """The served data is of project 5, and there is no group."""
    page = visit.page
    options = page.locator("#example option")
    expect(options.nth(1)).to_have_text("Group (needs a group)")
    assert options.nth(1).is_disabled()
    expect(options.nth(5)).to_have_text("Volunteer (needs a token)")
    page.select_option("#example", label="Project statistics")
    page.click("#run")
    project = _result(page)["data"]["project"]
    assert project["displayName"] == "Galaxies"
    assert project["classifications"]["totalCount"] == 3
    page.fill("#token", served.token)
    page.locator("#token").blur()
    expect(options.nth(5)).to_have_text("Volunteer")
    page.select_option("#example", label="Volunteer")
    page.click("#run")
    expect(page.locator("#result")).to_contain_text('"login": "ada"')
    assert visit.complaints == []
