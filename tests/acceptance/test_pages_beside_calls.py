"""Each page as one operation, beside the calls that it replaces: both show the same.

What ERAS does not know is not compared: the share of the anonymous, and the seconds of the site.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

import pytest

import gateway.graphql.page
from tests.acceptance import eras_pages, operation_pages
from tests.acceptance.eras_pages import WORKFLOWS, Front, Json
from tests.docs.markdown import ROOT, blocks
from tests.rest.eras.served import STREAM, Gateway, served
from tests.server import environment, run_command
from tests.stream_events import classification

QUERIES = ROOT / "docs" / "queries.md"
OPERATIONS = Path(gateway.graphql.page.__file__).parent / "operations"
TODAY = datetime.now(UTC).date()
#: Beside what was recorded years ago: days before today, of which two have counts.
RECENT = [
    classification(
        700_000_000 + n,
        f"{TODAY - timedelta(days=ago)}T12:00:00Z",
        user=1003,
        project=11,
        workflow=101,
        seconds=60,
    )
    for n, ago in enumerate([2, 2, 2, 5])
]
TOP_CONTRIBUTORS = ["userGroup", "classifications", "topContributors"]

#: A path, and the names of its parameters.
Call = tuple[str, frozenset[str]]


class Page(NamedTuple):
    """An operation's page as somebody sees it."""

    file: str
    viewer: str | int
    variables: Json
    #: What the page's chart is drawn by: it follows the range.
    period: str = ""
    from_calls: Callable[[Front, Json], Json] | None = None
    #: Paths of what the viewer may not see.
    hidden: tuple[list[str], ...] = ()

    def __str__(self) -> str:
        return "-".join(filter(None, (self.file, str(self.viewer), self.period)))


def days(start: str, end: str) -> Json:
    return {"range": {"start": start, "end": end}}


HALF_A_YEAR = days("2023-01-01", "2023-06-30")
FEBRUARY = days("2024-02-01", "2024-02-29")
TWO_YEARS = days("2022-01-01", "2023-12-31")
SIX_YEARS = days("2019-01-01", "2024-12-31")
LAST_WEEK = days(f"{TODAY - timedelta(days=6)}", f"{TODAY}")
WEEK_OF_2024 = days("2024-02-12", "2024-02-18")
TWO_PROJECTS: Json = {"within": {"projectIds": ["11", "17"]}}

PAGES = [
    Page("group", 1002, {"id": "501", **HALF_A_YEAR}, "week"),
    Page("group", 1003, {"id": "504", **FEBRUARY}, "day"),
    Page("group", 1003, {"id": "501", **TWO_YEARS, **TWO_PROJECTS}, "month"),
    Page("group", 1008, {"id": "501", **SIX_YEARS, "within": {"projectIds": ["12"]}}, "year"),
    Page(
        "group",
        1003,
        {"id": "503", **HALF_A_YEAR, **TWO_PROJECTS},
        "week",
        eras_pages.group_without_individuals,
        (TOP_CONTRIBUTORS,),
    ),
    Page("group_cards", 1002, {}),
    Page("group_cards", 1008, {}),
    Page("my_groups", 1002, {}),
    Page("my_groups", 1008, {}),
    Page("contributors", 1002, {"id": "501"}),
    Page("contributors", 1008, {"id": "501", "first": 4, "projects": None}),
    Page("volunteer", 1003, HALF_A_YEAR, "week"),
    Page("volunteer", 1021, FEBRUARY, "day"),
    Page("volunteer", 1003, {**TWO_YEARS, **TWO_PROJECTS}, "month"),
    Page("volunteer", 1002, SIX_YEARS, "year"),
    Page("home", 1003, {"monday": "2024-02-26"}),
    Page("home", 1002, {"monday": "2024-03-04"}),
    Page("your_stats", 1003, {"project": "11", **LAST_WEEK["range"]}),
    Page("your_stats", 1021, {"project": "16", **WEEK_OF_2024["range"]}),
    Page("certificate", 1003, TWO_YEARS),
    Page("certificate", 1021, {"within": {"projectIds": ["16"]}}),
    Page("certificate", 1003, {**TWO_YEARS, **TWO_PROJECTS}),
    Page("project", "anonymous", {"id": "11", **TWO_YEARS}, "month"),
    Page("project", 1002, {"id": "12", **HALF_A_YEAR}, "week"),
    Page("site_counter", "anonymous", {}),
    Page("site_by_month", "anonymous", TWO_YEARS),
]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """What was recorded of ERAS, the last days, and how far two workflows are."""
    folder = tmp_path_factory.mktemp("pages")
    database_url = f"sqlite:///{folder}/stats.db"
    document = folder / "workflows.json"
    document.write_text(json.dumps({"workflows": WORKFLOWS}))
    with served(folder, database_url) as gateway:
        sent = gateway.client.post("/kinesis", json={"payload": RECENT}, auth=STREAM)
        assert sent.status_code == 204
        own = environment(folder, {"STATS_GATEWAY_DATABASE_URL": database_url})
        run_command(["directory", "load", str(document)], own).check_returncode()
        yield gateway


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_page_shows_what_the_calls_show_that_it_replaces(site: Gateway, page: Page) -> None:
    from_operation = getattr(operation_pages, page.file)
    shown, made = show_from_calls(site, page)

    assert from_operation(run(site, page, page.variables)) == shown
    assert all(shown.values())
    assert sum(numbers(shown)) > 0
    written = calls_written_above(page.file)
    unwritten = {
        (path, names)
        for path, names in made
        if not any(path == one and names <= more for one, more in written)
    }
    assert unwritten == set()


@pytest.mark.parametrize("file", {page.file: None for page in PAGES})
def test_all_calls_that_stand_above_an_operation_are_made(site: Gateway, file: str) -> None:
    pages = [page for page in PAGES if page.file == file]
    made = set().union(*(show_from_calls(site, page)[1] for page in pages))
    assert calls_written_above(file) <= made


def show_from_calls(site: Gateway, page: Page) -> tuple[Json, set[Call]]:
    """What the page shows from calls, and which calls these were."""
    front = Front(site, page.viewer, page.period)
    shown = (page.from_calls or getattr(eras_pages, page.file))(front, page.variables)
    return shown, front.made


def calls_written_above(file: str) -> set[Call]:
    """The calls to ERAS that docs/queries.md shows above the operation."""
    shown = blocks(QUERIES)
    operation = (OPERATIONS / f"{file}.graphql").read_text()
    (place,) = (at for at, block in enumerate(shown) if block.text == operation)
    calls = shown[place - 1]
    assert (calls.language, calls.note) == ("http", "calls")
    urls = [urlsplit(line.removeprefix("GET ")) for line in calls.text.splitlines()]
    return {
        (re.sub(r"{\w+}", "{}", url.path), frozenset(dict(parse_qsl(url.query))))
        for url in urls
        if not url.path.startswith("{panoptes}")
    }


OPERATION_NAMES = {path.stem for path in OPERATIONS.glob("*.graphql")}
#: ERAS has no search: Panoptes has, which these tests do not run. What people do with groups stands
#: beside the calls to Panoptes in ``tests/docs/test_group_pages.py``.
WITHOUT_CALLS = {"find", "join", "manage"}


def test_every_operation_is_compared() -> None:
    assert {page.file for page in PAGES} == OPERATION_NAMES - WITHOUT_CALLS


def run(site: Gateway, page: Page, variables: Json) -> Json:
    """The data of the page's operation, with all that follows if it is cut into pages."""
    body = {"query": (OPERATIONS / f"{page.file}.graphql").read_text(), "variables": variables}
    answer = site.client.post("/graphql", json=body, headers=site.headers(page.viewer)).json()
    errors = answer.get("errors", [])
    assert [error["path"] for error in errors] == [*page.hidden], errors
    data: Json = answer["data"]
    if page.file == "contributors":
        breakdown = data["userGroup"]["classifications"]["memberBreakdown"]
        if breakdown["pageInfo"]["hasNextPage"]:
            more = run(site, page, {**variables, "after": breakdown["pageInfo"]["endCursor"]})
            rest = more["userGroup"]["classifications"]["memberBreakdown"]
            breakdown["nodes"] += rest["nodes"]
    return data


def numbers(shown: Any) -> Iterator[float]:
    """All numbers of what is shown, however deep."""
    if isinstance(shown, int | float):
        yield shown
    elif isinstance(shown, dict | list | tuple):
        for one in shown.values() if isinstance(shown, dict) else shown:
            yield from numbers(one)
