"""Operation executor: executes an operation breadth-first, or by graphql-core."""

from __future__ import annotations

from typing import Any

from graphql import ExecutionResult, GraphQLError, GraphQLObjectType, OperationType
from graphql.pyutils import Path

from gateway.graphql.execution.breadth_first import BreadthFirstExecution
from gateway.graphql.execution.counted_execution import CountedExecution
from gateway.graphql.execution.fallback import Fallback
from gateway.graphql.execution.plans import FieldPlan, plan_of
from gateway.graphql.execution.production import COST_OF_A_FALLEN_FIELD, VALUES_OF_AN_ERROR


class OperationExecutor(CountedExecution):
    """Executes a prepared operation with variables that were coerced.

    The results, errors included, are those of graphql-core's own executor: a differential test
    compares them. Queries begin breadth-first. What that cannot execute falls back to graphql-core,
    once and as a whole; its resolvers find what the loaders have read already. All else is
    graphql-core's from the beginning.
    """

    async def run(self) -> ExecutionResult:
        """Execute the operation; what goes wrong is in the result's errors.

        LimitExceeded if it produces too much, OperationTimeout if it takes too long.
        """
        if self.operation.operation is OperationType.QUERY and self.schema.query_type is not None:
            try:
                return await self._breadth_first(self.schema.query_type)
            # graphql-core meets a selection that cannot be collected again, and reports it.
            except (Fallback, GraphQLError):
                self.production.reset()
                self.field_cost = COST_OF_A_FALLEN_FIELD
        return await self._as_graphql_core()

    async def _breadth_first(self, root_type: GraphQLObjectType) -> ExecutionResult:
        plan = plan_of(self.schema, self.prepared, self.operation, self.variables)
        root = plan.root(root_type, self.variables)
        execution = BreadthFirstExecution(
            plan, self.variables, self._info_without_path, self._introspect, self.production
        )
        data = await execution.run(root)
        return ExecutionResult(data, execution.errors or None)

    async def _introspect(self, field: FieldPlan) -> Any:
        """The value of an introspection field, by graphql-core; Fallback for errors."""
        # A copy, whose errors are its own.
        alone = self.build_per_event_executor(None)
        path = Path(None, field.key, field.parent.name)
        value = alone.execute_field(field.parent, None, field.details, path, None)
        if alone.is_awaitable(value):
            value = await value
        if alone.collected_errors.errors:
            raise Fallback
        return value

    async def _as_graphql_core(self) -> ExecutionResult:
        try:
            result: Any = self.execute_operation()
            if self.is_awaitable(result):
                result = await result
        finally:
            self.compiled.clear()
        assert isinstance(result, ExecutionResult)  # noqa: S101 - it delivers nothing later
        self.production.add(0, VALUES_OF_AN_ERROR * len(result.errors or ()))
        if self.production.refusal is not None:
            # Nullable fields have caught it and are null by now.
            raise self.production.refusal
        return result

    def _info_without_path(self, field: FieldPlan) -> Any:
        return self.build_resolve_info(field.definition, field.nodes, field.parent, _NO_PATH)


class _NoPath:
    """Path of an info that many objects share: every use of it is a Fallback."""

    def _fall_back(self, *_: object) -> Any:
        raise Fallback

    __getattr__ = __getitem__ = __iter__ = _fall_back


_NO_PATH: Any = _NoPath()
