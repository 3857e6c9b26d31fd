"""Examples: the operations that the page offers to load, as front ends send them.

Each is a file in ``operations``; ``docs/queries.md`` shows them with their answers, and a test runs
each. Their variables are of the demo: group 2 and project 1. The page replaces them by values that
fit the data (``gateway.graphql.page.fitting``), by their names.
"""

from __future__ import annotations

from dataclasses import replace
from importlib.resources import files
from typing import Any

from gateway.graphql.endpoint.html import Example, Subject


def _example(title: str, file: str, subject: Subject, **variables: Any) -> Example:
    text = (files(__package__) / "operations" / f"{file}.graphql").read_text("utf-8")
    return Example(title, text, variables, subject)


def _days(start: str, end: str) -> dict[str, str]:
    return {"start": start, "end": end}


_YEAR = _days("2016-06-01", "2017-06-30")
_WEEK = _days("2017-06-12", "2017-06-18")

EXAMPLES = (
    _example("Group", "group", Subject.GROUP, id="2", range=_YEAR),
    _example("Group cards", "group_cards", Subject.VIEWER),
    _example("My groups", "my_groups", Subject.VIEWER),
    _example("Contributors", "contributors", Subject.GROUP, id="2", first=5),
    _example("Volunteer", "volunteer", Subject.VIEWER, range=_YEAR),
    _example("Home", "home", Subject.VIEWER, monday="2017-06-12"),
    replace(
        _example("Your stats", "your_stats", Subject.VIEWER, project="1", **_WEEK),
        days=7,
    ),
    _example("Certificate", "certificate", Subject.VIEWER, range=_days("2017-01-01", "2017-12-31")),
    _example(
        "Project statistics",
        "project",
        Subject.PROJECT,
        id="1",
        range=_days("2017-04-01", "2017-06-30"),
    ),
    _example("Site counter", "site_counter", Subject.SITE),
    _example("The whole site by month", "site_by_month", Subject.SITE),
    _example("Find projects and groups", "find", Subject.SITE, search="wild"),
)
