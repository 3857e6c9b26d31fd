"""Fitted examples, ``GET /graphql/examples``: examples with variables that fit the data.

They are the viewer's: the group is the first whose individual members the viewer may see, or else
the first whose totals they may see.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import asdict, replace
from datetime import date, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from gateway.auth.viewer import Viewer
from gateway.calendar import day_date
from gateway.directory.user_groups import OPEN_GROUPS
from gateway.errors import GatewayError
from gateway.graphql.endpoint.html import Example, Subject
from gateway.graphql.endpoint.response import refused
from gateway.http.response import json_response
from gateway.loaders.operation import Operation
from gateway.period import Period, period_start
from gateway.stats.present import FIRST_PROJECT, FIRST_PROJECT_OF_USER, first_and_last_day
from gateway.stats.subject import Kind
from gateway.telemetry.record import RequestRecord, record_of

Identify = Callable[[Iterable[tuple[str, str]]], Awaitable[Viewer]]
OpenOperation = Callable[[Viewer, RequestRecord], AbstractAsyncContextManager[Operation]]

#: Of groups whose totals anyone may see, so many are tried: Panoptes may say otherwise by now.
_OPEN_GROUPS = 20


class FittedExamples:
    """Serves the examples with fitted variables."""

    def __init__(
        self, examples: Sequence[Example], identify: Identify, open_operation: OpenOperation
    ) -> None:
        self._examples = examples
        self._identify = identify
        self._open_operation = open_operation

    async def respond(self, request: Request) -> Response:
        """All examples in their order; ``missing`` is the subject that one needs and lacks."""
        record = record_of(request.scope)
        try:
            viewer = await self._identify(request.headers.items())
            record.viewer = viewer.kind
            async with self._open_operation(viewer, record) as operation:
                values = {subject: await _values(subject, operation) for subject in Subject}
        except GatewayError as error:
            record.note_error(error.code, error)
            return refused({"message": error.message, "extensions": error.extensions}, error)
        fitted = [_fit(example, values[example.subject]) for example in self._examples]
        return json_response([asdict(example) for example in fitted], 200)


def _fit(example: Example, values: Mapping[str, Any] | None) -> Example:
    if values is None:
        return replace(example, missing=example.subject)
    fitting = dict(values)
    if example.days is not None and "end" in values:
        end = date.fromisoformat(values["end"])
        fitting["start"] = (end - timedelta(example.days - 1)).isoformat()
    variables = {name: fitting.get(name, value) for name, value in example.variables.items()}
    return replace(example, variables=variables)


async def _values(subject: Subject, operation: Operation) -> dict[str, Any] | None:
    """Values of the examples' variables, by their names; None if there is no such subject.

    Days are there only where the subject has any.
    """
    found = await _find(subject, operation)
    if found is None:
        return None
    kind, entity = found
    values: dict[str, Any] = {"id": str(entity)}
    if kind is Kind.USER:
        project = await _first(operation, FIRST_PROJECT_OF_USER, {"user": entity})
        if project is None:
            project = await _first(operation, FIRST_PROJECT, {})
        if project is not None:
            values["project"] = str(project)
    (days,) = await operation.snapshot.fetch(first_and_last_day(kind), {"entity": entity})
    first, last = days
    if first is None:
        return values
    days_of_subject = {"start": day_date(first).isoformat(), "end": day_date(last).isoformat()}
    return {
        **values,
        **days_of_subject,
        "range": days_of_subject,
        "monday": day_date(period_start(last, Period.WEEK)).isoformat(),
    }


async def _find(subject: Subject, operation: Operation) -> tuple[Kind, int] | None:
    """Find the entity for an example; None if there is none for this viewer."""
    viewer = operation.permissions.user_id
    if subject is Subject.GROUP:
        group = await _first_group(operation)
        return None if group is None else (Kind.GROUP, group)
    if subject is Subject.VIEWER:
        return None if viewer is None else (Kind.USER, viewer)
    if subject is Subject.PROJECT:
        project = await _first(operation, FIRST_PROJECT, {})
        return None if project is None else (Kind.PROJECT, project)
    return Kind.SITE, 0


async def _first_group(operation: Operation) -> int | None:
    viewer = operation.permissions.user_id
    memberships = () if viewer is None else await operation.loaders.memberships_by_user.load(viewer)
    own = [one.group_id for one in memberships if one.is_effective]
    rows = await operation.snapshot.fetch(OPEN_GROUPS, {"most": _OPEN_GROUPS})
    decided = await operation.loaders.access.load_many([*own, *(row[0] for row in rows)])
    visible = [one for one in decided if one is not None and one.aggregates]
    # One whose members are visible as well, if there is any: an example selects these.
    best = [one for one in visible if one.individuals] or visible
    return best[0].group.id if best else None


async def _first(operation: Operation, statement: Any, parameters: dict[str, Any]) -> int | None:
    rows = await operation.snapshot.fetch(statement, parameters)
    return int(rows[0][0]) if rows else None
