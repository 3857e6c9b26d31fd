"""``get_group_count``: how many groups, as a CKAN action answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable

from starlette.requests import Request

from gateway.auth.viewer import Viewer
from gateway.loaders.operation import Operation
from gateway.rest.ckan.action import ActionEndpoint
from gateway.rest.ckan.group_count_query import read_query
from gateway.telemetry.record import RequestRecord, record_of

#: The viewer of a request's header lines.
Identify = Callable[[Iterable[tuple[str, str]]], Awaitable[Viewer]]


class GroupCountEndpoint(ActionEndpoint):
    """Counts groups, for viewers who may."""

    name = "get_group_count"
    parameters = ("start_date", "end_date", "date_field", "query")
    as_json = ("query",)

    def __init__(
        self,
        identify: Identify,
        open_operation: Callable[[Viewer, RequestRecord], Operation],
        body_limit: int,
    ) -> None:
        super().__init__(body_limit)
        self._identify = identify
        self._open_operation = open_operation

    async def result(self, request: Request) -> dict[str, int]:
        viewer = await self._identify(request.headers.items())
        record = record_of(request.scope)
        record.viewer = viewer.kind
        async with self._open_operation(viewer, record) as operation:
            # Checked before the body is read: it may be large.
            operation.loaders.access.require_groups_count()
            question = read_query(await self.given(request), operation.today)
            ((count,),) = await operation.loaders.group_counts.load(question)
            return {"count": int(count)}
