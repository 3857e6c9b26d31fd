"""GraphiQL in a real browser, served from the wheel that carries it."""

import re
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
import pytest
from playwright.sync_api import Locator, Page, Request, WebSocket, expect

from gateway.graphql.page.examples import EXAMPLES
from tests.packages import GRAPHIQL
from tests.pages.conftest import Served, Visit, write_comment

# Whoever comes first builds it from npm, and the others wait for that.
pytestmark = pytest.mark.timeout(900)

LIVE_COMMENTS = "subscription { live { me { login } comments { totalCount } } }"
MINE = "query Mine { me { login classifications { totalCount } } }"


@pytest.fixture(scope="module")
def served(served_graphiql: Served) -> Served:
    return served_graphiql


@pytest.fixture
def opened(visit: Visit, served: Served) -> Page:
    """The page as it opens without a link."""
    return follow(visit, served.url)


def follow(visit: Visit, url: str, **link: str) -> Page:
    """Open the page by a link, and wait until it has the schema."""
    # An address that differs behind "#" alone would load nothing.
    visit.page.goto("about:blank")
    fragment = "&".join(f"{name}={quote(value)}" for name, value in link.items())
    return _loaded(visit.page, lambda: visit.page.goto(f"{url}#{fragment}" if link else url))


def _loaded(page: Page, load: Any) -> Page:
    with page.expect_response(_asks):
        load()
    expect(region(page, "Operation Editor")).to_be_visible()
    return page


def _asks(message: Any) -> bool:
    return getattr(message, "request", message).method == "POST"


def region(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name=name, exact=True)


def run(page: Page) -> Any:
    """Press the button, and give what the gateway answered."""
    with page.expect_response(_asks) as answered:
        page.get_by_role("button", name="Execute query").click()
    return answered.value.json()


def turn_to(page: Page, operation: str) -> None:
    """Choose the tab of an operation, and wait until GraphiQL has read and stored it."""
    page.get_by_role("tab", name=operation).click()
    page.wait_for_function(
        """operation => {
          const { tabs, activeTabIndex } = JSON.parse(sessionStorage["graphiql:tabState"]);
          return sessionStorage["graphiql:query"]?.match(`(query|subscription) ${operation}`)
            && tabs[activeTabIndex].operationName === operation;
        }""",
        arg=operation,
    )


def asked(visit: Visit) -> list[Request]:
    return [request for request in visit.requests if _asks(request)]


def test_it_opens_with_the_example_operations_as_tabs(opened: Page, visit: Visit) -> None:
    names = [re.findall(r"^query (\w+)", example.query, re.MULTILINE)[0] for example in EXAMPLES]
    names.append("Live")

    expect(opened.get_by_role("tab")).to_contain_text(names)
    expect(region(opened, "Operation Editor")).to_contain_text("query GroupPage($id: ID!")
    expect(region(opened, "Variables")).to_contain_text('"start": "2016-06-01"')
    assert visit.complaints == []


def test_an_example_runs_and_no_other_host_is_asked(
    opened: Page, visit: Visit, served: Served
) -> None:
    turn_to(opened, "SiteByMonth")

    assert run(opened)["data"]["classifications"]["buckets"] == [
        {"startsOn": "2023-11-01", "count": 3, "timeSpent": 4.5}
    ]
    expect(region(opened, "Result Window")).to_contain_text('"totalCount": 3')
    assert {urlsplit(request.url).netloc for request in visit.requests} == {
        urlsplit(served.url).netloc
    }
    assert visit.complaints == []


def test_a_subscription_shows_each_answer_until_it_is_stopped(visit: Visit, served: Served) -> None:
    sockets: list[WebSocket] = []
    visit.page.on("websocket", lambda socket: sockets.append(socket))
    page = follow(visit, served.url, query=LIVE_COMMENTS, token=served.token)
    page.get_by_role("button", name="Execute query").click()
    result = region(page, "Result Window")
    expect(result).to_contain_text('"login": "ada"')
    expect(result).to_contain_text('"totalCount": 0')
    for number in (1, 2):
        write_comment(served, number)
        expect(result).to_contain_text(f'"totalCount": {number}')

    (socket,) = sockets
    with socket.expect_event("close"):
        page.get_by_role("button", name="Stop query").click()
    assert visit.complaints == []


def test_the_live_example_is_followed(opened: Page, visit: Visit) -> None:
    turn_to(opened, "Live")
    opened.get_by_role("button", name="Execute query").click()
    expect(region(opened, "Result Window")).to_contain_text('"totalCount": 3')
    assert visit.complaints == []


def test_the_docs_tell_what_a_field_is(opened: Page, visit: Visit) -> None:
    opened.get_by_role("button", name="Show Documentation Explorer").click()
    docs = region(opened, "Documentation Explorer")
    docs.get_by_role("link", name="Query", exact=True).click()
    docs.get_by_role("link", name="workflowsByIds", exact=True).click()

    expect(docs).to_contain_text("Workflows; null for an unknown id.")
    expect(docs).to_contain_text("[Workflow]!")
    assert visit.complaints == []


def test_the_explorer_adds_a_field_to_the_operation(visit: Visit, served: Served) -> None:
    page = follow(visit, served.url, query="query Mine { me { login } }")
    page.get_by_role("button", name="Show GraphiQL Explorer").click()
    page.locator(".graphiql-explorer-node").get_by_text("displayName", exact=True).first.click()

    expect(region(page, "Operation Editor")).to_contain_text("displayName")
    assert visit.complaints == []


def test_the_editor_completes_a_field(opened: Page, visit: Visit) -> None:
    editor = region(opened, "Operation Editor")
    editor.locator(".view-lines").click()
    opened.keyboard.press("Control+a")
    opened.keyboard.type("{ gatew")
    opened.get_by_role("option", name=re.compile("^gatewayStats")).click()

    expect(editor.locator(".view-lines")).to_have_text("{ gatewayStats}")
    assert visit.complaints == []


def test_the_editor_underlines_a_field_that_there_is_not(visit: Visit, served: Served) -> None:
    page = follow(visit, served.url, query="{ nonsense }")

    expect(region(page, "Operation Editor").locator(".squiggly-error").first).to_be_attached()
    assert visit.complaints == []


def test_the_token_of_a_link_is_in_the_headers_and_answers_what_is_private(
    visit: Visit, served: Served
) -> None:
    page = follow(visit, served.url, query=MINE, token=served.token)
    page.get_by_role("button", name="Headers", exact=True).click()

    expect(region(page, "Headers")).to_contain_text(f'"Authorization": "Bearer {served.token[:9]}')
    mine = {"login": "ada", "classifications": {"totalCount": 3}}
    assert run(page) == {"data": {"me": mine}}
    expect(region(page, "Result Window")).to_contain_text('"login": "ada"')
    assert len(asked(visit)) == 2
    for request in asked(visit):
        assert request.headers["authorization"] == f"Bearer {served.token}"
    assert visit.complaints == []


def test_without_a_token_nothing_is_sent_in_its_place(visit: Visit, served: Served) -> None:
    page = follow(visit, served.url, query=MINE)

    assert run(page)["data"] == {"me": None}
    assert ["authorization" in request.headers for request in asked(visit)] == [False, False]


def test_every_tab_and_a_new_one_has_the_token(visit: Visit, served: Served) -> None:
    page = follow(visit, served.url, token=served.token)
    turn_to(page, "Volunteer")
    page.get_by_role("button", name="Headers", exact=True).click()
    expect(region(page, "Headers")).to_contain_text("Bearer ey")
    assert run(page)["data"]["me"]["login"] == "ada"

    page.get_by_role("button", name="New tab").click()
    expect(page.get_by_role("tab")).to_have_count(len(EXAMPLES) + 2)
    expect(region(page, "Headers")).to_contain_text("Bearer ey")


def test_the_token_stays_in_this_tab_of_the_browser_and_leaves_no_trace(
    visit: Visit, served: Served
) -> None:
    page = follow(visit, served.url, query=MINE, token=served.token)
    run(page)
    expect(region(page, "Result Window")).to_contain_text('"login": "ada"')

    assert page.url == served.url
    assert not any(served.token in request.url for request in visit.requests)
    assert page.evaluate("localStorage.length") == 0
    assert page.context.cookies() == []
    other = page.context.new_page()
    _loaded(other, lambda: other.goto(served.url))
    assert served.token not in str(other.evaluate("Object.entries(sessionStorage)"))


def test_a_reload_keeps_the_tabs_and_the_token(visit: Visit, served: Served) -> None:
    page = follow(visit, served.url, query=MINE, variables='{ "x": 1 }', token=served.token)
    turn_to(page, "Contributors")
    _loaded(page, page.reload)

    expect(page.get_by_role("tab", name="Contributors")).to_have_attribute("aria-selected", "true")
    expect(page.get_by_role("tab")).to_have_count(len(EXAMPLES) + 1)
    expect(region(page, "Operation Editor")).to_contain_text("query Contributors")
    expect(region(page, "Variables")).to_contain_text('"first": 5')
    turn_to(page, "Mine")
    expect(region(page, "Variables")).to_contain_text('"x": 1')
    assert run(page)["data"]["me"]["login"] == "ada"


def test_another_link_takes_the_place_of_the_first(visit: Visit, served: Served) -> None:
    follow(visit, served.url, query=MINE, token="not.a.token")
    page = follow(visit, served.url, query=MINE, token=served.token)
    assert run(page)["data"]["me"]["login"] == "ada"

    page = follow(visit, served.url, query=MINE, token="")
    assert run(page)["data"] == {"me": None}


def test_the_small_page_is_a_click_away_and_has_the_token(visit: Visit, served: Served) -> None:
    page = follow(visit, served.url, token=served.token)
    page.get_by_role("link", name="Small page").click()

    expect(page.locator("#run")).to_be_visible()
    expect(page.locator("#token")).to_have_value(served.token)
    page.reload()
    expect(page.locator("#run")).to_be_visible()


def test_every_file_is_named_for_its_content_and_served_compressed(
    wheel_with_graphiql: Path, served: Served
) -> None:
    folder = wheel_with_graphiql / GRAPHIQL.bundle / "graphql" / "graphiql"
    plain = sorted(file for file in folder.iterdir() if file.suffix != ".gz")

    assert {file.suffix for file in plain} == {".css", ".js", ".ttf"}
    with httpx.Client(headers={"accept-encoding": "gzip"}) as client:
        for file in plain:
            assert re.fullmatch(r"[\w.-]+-[\w-]{8}\.\w+", file.name)
            answer = client.get(f"{served.url}/graphiql/{file.name}")
            assert answer.headers["content-encoding"] == "gzip"
            assert answer.content == file.read_bytes()


def test_the_wheel_carries_the_licenses_of_what_is_in_it(wheel_with_graphiql: Path) -> None:
    licenses = (wheel_with_graphiql / GRAPHIQL.bundle / "licenses.md").read_text()

    headings = re.findall(r"^## (\S+) - [\d.]+", licenses, re.MULTILINE)
    assert {"graphiql", "graphql", "monaco-editor", "react", "react-dom"} <= set(headings)
