"""Compiled objects: completes objects by compiled selections in graphql-core's execution.

Objects all of whose fields are compiled are made by their compiled selection, several times
faster. Where that gives up, graphql-core executes the object, and each object below is tried again
by itself. So errors, and the paths to them, are graphql-core's own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from graphql import GraphQLError, GraphQLObjectType, GraphQLOutputType, get_nullable_type
from graphql.execution.collect_fields import FieldDetailsList

from gateway.graphql.documents.variables import OperationVariables
from gateway.graphql.execution.compiled_selection import CompiledSelection, Shared, compiled
from gateway.graphql.execution.fallback import Fallback
from gateway.graphql.execution.plans import OperationPlan
from gateway.graphql.execution.production import Production


class _Maker(NamedTuple):
    """A compiled selection, and what it makes objects with in one execution."""

    selection: CompiledSelection
    object_class: type
    arguments: list[dict[str, Any]]
    shared: list[Shared]


class CompiledObjects:
    """Makes objects for one execution of one operation."""

    def __init__(
        self,
        find_plan: Callable[[], OperationPlan],
        variables: OperationVariables,
        production: Production,
    ) -> None:
        self._find_plan = find_plan
        self._variables = variables
        self._production = production
        #: By type and the id of a list of details, which is referenced: its id stays unique.
        self._makers: dict[tuple[str, int], tuple[FieldDetailsList, _Maker | None]] = {}

    def make(
        self, kind: GraphQLOutputType, details: FieldDetailsList, values: Sequence[Any]
    ) -> list[Any] | None:
        """Complete values for the response; None if graphql-core has to execute them."""
        of = get_nullable_type(kind)
        if not isinstance(of, GraphQLObjectType):
            return None
        key = of.name, id(details)
        if key not in self._makers:
            self._makers[key] = details, self._maker(of, details)
        _, maker = self._makers[key]
        if maker is None or any(type(value) is not maker.object_class for value in values):
            return None
        try:
            return maker.selection.make(values, maker.arguments, self._production, maker.shared)
        except Fallback:
            return None

    def clear(self) -> None:
        """Free the compiled objects: executors end in cycles, and would keep them in memory."""
        self._makers.clear()

    def _maker(self, kind: GraphQLObjectType, details: FieldDetailsList) -> _Maker | None:
        # If only some of the nodes are deferred, a part comes later.
        if len({id(one.defer_usage) for one in details}) > 1:
            return None
        try:
            plan = self._find_plan()
            selection = plan.below(kind, details, self._variables)
            fast = compiled(plan, selection, self._variables)
            if fast.pending or selection.defers or selection.object_class is None:
                return None
            arguments = fast.arguments(self._variables)
        # graphql-core meets a selection that cannot be collected again, and reports it.
        except (Fallback, GraphQLError):
            return None
        return _Maker(fast, selection.object_class, arguments, fast.new_shared())
