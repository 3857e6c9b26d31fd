"""What connections watch: each page has a number that grows by the events that it counts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import cycle, islice
from typing import Any, NamedTuple

import orjson

from benchmarks.client import http_request
from benchmarks.generate import PROJECTS

_TASKS = 3
_PERIODS = ("YEAR", "MONTH", "WEEK")
_CHART = (
    "classifications { totalCount timeSpent buckets(period: $period) { startsOn count timeSpent } }"
)
_SITE = _CHART
_PROJECT = f"project(id: $id) {{ displayName {_CHART} }}"
_WORKFLOW = f"workflow(id: $id) {{ {_CHART} }}"
#: Every event changes the first number.
_BOTH = f"classifications {{ totalCount }} {_WORKFLOW}"


class Event(NamedTuple):
    """What pages count an event by."""

    project: int
    workflow: int


def _any_event(_: Event) -> bool:
    return True


def _is_of_project(project: int, event: Event) -> bool:
    return event.project == project


def _is_of_workflow(workflow: int, event: Event) -> bool:
    return event.workflow == workflow


class Page(NamedTuple):
    """A selection; its first ``totalCount`` is the number of all events that it ``counts``."""

    selection: str
    variables: Mapping[str, Any]
    counts: Callable[[Event], bool] = _any_event

    def subscription(self, headers: Mapping[str, str]) -> bytes:
        """The request that opens its stream."""
        accepted = {"Accept": "text/event-stream", **headers}
        return self._request(
            f"subscription {self._declared} {{ live {{ {self.selection} }} }}", accepted
        )

    def query(self) -> bytes:
        """The request for its answer now."""
        return self._request(f"query {self._declared} {{ {self.selection} }}", {})

    @property
    def _declared(self) -> str:
        return "($id: ID!, $period: Period!)" if "id" in self.variables else "($period: Period!)"

    def _request(self, text: str, headers: Mapping[str, str]) -> bytes:
        body = orjson.dumps({"query": text, "variables": self.variables})
        return http_request("/graphql", body, dict(headers))


def same(number: int) -> list[Page]:
    """The site's page, for everybody."""
    return [Page(_SITE, {"period": "MONTH"})] * number


def different(number: int) -> list[Page]:
    """Pages of projects and of workflows, by year, by month and by week."""
    return list(islice(cycle([*_of_projects(), *_of_workflows(_WORKFLOW)]), number))


def changing(number: int) -> list[Page]:
    """Pages of workflows on which the site's total stands, too."""
    pages = (page._replace(counts=_any_event) for page in _of_workflows(_BOTH))
    return list(islice(cycle(pages), number))


def _of_projects() -> Iterator[Page]:
    for project in range(1, PROJECTS + 1):
        yield Page(
            _PROJECT,
            {"id": str(project), "period": "MONTH"},
            partial(_is_of_project, project),
        )


def _of_workflows(selection: str) -> Iterator[Page]:
    for period in _PERIODS:
        for workflow in workflows():
            yield Page(
                selection,
                {"id": str(workflow), "period": period},
                partial(_is_of_workflow, workflow),
            )


def workflows() -> Iterator[int]:
    """The ids of all workflows that generated events are of."""
    for project in range(1, PROJECTS + 1):
        yield from range(10 * project, 10 * project + _TASKS)
