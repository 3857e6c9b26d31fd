"""The page at the root in a real browser."""

from playwright.sync_api import expect


def test_root_leads_to_the_page_that_asks_in_graphql(visit, served):
    page = visit.page
    page.goto(served.url.replace("/graphql", "/"))
    page.get_by_role("link", name="Open the GraphQL page").click()
    expect(page.locator("#run")).to_be_visible()
    assert page.url == served.url
    assert visit.complaints == []


def test_root_shows_the_parameters_of_a_resource(visit, served):
    page = visit.page
    page.goto(served.url.replace("/graphql", "/"))
    parameter = page.get_by_text("order_project_contributions_by")
    expect(parameter).to_be_hidden()
    page.get_by_text("GET /classifications/users/{id}").click()
    expect(parameter).to_be_visible()
    assert visit.complaints == []


def test_root_wears_the_look_of_the_page_and_fits_a_telephone(visit, served):
    page = visit.page
    accent = page.evaluate("getComputedStyle(document.getElementById('run')).backgroundColor")
    page.set_viewport_size({"width": 360, "height": 640})
    page.goto(served.url.replace("/graphql", "/"))
    link = page.get_by_role("link", name="Open the GraphQL page")
    assert link.evaluate("node => getComputedStyle(node).color") == accent
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    assert visit.complaints == []
