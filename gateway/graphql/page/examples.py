"""The operations that the page offers to load: those of the pages that front ends build.

Each is a file in ``operations``; ``docs/queries.md`` shows them with their answers, and a test runs
each. Their variables are of the demo: group 2 and project 1.
"""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from gateway.graphql.html import Example


def _example(title: str, file: str, **variables: Any) -> Example:
    text = (files(__package__) / "operations" / f"{file}.graphql").read_text("utf-8")
    return Example(title, text, variables)


EXAMPLES = (
    _example("Group", "group", id="2", start="2016-06-01", end="2017-06-30"),
    _example("Group cards", "group_cards"),
    _example("Contributors", "contributors", id="2", first=5),
    _example("Volunteer", "volunteer", start="2016-06-01", end="2017-06-30"),
    _example("Home", "home", monday="2017-06-12"),
    _example("Your stats", "your_stats", project="1", start="2017-06-12", end="2017-06-18"),
    _example("Certificate", "certificate", start="2017-01-01", end="2017-12-31"),
    _example("Project statistics", "project", id="1", start="2017-04-01", end="2017-06-30"),
    _example("Site counter", "site_counter"),
    _example("The whole site by month", "site_by_month"),
)
