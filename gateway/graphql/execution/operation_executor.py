"""Executes one operation: graphql-core's executor, along a plan that was made before."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from graphql import (
    ExecutionResult,
    GraphQLError,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLResolveInfo,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    default_field_resolver,
)
from graphql.execution.collect_fields import CollectedFields, FieldDetailsList
from graphql.execution.executor import default_type_resolver
from graphql.pyutils import Path, gather_with_cancel
from strawberry.execution import optimized_is_awaitable
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from gateway.graphql.documents.document_cache import PreparedDocument
from gateway.graphql.documents.variables import OperationVariables
from gateway.graphql.execution.breadth_first import WaveExecution
from gateway.graphql.execution.compiled_selection import FEW, NotReady, ReadyObject
from gateway.graphql.execution.counted_execution import CountedExecution
from gateway.graphql.execution.plans import FieldPlan, Selection, plan_of
from gateway.graphql.execution.production import VALUES_OF_AN_ERROR, Production


class OperationExecutor(CountedExecution, StrawberryGraphQLCoreExecutionContext):
    """Executes a prepared operation with variables that were coerced.

    The results, errors included, are those of graphql-core's own executor: a differential test
    compares them.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        prepared: PreparedDocument,
        operation: OperationDefinitionNode,
        variables: OperationVariables,
        context: object,
        production: Production,
    ) -> None:
        super().__init__(
            schema,
            prepared.fragments,
            prepared.fragment_details,
            None,
            context,
            operation,
            variables,
            default_field_resolver,
            default_type_resolver,
            default_field_resolver,
            is_awaitable=optimized_is_awaitable,
        )
        self.variables = variables
        self.production = production
        self._plan = plan_of(schema, prepared, operation, variables)
        self._arguments: dict[ReadyObject, list[dict[str, Any]]] = {}

    async def run(self) -> ExecutionResult:
        """Execute the operation; what goes wrong is in the result's errors.

        LimitExceeded if it produces too much, OperationTimeout if it takes too long.
        """
        kind = self.operation.operation
        root_type = self.schema.get_root_type(kind)
        if root_type is None:
            message = f"Schema is not configured to execute {kind.value} operation."
            return ExecutionResult(None, [GraphQLError(message, self.operation)])
        try:
            root = self._plan.root(root_type, self.variables)
        except GraphQLError as error:
            return ExecutionResult(None, [error])
        if kind is OperationType.MUTATION:
            return await self._field_by_field(root)
        waves = WaveExecution(self._plan, self.variables, self._info_without_path, self.production)
        # A selection that cannot be collected is met again where it stands.
        try:
            data = await waves.run(root)
        except (NotReady, GraphQLError):
            self.production.start_again()
            return await self._field_by_field(root)
        return ExecutionResult(data, waves.errors or None)

    async def _field_by_field(self, root: Selection) -> ExecutionResult:
        """Execute as graphql-core does."""
        data: dict[str, Any] | None = None
        try:
            if self.operation.operation is OperationType.MUTATION:
                pending: Any = self.execute_fields_serially(
                    root.object_type, None, None, root.collected.grouped_field_set, None
                )
            else:
                pending = self._execute(root, None, None)
            data = await pending if optimized_is_awaitable(pending) else pending
        except GraphQLError as error:
            self.collected_errors.add(error, None)
        self.production.add(0, VALUES_OF_AN_ERROR * len(self.collected_errors.errors))
        if self.production.refusal is not None:
            # Fields that could do without it are null by now, and the rest went on.
            raise self.production.refusal
        return ExecutionResult(data, self.collected_errors.errors or None)

    def _info_without_path(self, field: FieldPlan, parent: GraphQLObjectType) -> Any:
        nowhere: Any = None
        return self.build_resolve_info(field.definition, field.nodes, parent, nowhere)

    def collect_subfields(
        self, return_type: GraphQLObjectType, field_details_list: FieldDetailsList
    ) -> CollectedFields:
        return self._plan.below(return_type, field_details_list, self.variables).collected

    def collect_and_execute_subfields(
        self,
        return_type: GraphQLObjectType,
        field_details_list: FieldDetailsList,
        path: Path,
        result: Any,
        position_context: Any,
    ) -> Any:
        selection = self._plan.below(return_type, field_details_list, self.variables)
        try:
            ready = selection.ready(self.variables)
            if not ready.pending:
                (made,) = ready.few((result,), self._arguments_of(ready), self.production)
                return made
        except (NotReady, GraphQLError):
            pass  # what it was is met again below
        return self._execute(selection, result, path)

    def complete_counted_list(
        self,
        return_type: GraphQLList[GraphQLOutputType],
        field_details_list: FieldDetailsList,
        info: GraphQLResolveInfo[Any],
        path: Path,
        result: Any,
        position_context: Any,
    ) -> Any:
        one_by_one = super().complete_counted_list
        given = (return_type, field_details_list, info, path, result, position_context)
        item = return_type.of_type
        if isinstance(item, GraphQLNonNull):
            item = item.of_type
        if isinstance(item, GraphQLObjectType) and type(result) in (list, tuple):
            selection = self._plan.below(item, field_details_list, self.variables)
            try:
                ready = selection.ready(self.variables)
                if not ready.pending:
                    arguments = self._arguments_of(ready)
                    if len(result) > FEW or self.production.due:
                        return self._complete_many(
                            ready, arguments, result, lambda: one_by_one(*given)
                        )
                    return ready.few(result, arguments, self.production)
            except (NotReady, GraphQLError):
                pass  # what it was is met again below
        return one_by_one(*given)

    async def _complete_many(
        self,
        ready: ReadyObject,
        arguments: list[dict[str, Any]],
        values: Sequence[Any],
        one_by_one: Callable[[], Any],
    ) -> Any:
        try:
            await self.production.turn()
            return await ready.many(values, arguments, self.production)
        except NotReady:
            completed = one_by_one()
        return await completed if optimized_is_awaitable(completed) else completed

    def _arguments_of(self, ready: ReadyObject) -> list[dict[str, Any]]:
        known = self._arguments.get(ready)
        if known is None:
            known = self._arguments[ready] = ready.arguments(self.variables)
        return known

    def _execute(self, selection: Selection, source: Any, path: Path | None) -> Any:
        """The response for the selection on one object, or what has to be awaited for it."""
        return self.counted_object(
            selection.cost,
            len(selection.fields),
            lambda: self._execute_each(selection, source, path),
        )

    def _execute_each(self, selection: Selection, source: Any, path: Path | None) -> Any:
        results: dict[str, Any] = {}
        pending: list[str] = []
        type_name = selection.object_type.name
        try:
            for field in selection.fields:
                key = field.key
                result = self._execute_field(selection, field, source, Path(path, key, type_name))
                results[key] = result
                if optimized_is_awaitable(result):
                    pending.append(key)
        except Exception:
            if pending:
                self.settle_in_background([results[key] for key in pending])
            raise
        return _awaited(results, pending) if pending else results

    def _execute_field(
        self, selection: Selection, field: FieldPlan, source: Any, path: Path
    ) -> Any:
        definition, details = field.definition, field.details
        return_type = definition.type
        info = self.build_resolve_info(definition, field.nodes, selection.object_type, path)
        try:
            arguments = field.arguments(self.variables)
            if field.resolver is not None:
                result = field.resolver.call(source, field.resolver.info(info), **arguments)
            else:
                resolve = definition.resolve or default_field_resolver
                result = resolve(source, info, **arguments)
            if optimized_is_awaitable(result):
                return self.complete_awaitable_value(return_type, details, info, path, result, None)
            completed = self.complete_value(return_type, details, info, path, result, None)
            if optimized_is_awaitable(completed):
                return self._settled(completed, field, path)
        except Exception as error:
            self.handle_field_error(error, return_type, details, path)
            return None
        return completed

    async def _settled(self, completed: Awaitable[Any], field: FieldPlan, path: Path) -> Any:
        try:
            return await completed
        except Exception as error:
            self.handle_field_error(error, field.definition.type, field.details, path)
            return None


async def _awaited(results: dict[str, Any], pending: list[str]) -> dict[str, Any]:
    if len(pending) == 1:
        (key,) = pending
        results[key] = await results[key]
    else:
        done = await gather_with_cancel(*(results[key] for key in pending))
        results.update(zip(pending, done, strict=True))
    return results
