"""Breadth-first execution: each field of a level is resolved for all objects of the level.

graphql-core executes depth first, and each field that has to be awaited becomes a task. Here the
resolvers of a level are called one after the other. Their coroutines run until they wait for a
loader; when all of them wait, the loaders answer all of them together, and they go on. What they
return is completed for all objects of the level, and begins the level below. There is one task, no
path and no info object for each field, and loaders see the largest batches there can be. Objects
of an abstract type are a level for each type that they turn out to be of.

What is produced is counted as it comes, and after a certain amount the event loop has a turn. An
error of a nullable field is collected here, at its path. On all that is out of the ordinary (an
error that would spread to a parent, a value of another type than declared, a resolver that reads
its path or needs a task of its own) the operation falls back to graphql-core: Fallback.
"""

from __future__ import annotations

import asyncio
import dataclasses
from asyncio.tasks import _enter_task, _leave_task
from bisect import bisect_right
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import accumulate, chain
from types import CoroutineType
from typing import Any

from graphql import GraphQLAbstractType, GraphQLError, GraphQLObjectType, located_error
from graphql.execution.executor import default_type_resolver

from gateway.execution_hints import HintError, check_batch
from gateway.graphql.documents.variables import OperationVariables
from gateway.graphql.execution.compiled_selection import CompiledSelection, compiled
from gateway.graphql.execution.fallback import Fallback
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
    WORK_OF_AN_ERROR,
    Production,
)
from gateway.graphql.execution.resolving import FieldResolver

#: Builds graphql-core's info for a field; all objects of a level share it, so it has no path.
BuildInfo = Callable[[FieldPlan], Any]

#: Gives what graphql-core makes of ``__schema`` or ``__type``.
Introspect = Callable[[FieldPlan], Awaitable[Any]]

#: The path to the value with this index.
PathTo = Callable[[int], list[str | int]]

_LISTS = (list, tuple)
#: So many leaf values are completed without a look at what they are beside.
_FEW = 50


@dataclass(slots=True, eq=False)
class _Values:
    """Values that are completed together: one field's of a level, or the items of its lists."""

    field: FieldPlan
    completion: Completion
    #: What resolvers have returned, and the errors that they have raised, by place.
    found: list[Any]
    path: PathTo
    #: Puts the completed values where the response has them.
    put: Callable[[Sequence[Any]], None]
    errors: dict[int, Exception] = dataclasses.field(default_factory=dict)
    #: Coroutines whose result is not found yet.
    unfinished: int = 0


@dataclass(slots=True, eq=False)
class _Running:
    """A coroutine, and the place of its result among the values: many for a batched field."""

    coroutine: Coroutine[Any, Any, Any]
    values: _Values
    place: int | slice
    #: What it waits for.
    future: Any = None


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
        self._loop = asyncio.get_running_loop()
        #: Coroutines that can go on, and those that wait.
        self._ready: deque[_Running] = deque()
        self._waiting: list[_Running] = []
        self._arguments: dict[CompiledSelection, list[dict[str, Any]]] = {}
        self.errors: list[GraphQLError] = []

    async def run(self, root: Selection) -> dict[str, Any]:
        """The data of the operation; Fallback if it cannot be had this way."""
        try:
            (data,) = await self._level(root, [None], lambda _: [])
            while self._ready:
                await self._go_on()
                await _all_done(self._waiting)
                self._ready.extend(self._waiting)
                self._waiting.clear()
        finally:
            for one in (*self._ready, *self._waiting):
                one.coroutine.close()
        return data

    async def _go_on(self) -> None:
        """Let coroutines run until all of them wait."""
        while self._ready:
            for values in self._run_until_due():
                await self._finish(values)
            await self._production.turn()

    def _run_until_due(self) -> list[_Values]:
        """Let coroutines run until a turn is due; the values that are whole now."""
        whole = []
        task: Any = asyncio.current_task()
        # What acts on the current task, such as a timeout, must not get that of the operation.
        _leave_task(self._loop, task)
        try:
            while self._ready:
                one = self._ready.popleft()
                self._step(one)
                if not one.values.unfinished:
                    whole.append(one.values)
                self._production.work(WORK_OF_A_CALL)
                if self._production.due:
                    break
        finally:
            _enter_task(self._loop, task)
        return whole

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
            values = _Values(
                field,
                field.completion,
                [None] * len(objects),
                partial(_path_of_field, path, field.key),
                partial(_put_field, responses, field.key),
            )
            await self._resolve(values, objects)
            if not values.unfinished:
                await self._finish(values)
        return responses

    async def _resolve(self, values: _Values, objects: Sequence[Any]) -> None:
        """Call the field's resolver for all objects, or read its attribute."""
        field, production = values.field, self._production
        if field.resolver is None:
            try:
                values.found = [getattr(one, field.attribute) for one in objects]
            except Exception as error:
                raise Fallback from error
            if field.is_list:
                self._count_lists(values, values.found)
        elif field.hints.batched is not None:
            info = field.resolver.info(self._build_info(field))
            for part in production.turns.slices(len(objects), WORK_OF_A_CALL):
                self._begin(field.hints.batched(objects[part], info), values, part)
                production.work(WORK_OF_A_CALL * (part.stop - part.start))
                await production.turn()
        else:
            await self._call(field.resolver, values, objects)

    async def _call(self, resolver: FieldResolver, values: _Values, objects: Sequence[Any]) -> None:
        production = self._production
        info = resolver.info(self._build_info(values.field))
        try:
            arguments = values.field.arguments(self._variables)
        except Exception as error:
            values.errors = dict.fromkeys(range(len(objects)), error)
            return
        is_list, turns = values.field.is_list, production.turns
        for index, one in enumerate(objects):
            try:
                value = resolver.call(one, info, **arguments)
            except Exception as error:
                self._fail(values, index, error)
            else:
                if type(value) is CoroutineType:
                    self._begin(value, values, index)
                    continue
                values.found[index] = value
                if is_list:
                    self._count_lists(values, (value,))
            # A call that waits for nothing has made all of its list by now.
            production.work(WORK_OF_A_CALL)
            if turns.done >= turns.work_a_turn:
                await production.turn()

    def _begin(
        self, coroutine: Coroutine[Any, Any, Any], values: _Values, place: int | slice
    ) -> None:
        values.unfinished += 1
        self._ready.append(_Running(coroutine, values, place))

    def _step(self, one: _Running) -> None:
        try:
            future = one.coroutine.send(None)
        except StopIteration as done:
            self._take(one.values, one.place, done.value)
        except Exception as error:
            self._fail(one.values, one.place, error)
        else:
            self._waiting.append(one)
            one.future = future
            if future is not None:
                # As a task does when it takes the future that its coroutine waits for.
                if getattr(future, "_asyncio_future_blocking", None) is None:
                    raise Fallback
                future._asyncio_future_blocking = False
            return
        one.values.unfinished -= 1

    def _take(self, values: _Values, place: int | slice, value: Any) -> None:
        if isinstance(place, slice):
            check_batch(values.field.hints, place.stop - place.start, value)
        values.found[place] = value
        if values.completion.item is not None:
            self._count_lists(values, value if isinstance(place, slice) else (value,))

    def _fail(self, values: _Values, place: int | slice, error: Exception) -> None:
        if isinstance(error, HintError):
            raise error
        # Whose error that of a batched field is, is found out one by one. A RuntimeError may be of
        # what needs a task of its own.
        if isinstance(place, slice) or isinstance(error, Fallback | RuntimeError):
            raise Fallback from error
        values.errors[place] = error
        values.found[place] = None

    def _count_lists(self, values: _Values, found: Sequence[Any]) -> None:
        """Count the items of lists when they come, so that there is never much too much."""
        items = sum([len(one) for one in found if type(one) in _LISTS])
        self._production.add(values.field.weight * items, items)

    async def _finish(self, values: _Values) -> None:
        completion, field = values.completion, values.field
        if values.errors and completion.required:
            raise Fallback
        for index in sorted(values.errors):
            error = located_error(values.errors[index], field.nodes, values.path(index))
            self.errors.append(error)
            self._production.add(0, VALUES_OF_AN_ERROR)
            self._production.work(WORK_OF_AN_ERROR)
            await self._production.turn()
        values.put(await self._complete(completion, field, values.found, values.path))

    async def _complete(
        self, completion: Completion, field: FieldPlan, values: Sequence[Any], path: PathTo
    ) -> Sequence[Any]:
        """What the response shows of values; Fallback where one is wrong."""
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
        if len(values) <= _FEW:
            try:
                return complete(values)
            except Exception as error:
                raise Fallback from error
        completed: list[Any] = []
        for part in self._production.turns.slices(len(values), 1):
            try:
                completed += complete(values[part])
            except Exception as error:
                raise Fallback from error
            self._production.work(part.stop - part.start)
            await self._production.turn()
        return completed

    async def _objects(
        self, kind: GraphQLObjectType, field: FieldPlan, values: Sequence[Any], path: PathTo
    ) -> Sequence[Any]:
        selection = self._plan.below(kind, field.details, self._variables)
        try:
            if kind.is_type_of is None:
                is_right = set(map(type, values)) == {selection.object_class}
            else:
                info = self._build_info(field)
                is_right = all(kind.is_type_of(value, info) is True for value in values)
        except Exception as error:
            raise Fallback from error
        if not is_right:
            raise Fallback
        return await self._level(selection, values, path)

    async def _abstract(
        self, kind: GraphQLAbstractType, field: FieldPlan, values: Sequence[Any], path: PathTo
    ) -> Sequence[Any]:
        """Complete values of an abstract type: those of each object type are a level."""
        info = self._build_info(field)
        by_type: dict[GraphQLObjectType, list[int]] = {}
        for index, value in enumerate(values):
            by_type.setdefault(self._type_of(kind, value, info), []).append(index)
            self._production.work(WORK_OF_A_CALL)
            await self._production.turn()
        completed: list[Any] = [None] * len(values)
        for object_type, indexes in by_type.items():
            group = [values[index] for index in indexes]
            found = await self._objects(object_type, field, group, partial(_path_in, path, indexes))
            for index, value in zip(indexes, found, strict=True):
                completed[index] = value
        return completed

    def _type_of(self, kind: GraphQLAbstractType, value: Any, info: Any) -> GraphQLObjectType:
        resolve_type: Any = kind.resolve_type or default_type_resolver
        try:
            name = resolve_type(value, info, kind)
        except Exception as error:
            raise Fallback from error
        schema = self._plan.schema
        found = schema.get_type(name) if isinstance(name, str) else None
        if isinstance(found, GraphQLObjectType) and schema.is_sub_type(kind, found):
            return found
        raise Fallback

    async def _lists(
        self, item: Completion, field: FieldPlan, values: Sequence[Any], path: PathTo
    ) -> Sequence[Any]:
        if not set(map(type, values)) <= {*_LISTS}:
            raise Fallback
        if item.item is not None:
            # The lists themselves were counted when they came, those in them were not.
            inner = sum([len(one) for one in chain(*values) if type(one) in _LISTS])
            self._production.add(field.weight * inner, inner)
        ends = list(accumulate(map(len, values)))
        flat = values[0] if len(values) == 1 else list(chain(*values))
        path_to_item = partial(_path_of_item, path, ends)
        lists: list[list[Any]] = [[] for _ in ends]
        if item.abstract_type is None:
            _put_items(lists, ends, await self._complete(item, field, flat, path_to_item))
            return lists
        # Each entity that a router asks for is awaited by itself, or an error.
        items = _Values(field, item, list(flat), path_to_item, partial(_put_items, lists, ends))
        for index, one in enumerate(flat):
            if type(one) is CoroutineType:
                self._begin(one, items, index)
            elif isinstance(one, Exception):
                self._fail(items, index, one)
        if not items.unfinished:
            await self._finish(items)
        return lists


async def _all_done(waiting: list[_Running]) -> None:
    """Wait until every future is done, whatever came of it."""
    if any(one.future is None for one in waiting):
        await asyncio.sleep(0)
    for one in waiting:
        while one.future is not None and not one.future.done():
            try:
                await one.future
            except asyncio.CancelledError:
                task = asyncio.current_task()
                if task is None or task.cancelling():
                    raise
            except Exception:  # noqa: S110 - its coroutine meets it when it goes on
                pass


def _path_of_field(path: PathTo, key: str, index: int) -> list[str | int]:
    return [*path(index), key]


def _path_of_item(path: PathTo, ends: list[int], index: int) -> list[str | int]:
    owner = bisect_right(ends, index)
    return [*path(owner), index - (ends[owner - 1] if owner else 0)]


def _path_in(path: PathTo, indexes: list[int], index: int) -> list[str | int]:
    return path(indexes[index])


def _put_field(responses: list[dict[str, Any]], key: str, values: Sequence[Any]) -> None:
    for response, value in zip(responses, values, strict=True):
        response[key] = value


def _put_items(lists: list[list[Any]], ends: list[int], items: Sequence[Any]) -> None:
    start = 0
    for one, end in zip(lists, ends, strict=True):
        one += items[start:end]
        start = end
