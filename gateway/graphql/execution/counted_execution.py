"""Counted execution: graphql-core's, which counts what it produces and yields to the event loop.

Objects that are compiled are made at once. graphql-core executes the rest field by field in one go,
and all tasks whose loader has answered go on in the same iteration of the loop. Here an object, a
list or a resolver that would go on when yielding is due yields first.
"""

from __future__ import annotations

from collections.abc import Coroutine, Generator, Sequence
from functools import partial
from types import CoroutineType, coroutine
from typing import Any

from graphql import (
    GraphQLList,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLResolveInfo,
    GraphQLSchema,
    OperationDefinitionNode,
    Undefined,
    default_field_resolver,
)
from graphql.execution.collect_fields import FieldDetailsList, GroupedFieldSet
from graphql.execution.executor import default_type_resolver
from graphql.pyutils import Path, gather_with_cancel
from strawberry.execution import optimized_is_awaitable
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from gateway.graphql.admission.cost import is_list, weight_of
from gateway.graphql.documents.document_cache import PreparedDocument
from gateway.graphql.documents.variables import OperationVariables
from gateway.graphql.execution.compiled_objects import CompiledObjects
from gateway.graphql.execution.plans import plan_of
from gateway.graphql.execution.production import WORK_OF_A_FIELD, Production

#: Items of a list that are completed without asking whether to yield.
_ITEMS_AT_ONCE = 50


class CountedExecution(StrawberryGraphQLCoreExecutionContext):
    """Executes a prepared operation as graphql-core does, and counts what it completes."""

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
        #: What each field costs beside its own weight; the schema itself costs nothing.
        self.field_cost = 0
        self.prepared = prepared
        self.variables = variables
        self.production = production
        #: By the id of a field set: the field set, so that no other takes its id, and its cost.
        self._costs: dict[int, tuple[GroupedFieldSet, int]] = {}
        find_plan = partial(plan_of, schema, prepared, operation, variables)
        self.compiled = CompiledObjects(find_plan, variables, production)

    # What graphql-core calls, it calls with arguments by position.

    def execute_fields(self, *args: Any, **kwargs: Any) -> Any:
        parent_type, _, _, field_set, _ = args
        self.production.add(self._cost(parent_type, field_set), len(field_set))
        self.production.work(WORK_OF_A_FIELD * len(field_set))
        if self.production.due:
            return self._execute_after_yielding(*args)
        return super().execute_fields(*args)

    def execute_fields_serially(
        self,
        parent_type: GraphQLObjectType,
        source_value: Any,
        path: Path | None,
        grouped_field_set: GroupedFieldSet,
        position_context: Any,
    ) -> Any:
        """The fields of a mutation. Once the operation has produced too much, none is begun."""
        self.production.add(self._cost(parent_type, grouped_field_set), len(grouped_field_set))
        args = (parent_type, source_value, path, grouped_field_set, position_context)
        return self._one_by_one(*args)

    async def _one_by_one(
        self,
        parent_type: GraphQLObjectType,
        source_value: Any,
        path: Path | None,
        grouped_field_set: GroupedFieldSet,
        position_context: Any,
    ) -> dict[str, Any]:
        results: dict[str, Any] = {}
        for key, details in grouped_field_set.items():
            self.production.check()
            below = Path(path, key, parent_type.name)
            result = self.execute_field(parent_type, source_value, details, below, position_context)
            if result is not Undefined:
                results[key] = await result if self.is_awaitable(result) else result
        return results

    def _cost(self, parent_type: GraphQLObjectType, field_set: GroupedFieldSet) -> int:
        """What the fields of an object cost, without the items of lists."""
        known = self._costs.get(id(field_set))
        if known is None:
            cost = self.field_cost * len(field_set)
            if parent_type.name.startswith("__"):
                cost = 0
            for details in field_set.values():
                field = parent_type.fields.get(details[0].node.name.value)
                if field is not None and not is_list(field.type):
                    cost += weight_of(field)
            known = self._costs[id(field_set)] = field_set, cost
        return known[1]

    async def _execute_after_yielding(self, *args: Any) -> Any:
        await self.production.yield_if_due()
        result = super().execute_fields(*args)
        return await result if self.is_awaitable(result) else result

    def complete_list_value(self, *args: Any, **kwargs: Any) -> Any:
        _, field_details_list, info, path, result, _ = args
        if type(result) not in (list, tuple):
            return super().complete_list_value(*args)
        field = self.schema.get_field(info.parent_type, info.field_name)
        weight = 0 if field is None else weight_of(field)
        self.production.add(weight * len(result), len(result))
        if len(result) <= _ITEMS_AT_ONCE or self.get_stream_usage(field_details_list, path):
            return super().complete_list_value(*args)
        return self._complete_yielding(*args)

    async def _complete_yielding(
        self,
        return_type: GraphQLList[GraphQLOutputType],
        field_details_list: FieldDetailsList,
        info: GraphQLResolveInfo[Any],
        path: Path,
        result: Sequence[Any],
        position_context: Any,
    ) -> list[Any]:
        """Complete a long list: an item that yielded would be a task of its own."""
        completed: list[Any] = []
        pending: list[int] = []
        rest = (return_type.of_type, field_details_list, info)
        try:
            for index, item in enumerate(result):
                if index % _ITEMS_AT_ONCE == 0:
                    await self.production.yield_if_due()
                    items = result[index : index + _ITEMS_AT_ONCE]
                    completed += self.compiled.make(*rest[:2], items) or ()
                if index < len(completed):
                    continue
                below = path.add_key(index, None)
                if self.is_awaitable(item):
                    completed.append(
                        self.complete_awaitable_list_item_value(
                            item, *rest, below, position_context
                        )
                    )
                    pending.append(index)
                elif self.complete_list_item_value(item, completed, *rest, below, position_context):
                    pending.append(index)
        except BaseException:
            if pending:
                self.settle_in_background([completed[index] for index in pending])
            raise
        if pending:
            done = await gather_with_cancel(*(completed[index] for index in pending))
            for index, one in zip(pending, done, strict=True):
                completed[index] = one
        return completed

    def complete_object_value(self, *args: Any, **kwargs: Any) -> Any:
        return_type, field_details_list, _, _, result, _ = args
        # Whether yielding is due or not: the cost must not depend on that.
        made = self.compiled.make(return_type, field_details_list, (result,))
        return super().complete_object_value(*args) if made is None else made[0]

    async def complete_awaitable_value(self, *args: Any, **kwargs: Any) -> Any:
        kind, details, info, path, result, position = args
        if type(result) is CoroutineType:
            result = _yielding(result, self.production)
        return await super().complete_awaitable_value(kind, details, info, path, result, position)


@coroutine
def _yielding(work: Coroutine[Any, Any, Any], production: Production) -> Generator[Any, Any, Any]:
    """Await a resolver; it yields before it goes on if that is due."""
    try:
        waited = work.send(None)
        while True:
            try:
                yield waited
                yield from production.yield_if_due().__await__()
            except BaseException as error:
                waited = work.throw(error)
            else:
                waited = work.send(None)
    except StopIteration as done:
        return done.value
