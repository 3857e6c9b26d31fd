"""graphql-core's execution, in which all that is produced is counted and the loop has its turns.

It executes field by field in one go, and all tasks whose loader has answered go on in the same
turn of the loop. Here an object, a list or a resolver that would go on when a turn is due goes on
after it.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Generator, Sequence
from types import CoroutineType, coroutine
from typing import Any

from graphql import (
    GraphQLList,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLResolveInfo,
    get_named_type,
)
from graphql.execution.collect_fields import FieldDetailsList, GroupedFieldSet
from graphql.execution.executor import Executor
from graphql.pyutils import Path, gather_with_cancel
from strawberry.execution import optimized_is_awaitable

from gateway.graphql.admission.cost import declared, is_list
from gateway.graphql.execution.production import WORK_OF_A_FIELD, Production

#: Items of a list that are completed without asking whether a turn is due.
_ITEMS_AT_ONCE = 50


class CountedExecution(Executor[Any]):
    """Counts what an executor of graphql-core completes."""

    production: Production

    def execute_fields(
        self,
        parent_type: GraphQLObjectType,
        source_value: Any,
        path: Path | None,
        grouped_field_set: GroupedFieldSet,
        position_context: Any,
    ) -> Any:
        cost = 0
        for details in grouped_field_set.values():
            field = parent_type.fields.get(details[0].node.name.value)
            if field is not None and not is_list(field.type):
                cost += weight_of(parent_type, details[0].node.name.value)
        execute = super().execute_fields
        return self.counted_object(
            cost,
            len(grouped_field_set),
            lambda: execute(parent_type, source_value, path, grouped_field_set, position_context),
        )

    def counted_object(self, cost: int, fields: int, execute: Callable[[], Any]) -> Any:
        """Execute the fields of an object; later, if a turn is due."""
        self.production.add(cost, fields)
        self.production.work(WORK_OF_A_FIELD * fields)
        return execute() if not self.production.due else self._after_a_turn(execute)

    async def _after_a_turn(self, execute: Callable[[], Any]) -> Any:
        await self.production.turn()
        result = execute()
        return await result if optimized_is_awaitable(result) else result

    def complete_list_value(
        self,
        return_type: GraphQLList[GraphQLOutputType],
        field_details_list: FieldDetailsList,
        info: GraphQLResolveInfo[Any],
        path: Path,
        result: Any,
        position_context: Any,
    ) -> Any:
        if type(result) in (list, tuple):
            weight = weight_of(info.parent_type, info.field_name)
            self.production.add(weight * len(result), len(result))
        return self.complete_counted_list(
            return_type, field_details_list, info, path, result, position_context
        )

    def complete_counted_list(
        self,
        return_type: GraphQLList[GraphQLOutputType],
        field_details_list: FieldDetailsList,
        info: GraphQLResolveInfo[Any],
        path: Path,
        result: Any,
        position_context: Any,
    ) -> Any:
        """Complete a list whose items are counted, one by one."""
        given = (return_type, field_details_list, info, path, result, position_context)
        if type(result) not in (list, tuple) or len(result) <= _ITEMS_AT_ONCE:
            return super().complete_list_value(*given)
        if self.get_stream_usage(field_details_list, path):
            return super().complete_list_value(*given)
        return self._complete_in_turns(*given)

    async def _complete_in_turns(
        self,
        return_type: GraphQLList[GraphQLOutputType],
        field_details_list: FieldDetailsList,
        info: GraphQLResolveInfo[Any],
        path: Path,
        result: Sequence[Any],
        position_context: Any,
    ) -> list[Any]:
        """Complete a long list: an item that waited for a turn would be a task of its own."""
        completed: list[Any] = []
        pending: list[int] = []
        rest = (return_type.of_type, field_details_list, info)
        try:
            for index, item in enumerate(result):
                if index % _ITEMS_AT_ONCE == 0:
                    await self.production.turn()
                place = path.add_key(index, None)
                if self.is_awaitable(item):
                    completed.append(
                        self.complete_awaitable_list_item_value(
                            item, *rest, place, position_context
                        )
                    )
                    pending.append(index)
                elif self.complete_list_item_value(item, completed, *rest, place, position_context):
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

    async def complete_awaitable_value(
        self,
        return_type: GraphQLOutputType,
        field_details_list: FieldDetailsList,
        info: GraphQLResolveInfo[Any],
        path: Path,
        result: Any,
        position_context: Any,
    ) -> Any:
        if type(result) is CoroutineType:
            result = _in_turns(result, self.production)
        return await super().complete_awaitable_value(
            return_type, field_details_list, info, path, result, position_context
        )


def weight_of(parent: GraphQLObjectType, name: str) -> int:
    """What a value of a field costs; the schema itself costs nothing."""
    field = parent.fields.get(name)
    if field is None or get_named_type(field.type).name.startswith("__"):
        return 0
    return declared(field)[0]


@coroutine
def _in_turns(work: Coroutine[Any, Any, Any], production: Production) -> Generator[Any, Any, Any]:
    """Await a resolver; whenever it goes on, it does so after a turn that is due."""
    try:
        waited = work.send(None)
        while True:
            try:
                yield waited
                yield from production.turn().__await__()
            except BaseException as error:
                waited = work.throw(error)
            else:
                waited = work.send(None)
    except StopIteration as done:
        return done.value
