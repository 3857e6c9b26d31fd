"""Admission: decides whether a valid operation is executed, by schema access, cost and budget."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graphql import FieldNode, GraphQLError, OperationDefinitionNode

from gateway.auth.viewer import Viewer
from gateway.graphql.admission.budget import Budget
from gateway.graphql.admission.cost import CostModel
from gateway.graphql.documents.document_cache import InvalidDocument, PreparedDocument
from gateway.graphql.documents.named_nodes import has_node
from gateway.graphql.refusals import CostTooHigh

#: Introspection fields; federation's ``_service`` has the text of the schema.
_OF_THE_SCHEMA = frozenset({"__schema", "__type", "_service"})

#: Letters of a refused document that cost 1: to parse and validate them takes about as long as to
#: answer what costs that.
LETTERS_A_COST = 10


class Admission:
    """Admits operations up to a cost, within the viewer's budget if there is one.

    With a ``closed`` schema only site admins, and API keys with the same rights, may introspect it;
    for all others introspection fields are unknown fields.
    """

    def __init__(
        self,
        costs: CostModel,
        cost_limit: int,
        budget: Budget | None = None,
        *,
        closed: bool = False,
    ) -> None:
        self._costs = costs
        self._budget = budget
        self._closed = closed
        # A cost beyond any minute's budget is CostTooHigh, not RateLimited: waiting does not help.
        self.cost_limit = cost_limit if budget is None else min(cost_limit, budget.per_minute)

    async def admit(
        self,
        prepared: PreparedDocument,
        operation: OperationDefinitionNode,
        variables: Mapping[str, Any],
        viewer: Viewer,
        address: str,
    ) -> int:
        """Return the operation's cost.

        Raises InvalidDocument for what a closed schema does not show, CostTooHigh, RateLimited.
        """
        if not viewer.is_site_admin and self.refuses_some(prepared):
            raise InvalidDocument([GraphQLError("The schema is closed.")])
        cost = self._costs.cost(prepared, operation, variables)
        if cost > self.cost_limit:
            raise CostTooHigh(self.cost_limit, cost)
        await self.spend(viewer, address, cost)
        return cost

    async def spend(self, viewer: Viewer, address: str, cost: int) -> None:
        """Charge an operation that was admitted before; RateLimited if too little is left."""
        if self._budget is not None:
            await self._budget.spend(viewer, address, cost)

    def refuses_some(self, prepared: PreparedDocument) -> bool:
        """Whether a document is refused to some viewers for what a closed schema does not show."""
        return self._closed and has_node(prepared, FieldNode, _OF_THE_SCHEMA)

    async def require_budget(self, viewer: Viewer, address: str) -> None:
        """Check that the viewer has budget left, before a document is read; else RateLimited."""
        if self._budget is not None:
            await self._budget.require(viewer, address)

    async def charge_excess(self, charged: int, produced: int, viewer: Viewer, address: str) -> int:
        """Charge what was produced beyond what was charged; return what the operation costs."""
        if self._budget is not None and produced > charged:
            await self._budget.charge(viewer, address, produced - charged)
        return max(charged, produced)

    async def charge_refused(self, text: str, viewer: Viewer, address: str) -> None:
        """Charge for a document that was parsed and refused, by its length."""
        if self._budget is not None:
            await self._budget.charge(viewer, address, 1 + len(text) // LETTERS_A_COST)
