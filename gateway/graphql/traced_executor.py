"""An executor whose operations are spans of a trace."""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import AbstractContextManager

from graphql import OperationType

from gateway.auth.viewer import Viewer
from gateway.graphql.execute import Answer, Executor
from gateway.graphql.request import GraphQLRequest
from gateway.telemetry.record import RequestRecord

#: Entered around an operation.
AroundOperation = Callable[[RequestRecord], AbstractContextManager[None]]


class TracedExecutor:
    """Executes as the executor does."""

    def __init__(self, executor: Executor, around: AroundOperation) -> None:
        self._executor = executor
        self._around = around

    async def execute(
        self,
        request: GraphQLRequest,
        viewer: Viewer,
        allowed: Collection[OperationType],
        record: RequestRecord,
    ) -> Answer:
        """As :meth:`Executor.execute`."""
        with self._around(record):
            return await self._executor.execute(request, viewer, allowed, record)
