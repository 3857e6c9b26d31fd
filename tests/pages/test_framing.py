"""GraphiQL cannot be framed by another site, nor the small page in its place."""

from __future__ import annotations

from playwright.sync_api import Browser

from tests.framing import REFUSED, hosting, shown_in_frames
from tests.pages.conftest import Served


def test_graphiql_and_the_small_page_cannot_be_framed(
    served_graphiql: Served, served: Served, browser: Browser
) -> None:
    addresses = [
        served_graphiql.url,
        f"{served_graphiql.url}/",
        f"{served_graphiql.url}?page=small",
        served.url,
        served.url.replace("graphql", ""),
    ]
    with hosting() as host:
        page = browser.new_page()
        shown = shown_in_frames(page, host, addresses)
        page.close()

    assert shown == dict.fromkeys(addresses, REFUSED)
