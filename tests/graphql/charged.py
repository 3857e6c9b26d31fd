"""An executor that charges a budget for what operations produce."""

from __future__ import annotations

from datetime import date
from typing import Any

import orjson
from graphql import OperationType

from gateway.auth.viewer import Viewer
from gateway.db import Database
from gateway.graphql.admission.admission import Admission
from gateway.graphql.admission.budget import Budget
from gateway.graphql.admission.cost import CostModel
from gateway.graphql.admission.document_limits import DocumentLimits
from gateway.graphql.documents.document_cache import Documents
from gateway.graphql.documents.request import GraphQLRequest
from gateway.graphql.execution.executor import Executor
from gateway.graphql.masking import ErrorMask
from gateway.loaders.operation import Operation
from gateway.telemetry.record import RequestRecord
from gateway.yielding import Yielding
from resolvers.schema import graphql_schema
from tests.asking import ADMIN, NOW

TODAY = (NOW.date() - date(1970, 1, 1)).days
PER_MINUTE = 10_000_000
#: The tests' own, which nobody watches.
WRITE = orjson.dumps


class Gateway:
    """An executor over a database, with a budget."""

    def __init__(self, database: Database, **limits: Any) -> None:
        now = NOW.timestamp()
        self.budget = Budget(limits.pop("per_minute", PER_MINUTE), lambda: now)
        self.yielding = limits.pop("yielding", None) or Yielding()
        self.record = RequestRecord("", "POST")
        self.costs = CostModel(graphql_schema, lambda: TODAY)
        cost_limit = limits.pop("cost_limit", 250_000)
        checked = Documents(
            graphql_schema, DocumentLimits(30, 100, 50), max_bytes=32_768, max_tokens=2000
        )

        def open_operation(viewer: Viewer, record: RequestRecord) -> Operation:
            return Operation(database, viewer, NOW, record=record, yielding=self.yielding)

        self._executor = Executor(
            graphql_schema,
            checked,
            open_operation,
            ErrorMask(),
            60,
            Admission(self.costs, cost_limit, self.budget),
            yielding=self.yielding,
            **limits,
        )

    async def ask(
        self, query: str, viewer: Viewer = ADMIN, name: str | None = None, **variables: Any
    ) -> dict[str, Any]:
        self.record = RequestRecord("", "POST")
        request = GraphQLRequest(query, variables, name)
        kinds = {OperationType.QUERY}
        answer = await self._executor.execute(request, viewer, kinds, self.record)
        shown: dict[str, Any] = orjson.loads(WRITE(answer))
        return shown

    async def spent(self, who: str = "user/1") -> int:
        minute, own = self.budget._minute, self.budget._own
        return minute.amount - (await own.get_window_stats(minute, who)).remaining


FILLED = """query ($ids: [ID!]!, $from: Date) { usersByIds(ids: $ids) {
  classifications(range: { start: $from }) { buckets(period: DAY, fillGaps: true) { count } }
} }"""
UNENDING = FILLED.replace("start: $from", "end: null").replace(", $from: Date", "")
REFERENCES = """query ($r: [_Any!]!) { _entities(representations: $r) { ... on User {
  classifications { buckets(period: DAY, fillGaps: true) { count } }
} } }"""
