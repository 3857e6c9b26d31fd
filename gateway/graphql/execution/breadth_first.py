"""Breadth-first execution: each field of a level is resolved for all objects of the level.

graphql-core executes depth first, and each field that has to be awaited becomes a task. Here the
resolvers of a level are called one after the other. Their coroutines run until they wait for a
loader; when all of them wait, the loaders answer all of them together, and they go on. What they
return is completed for all objects of the level, and begins the level below. There is one task, no
path and no info object for each field, and loaders see the largest batches there can be. Objects
of an abstract type are a level for each type that they turn out to be of.

What is produced is counted as it comes, and after a certain amount it yields to the event loop. An
error of a nullable field is collected here, at its path. In every other case (an
error that would spread to a parent, a value of another type than declared, a resolver that reads
its path or needs a task of its own) the operation falls back to graphql-core: Fallback.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from itertools import accumulate, chain
from types import CoroutineType
from typing import Any

from graphql import GraphQLAbstractType, GraphQLError, GraphQLObjectType, located_error

from gateway.graphql.documents.variables import OperationVariables
from gateway.graphql.execution.compiled_selection import CompiledSelection, compiled
from gateway.graphql.execution.coroutine_rounds import CoroutineRounds
from gateway.graphql.execution.fallback import Fallback
from gateway.graphql.execution.level_values import (
    LISTS,
    LevelValues,
    PathTo,
    path_in,
    path_of_field,
    path_of_item,
    put_field,
    put_items,
)
from gateway.graphql.execution.plans import (
    INTROSPECTION,
    Completion,
    FieldPlan,
    OperationPlan,
    Selection,
)
from gateway.graphql.execution.production import (
    VALUES_OF_AN_ERROR,
    WORK_OF_A_CALL,
    WORK_OF_A_LIST,
    WORK_OF_AN_ERROR,
    Production,
)
from gateway.graphql.execution.resolving import FieldResolver
from gateway.graphql.execution.runtime_types import check_type, type_of

#: Builds graphql-core's info for a field; all objects of a level share it, so it has no path.
BuildInfo = Callable[[FieldPlan], Any]

#: Gives what graphql-core makes of ``__schema`` or ``__type``.
Introspect = Callable[[FieldPlan], Awaitable[Any]]


class BreadthFirstExecution:
    """One execution of one operation."""

    def __init__(
        self,
        plan: OperationPlan,
        variables: OperationVariables,
        build_info: BuildInfo,
        introspect: Introspect,
        production: Production,
    ) -> None:
        self._plan = plan
        self._variables = variables
        self._build_info = build_info
        self._introspect = introspect
        self._production = production
        self._rounds = CoroutineRounds(production)
        self._arguments: dict[CompiledSelection, list[dict[str, Any]]] = {}
        self.errors: list[GraphQLError] = []

    async def run(self, root: Selection) -> dict[str, Any]:
        """Execute the operation, and return its data; Fallback if breadth-first cannot."""
        try:
            (data,) = await self._level(root, [None], lambda _: [])
            await self._rounds.run(self._finish)
        finally:
            self._rounds.close()
        return data

    async def _level(
        self, selection: Selection, objects: Sequence[Any], path: PathTo
    ) -> list[dict[str, Any]]:
        """The responses for objects of one selection; fields that wait are filled in later."""
        if not selection.is_supported:
            raise Fallback
        fast = compiled(self._plan, selection, self._variables)
        arguments = self._arguments.get(fast)
        if arguments is None:
            arguments = self._arguments[fast] = fast.arguments(self._variables)
        responses = await fast.complete(objects, arguments, self._production)
        for field in fast.pending:
            if field.name in INTROSPECTION:
                # Of the root alone, of which there is one.
                responses[0][field.key] = await self._introspect(field)
                continue
            values = LevelValues(
                field,
                field.completion,
                [None] * len(objects),
                partial(path_of_field, path, field.key),
                partial(put_field, responses, field.key),
            )
            await self._resolve(values, objects)
            if not values.unfinished:
                await self._finish(values)
        return responses

    async def _resolve(self, values: LevelValues, objects: Sequence[Any]) -> None:
        """Call the field's resolver for all objects, or read its attribute."""
        field, production = values.field, self._production
        if field.resolver is None:
            try:
                values.found = [getattr(one, field.attribute) for one in objects]
            except Exception as error:
                raise Fallback from error
            if field.is_list:
                values.count_lists(values.found, production)
            return
        info = field.resolver.info(self._build_info(field))
        try:
            arguments = field.arguments(self._variables)
        except Exception as error:
            values.errors = dict.fromkeys(range(len(objects)), error)
            return
        if field.hints.batched is None:
            await self._call(field.resolver, values, objects, info, arguments)
            return
        each = WORK_OF_A_LIST if field.is_list else WORK_OF_A_CALL
        for part in production.yielding.slices(len(objects), each):
            batch = field.hints.batched(objects[part], info, **arguments)
            self._rounds.begin(batch, values, part)
            production.work(WORK_OF_A_CALL * (part.stop - part.start))
            await production.yield_if_due()

    async def _call(
        self,
        resolver: FieldResolver,
        values: LevelValues,
        objects: Sequence[Any],
        info: Any,
        arguments: dict[str, Any],
    ) -> None:
        production = self._production
        is_list, yielding = values.field.is_list, production.yielding
        for index, one in enumerate(objects):
            try:
                value = resolver.call(one, info, **arguments)
            except Exception as error:
                values.fail(index, error)
            else:
                if type(value) is CoroutineType:
                    self._rounds.begin(value, values, index)
                    continue
                values.found[index] = value
                if is_list:
                    values.count_lists((value,), production)
            # A call that waits for nothing has made all of its list by now.
            production.work(WORK_OF_A_CALL)
            if yielding.done >= yielding.work_per_yield:
                await production.yield_if_due()

    async def _finish(self, values: LevelValues) -> None:
        completion, field = values.completion, values.field
        if values.errors and completion.required:
            raise Fallback
        for index in sorted(values.errors):
            error = located_error(values.errors[index], field.nodes, values.path(index))
            self.errors.append(error)
            self._production.add(0, VALUES_OF_AN_ERROR)
            self._production.work(WORK_OF_AN_ERROR)
            await self._production.yield_if_due()
        values.put(await self._complete(completion, field, values.found, values.path))

    async def _complete(
        self, completion: Completion, field: FieldPlan, values: Sequence[Any], path: PathTo
    ) -> Sequence[Any]:
        """Complete values for the response; Fallback if one is wrong."""
        if not values:
            return values
        if None not in values:
            return await self._complete_present(completion, field, values, path)
        if completion.required:
            raise Fallback
        present = [index for index, value in enumerate(values) if value is not None]
        completed: list[Any] = [None] * len(values)
        if present:
            found = await self._complete_present(
                completion, field, [values[i] for i in present], lambda i: path(present[i])
            )
            for index, value in zip(present, found, strict=True):
                completed[index] = value
        return completed

    async def _complete_present(
        self, completion: Completion, field: FieldPlan, values: Sequence[Any], path: PathTo
    ) -> Sequence[Any]:
        if completion.leaves is not None:
            return await self._leaves(completion.leaves, values)
        if completion.object_type is not None:
            return await self._objects(completion.object_type, field, values, path)
        if completion.abstract_type is not None:
            return await self._abstract(completion.abstract_type, field, values, path)
        assert completion.item is not None  # noqa: S101 - there is no other type
        return await self._lists(completion.item, field, values, path)

    async def _leaves(
        self, complete: Callable[[Sequence[Any]], list[Any]], values: Sequence[Any]
    ) -> Sequence[Any]:
        completed: list[Any] = []
        for part in self._production.yielding.slices(len(values), 1):
            try:
                completed += complete(values[part])
            except Exception as error:
                raise Fallback from error
            self._production.work(part.stop - part.start)
            await self._production.yield_if_due()
        return completed

    async def _objects(
        self, kind: GraphQLObjectType, field: FieldPlan, values: Sequence[Any], path: PathTo
    ) -> Sequence[Any]:
        selection = self._plan.below(kind, field.details, self._variables)
        check_type(selection, values, kind.is_type_of and self._build_info(field))
        return await self._level(selection, values, path)

    async def _abstract(
        self, kind: GraphQLAbstractType, field: FieldPlan, values: Sequence[Any], path: PathTo
    ) -> Sequence[Any]:
        """Complete values of an abstract type: those of each object type are a level."""
        info = self._build_info(field)
        by_type: dict[GraphQLObjectType, list[int]] = {}
        for index, value in enumerate(values):
            by_type.setdefault(type_of(self._plan.schema, kind, value, info), []).append(index)
            self._production.work(WORK_OF_A_CALL)
            await self._production.yield_if_due()
        completed: list[Any] = [None] * len(values)
        for object_type, indexes in by_type.items():
            group = [values[index] for index in indexes]
            found = await self._objects(object_type, field, group, partial(path_in, path, indexes))
            for index, value in zip(indexes, found, strict=True):
                completed[index] = value
        return completed

    async def _lists(
        self, item: Completion, field: FieldPlan, values: Sequence[Any], path: PathTo
    ) -> Sequence[Any]:
        if not set(map(type, values)) <= {*LISTS}:
            raise Fallback
        if item.item is not None:
            # The lists themselves were counted when they came, those in them were not.
            inner = sum([len(one) for one in chain(*values) if type(one) in LISTS])
            self._production.add(field.weight * inner, inner)
        ends = list(accumulate(map(len, values)))
        flat = values[0] if len(values) == 1 else list(chain(*values))
        path_to_item = partial(path_of_item, path, ends)
        lists: list[list[Any]] = [[] for _ in ends]
        if item.abstract_type is None:
            put_items(lists, ends, await self._complete(item, field, flat, path_to_item))
            return lists
        # Each entity that a router asks for is awaited by itself, or an error.
        items = LevelValues(field, item, list(flat), path_to_item, partial(put_items, lists, ends))
        for index, one in enumerate(flat):
            if type(one) is CoroutineType:
                self._rounds.begin(one, items, index)
            elif isinstance(one, Exception):
                items.fail(index, one)
        if not items.unfinished:
            await self._finish(items)
        return lists
