"""File kinds: the GraphQL operation of each file, and its rows as CSV."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.arguments import read_id
from gateway.errors import ExclusiveArguments, InvalidArgument
from gateway.files.cells import Cell
from gateway.period import describe_defaults, name_periods
from gateway.rest.eras.parameters import (
    END_DATE,
    ID,
    PERIOD,
    PROJECT_ID,
    START_DATE,
    WORKFLOW_ID,
    Given,
    Parameter,
    read_days,
    read_ids,
    read_period,
)

#: An object of a response, by the field names of the schema.
Node = Mapping[str, Any]
Variables = Mapping[str, Any]
#: Executes an operation and returns its data; raises its errors.
RunQuery = Callable[[str, Variables], Awaitable[Node]]


@dataclass(frozen=True)
class Columns:
    """CSV columns: their names, and the cells of each row."""

    names: Sequence[str]
    cells: Callable[[Node], Sequence[Cell]]


@dataclass(frozen=True)
class FileKind:
    """Kind of file at a path; ``document`` is a query whose rows are at ``rows_path`` in its data.

    With a ``page_size`` the rows are a connection, which is read to its end. ``columns`` may run
    a query for the names of the columns.
    """

    path: str
    summary: str
    parameters: Sequence[Parameter]
    document: str
    rows_path: Sequence[str]
    columns: Callable[[RunQuery, Variables], Awaitable[Columns]]
    page_size: int | None = None

    def variables(self, path: Mapping[str, str], given: Given) -> Variables:
        """Variables of the document; ArgumentError for a parameter that cannot be used."""
        names = {parameter.name for parameter in self.parameters}
        for name in given:
            if name not in names:
                raise InvalidArgument(name, "There is no such parameter here.")
        variables: dict[str, Any] = {}
        if "id" in path:
            variables["id"] = str(read_id(ID.name, path["id"]))
        read_days(given)
        days = {"start": given.get(START_DATE.name), "end": given.get(END_DATE.name)}
        variables["range"] = days
        period = read_period(given)
        variables["period"] = None if period is None else period.name
        projects, workflows = read_ids(given, PROJECT_ID), read_ids(given, WORKFLOW_ID)
        if projects is not None and workflows is not None:
            raise ExclusiveArguments(
                WORKFLOW_ID.name, "Choose projects or workflows, and not both."
            )
        variables["workflowIds"] = workflows
        if projects is not None:
            variables["within"] = {"projectIds": projects}
        elif workflows is not None:
            variables["within"] = {"workflowIds": workflows}
        return variables

    def file_name(self, path: Mapping[str, str], day: str, suffix: str) -> str:
        """File name in plain letters, such as ``groups-5-contributors-2026-11-30.csv``."""
        parts = self.path.format_map({name: read_id(name, text) for name, text in path.items()})
        return f"{parts.removeprefix('/files/').replace('/', '-')}-{day}.{suffix}"


def hours(seconds: float) -> float:
    """Hours of seconds, not rounded: that is for display only."""
    return seconds / 3600


DAYS = (START_DATE, END_DATE)
SCOPES = (PROJECT_ID, WORKFLOW_ID)
BY_PERIOD = Parameter(
    PERIOD.name,
    f"{name_periods()}. Without it: {describe_defaults()}.",
    PERIOD.schema,
)
