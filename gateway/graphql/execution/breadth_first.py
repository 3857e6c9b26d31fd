"""Executes a whole operation by columns: each field for all objects of its level at once.

graphql-core executes depth first, and each field that has to be awaited becomes a task. Here the
coroutines of a level are started one after the other and run until they wait for a loader; when
all of them wait, the loaders answer all of them together (a wave), and they go on. What they
return is completed by column too, and starts the coroutines of the next level. There is one task,
no path and no info object for each field, and loaders see the largest batches there can be.

A field may have a function that answers it for all objects at once, which is then called in place
of its resolver.

What may be executed so: queries whose resolvers await nothing but futures (loaders and what is
gathered from them), and read no path from their info, which all objects of a level share. What is
produced is counted as it comes, and after a certain amount the event loop has a turn. An error
of a nullable field is collected here, at its path; on anything else that is wrong (NotReady, an
error that would spread to a parent) the whole operation is left to graphql-core, whose second
execution finds its loaders' answers ready.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from itertools import accumulate, chain
from types import CoroutineType
from typing import Any

from graphql import GraphQLError, GraphQLObjectType, located_error

from gateway.graphql.documents.variables import OperationVariables
from gateway.graphql.execution.compiled_selection import FEW, NotReady, ReadyObject, items_of
from gateway.graphql.execution.plans import Completion, FieldPlan, OperationPlan, Selection
from gateway.graphql.execution.production import (
    VALUES_OF_AN_ERROR,
    WORK_OF_A_CALL,
    WORK_OF_AN_ERROR,
    Production,
)
from gateway.graphql.execution.resolving import FieldResolver

#: Builds the info that a field's resolver gets.
BuildInfo = Callable[[FieldPlan, GraphQLObjectType], Any]

_LISTS = (list, tuple)

#: The path to the object or value with this index of a level.
Where = Callable[[int], list[str | int]]

#: Where a coroutine's result belongs in its column: the place of one value, or of many.
_Place = int | slice


class _Suspended:
    """A coroutine, the future it waits for, and where its result belongs."""

    __slots__ = ("column", "coroutine", "future", "place")

    def __init__(
        self, coroutine: Coroutine[Any, Any, Any], future: Any, column: _Column, place: _Place
    ) -> None:
        self.coroutine = coroutine
        self.future = future
        self.column = column
        self.place = place


class _Column:
    """One field of all objects of a level: what was returned, until all of it is there."""

    __slots__ = ("awaited", "failures", "field", "objects", "values", "where")

    def __init__(self, field: FieldPlan, objects: list[dict[str, Any]], where: Where) -> None:
        self.field = field
        self.objects = objects
        self.where = where
        self.values: list[Any] = [None] * len(objects)
        self.failures: dict[int, Exception] = {}
        self.awaited = 0


class WaveExecution:
    """One execution of one operation."""

    def __init__(
        self,
        plan: OperationPlan,
        variables: OperationVariables,
        build_info: BuildInfo,
        production: Production,
    ) -> None:
        self._plan = plan
        self._variables = variables
        self._build_info = build_info
        self._production = production
        self._suspended: list[_Suspended] = []
        self._going_on: deque[_Suspended] = deque()
        self._arguments: dict[ReadyObject, list[dict[str, Any]]] = {}
        self.errors: list[GraphQLError] = []

    async def run(self, root: Selection) -> dict[str, Any]:
        """The data of the operation; NotReady if it cannot be had this way."""
        try:
            (data,) = await self._level(root, [None], lambda _: [])
            while self._suspended:
                await _settled(self._suspended)
                wave, self._suspended = self._suspended, []
                self._going_on = deque(wave)
                while self._going_on:
                    await self._resume(self._going_on.popleft())
        finally:
            for one in (*self._going_on, *self._suspended):
                one.coroutine.close()
        return data

    async def _level(
        self, selection: Selection, sources: Sequence[Any], where: Where
    ) -> list[dict[str, Any]]:
        """The responses for objects of one selection; pending fields are filled in later."""
        ready = selection.ready(self._variables)
        if any(field.completion.is_abstract for field in ready.pending):
            raise NotReady
        arguments = self._arguments_of(ready)
        if len(sources) <= FEW:
            objects = ready.few(sources, arguments, self._production)
        else:
            objects = await ready.many(sources, arguments, self._production)
        for field in ready.pending:
            await self._start(_Column(field, objects, where), selection, sources)
        return objects

    async def _start(self, column: _Column, selection: Selection, sources: Sequence[Any]) -> None:
        field = column.field
        if field.attribute is not None:
            try:
                column.values = [getattr(source, field.attribute) for source in sources]
            except Exception as error:
                raise NotReady from error
            if field.is_list:
                self._count_items(column, column.values)
        else:
            resolver = field.resolver
            if resolver is None:
                raise NotReady
            # A column counts itself as awaited until all of it has been started.
            column.awaited = 1
            await self._call(column, resolver, selection, sources)
            column.awaited -= 1
        if not column.awaited:
            await self._finish(column)

    async def _call(
        self,
        column: _Column,
        resolver: FieldResolver,
        selection: Selection,
        sources: Sequence[Any],
    ) -> None:
        info = resolver.info(self._build_info(column.field, selection.object_type))
        try:
            arguments = column.field.arguments(self._variables)
        except Exception as error:
            column.failures = dict.fromkeys(range(len(sources)), error)
            return
        if column.field.column is None:
            await self._call_each(column, resolver, sources, info, arguments)
            return
        for part in self._production.turns.slices(len(sources), WORK_OF_A_CALL):
            column.awaited += 1
            self._step(column.field.column(sources[part], info), column, part)
            self._production.work(WORK_OF_A_CALL * (part.stop - part.start))
            if self._production.due:
                await self._production.turn()

    async def _call_each(
        self,
        column: _Column,
        resolver: FieldResolver,
        sources: Sequence[Any],
        info: Any,
        arguments: dict[str, Any],
    ) -> None:
        production = self._production
        for index, source in enumerate(sources):
            try:
                value = resolver.call(source, info, **arguments)
            except Exception as error:
                column.failures[index] = error
            else:
                if type(value) is CoroutineType:
                    column.awaited += 1
                    self._step(value, column, index)
                else:
                    column.values[index] = value
                    if column.field.is_list:
                        self._count_items(column, (value,))
            # A call that waits for nothing has made all of its list by now.
            production.work(WORK_OF_A_CALL)
            if production.due:
                await production.turn()

    def _step(self, coroutine: Coroutine[Any, Any, Any], column: _Column, place: _Place) -> None:
        try:
            future = coroutine.send(None)
        except StopIteration as done:
            self._take(column, place, done.value)
        except Exception as error:
            if isinstance(place, slice):
                raise NotReady from error  # whose error it is, is found out one by one
            column.failures[place] = error
        else:
            self._suspended.append(_Suspended(coroutine, future, column, place))
            # As a task does when it takes the future that its coroutine waits for.
            if getattr(future, "_asyncio_future_blocking", None) is None:
                raise NotReady
            future._asyncio_future_blocking = False
            return
        column.awaited -= 1

    def _take(self, column: _Column, place: _Place, value: Any) -> None:
        if isinstance(place, slice):
            if len(value) != place.stop - place.start:
                raise NotReady
            column.values[place] = value
            if column.field.is_list:
                self._count_items(column, value)
        else:
            column.values[place] = value
            if column.field.is_list:
                self._count_items(column, (value,))

    def _count_items(self, column: _Column, values: Sequence[Any]) -> None:
        """Count the items of lists when they come, so that there is never much too much."""
        self._count(column.field, sum([len(one) for one in values if type(one) in _LISTS]))

    def _count(self, field: FieldPlan, items: int) -> None:
        self._production.add(field.weight * items, items)

    async def _resume(self, one: _Suspended) -> None:
        self._production.work(WORK_OF_A_CALL)
        self._step(one.coroutine, one.column, one.place)
        if self._production.due:
            await self._production.turn()
        if not one.column.awaited:
            await self._finish(one.column)

    async def _finish(self, column: _Column) -> None:
        field, key = column.field, column.field.key
        completion = field.completion
        if column.failures:
            if completion.required:
                raise NotReady
            for index in sorted(column.failures):
                path = [*column.where(index), key]
                self.errors.append(located_error(column.failures[index], field.nodes, path))
                self._production.add(0, VALUES_OF_AN_ERROR)
                self._production.work(WORK_OF_AN_ERROR)
                await self._production.turn()
        where = column.where
        completed = await self._complete(
            completion, field, column.values, lambda index: [*where(index), key]
        )
        for target, value in zip(column.objects, completed, strict=True):
            target[key] = value

    async def _complete(
        self, completion: Completion, field: FieldPlan, values: Sequence[Any], where: Where
    ) -> Sequence[Any]:
        """What the response shows of a column's values; NotReady where one is wrong."""
        if None not in values:
            return await self._complete_present(completion, field, values, where)
        if completion.required:
            raise NotReady
        present = [index for index, value in enumerate(values) if value is not None]
        completed: list[Any] = [None] * len(values)
        if present:
            found = await self._complete_present(
                completion, field, [values[i] for i in present], lambda i: where(present[i])
            )
            for index, value in zip(present, found, strict=True):
                completed[index] = value
        return completed

    async def _complete_present(
        self, completion: Completion, field: FieldPlan, values: Sequence[Any], where: Where
    ) -> Sequence[Any]:
        if completion.leaves is not None:
            return await self._leaves(completion.leaves, values)
        if completion.object_type is not None:
            selection = self._plan.below(completion.object_type, field.details, self._variables)
            return await self._level(selection, values, where)
        if completion.item is None:
            raise NotReady  # an abstract type; a level with one is not begun
        lists = [items_of(value) for value in values]
        if completion.item.item is not None:
            # The lists themselves were counted when they came, those in them were not.
            inner = chain.from_iterable(lists)
            self._count(field, sum([len(one) for one in inner if type(one) in _LISTS]))
        if len(lists) == 1:
            (items,) = lists
            one = await self._complete(completion.item, field, items, lambda i: [*where(0), i])
            return [[*one]]
        ends = list(accumulate(map(len, lists)))

        def item(index: int) -> list[str | int]:
            owner = bisect_right(ends, index)
            return [*where(owner), index - (ends[owner] - len(lists[owner]))]

        flat = await self._complete(completion.item, field, list(chain(*lists)), item)
        return [list(flat[start:end]) for start, end in zip([0, *ends], ends, strict=False)]

    async def _leaves(
        self, complete: Callable[[Sequence[Any]], list[Any]], values: Sequence[Any]
    ) -> Sequence[Any]:
        if len(values) <= FEW:
            try:
                return complete(values)
            except Exception as error:
                raise NotReady from error
        completed: list[Any] = []
        for part in self._production.turns.slices(len(values), 1):
            try:
                completed += complete(values[part])
            except Exception as error:
                raise NotReady from error
            self._production.work(part.stop - part.start)
            await self._production.turn()
        return completed

    def _arguments_of(self, ready: ReadyObject) -> list[dict[str, Any]]:
        known = self._arguments.get(ready)
        if known is None:
            known = self._arguments[ready] = ready.arguments(self._variables)
        return known


async def _settled(wave: list[_Suspended]) -> None:
    """Wait until every future of the wave is done, whatever came of it."""
    for one in wave:
        future = one.future
        while not future.done():
            try:
                await future
            except asyncio.CancelledError:
                task = asyncio.current_task()
                if task is None or task.cancelling():
                    raise
            except Exception:  # noqa: S110 - its coroutine meets it when it goes on
                pass
