"""Executes a whole operation by columns: each field for all objects of its level at once.

graphql-core executes depth first, and each field that has to be awaited becomes a task. Here the
coroutines of a level are started one after the other and run until they wait for a loader; when
all of them wait, the loaders answer all of them together (a wave), and they go on. What they
return is completed by column too, and starts the coroutines of the next level. There is one task,
no path and no info object for each field, and loaders see the largest batches there can be.

A field may have a function that answers it for all objects at once, which is then called in place
of its resolver.

What may be executed so: queries whose resolvers await nothing but futures (loaders and what is
gathered from them), and read no path from their info, which all objects of a level share. An error
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

from gateway.graphql.plans import Completion, FieldPlan, OperationPlan, Selection
from gateway.graphql.ready import NotReady, ReadyObject, items_of
from gateway.graphql.resolving import FieldResolver
from gateway.graphql.variables import OperationVariables

#: Builds the info that a field's resolver gets.
BuildInfo = Callable[[FieldPlan, GraphQLObjectType], Any]

#: The path to the object or value with this index of a level.
Where = Callable[[int], list[str | int]]


#: In the place of an index: the coroutine answers the whole column.
_ALL = -1


class _Suspended:
    """A coroutine, the future it waits for, and where its result belongs."""

    __slots__ = ("column", "coroutine", "future", "index")

    def __init__(
        self, coroutine: Coroutine[Any, Any, Any], future: Any, column: _Column, index: int
    ) -> None:
        self.coroutine = coroutine
        self.future = future
        self.column = column
        self.index = index


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
        self, plan: OperationPlan, variables: OperationVariables, build_info: BuildInfo
    ) -> None:
        self._plan = plan
        self._variables = variables
        self._build_info = build_info
        self._suspended: list[_Suspended] = []
        self._going_on: deque[_Suspended] = deque()
        self._arguments: dict[ReadyObject, list[dict[str, Any]]] = {}
        self.errors: list[GraphQLError] = []

    async def run(self, root: Selection) -> dict[str, Any]:
        """The data of the operation; NotReady if it cannot be had this way."""
        try:
            (data,) = self._level(root, [None], lambda _: [])
            while self._suspended:
                await _settled(self._suspended)
                wave, self._suspended = self._suspended, []
                self._going_on = deque(wave)
                while self._going_on:
                    self._resume(self._going_on.popleft())
        finally:
            for one in (*self._going_on, *self._suspended):
                one.coroutine.close()
        return data

    def _level(
        self, selection: Selection, sources: Sequence[Any], where: Where
    ) -> list[dict[str, Any]]:
        """The responses for objects of one selection; pending fields are filled in later."""
        ready = selection.ready(self._variables)
        if any(field.completion.is_abstract for field in ready.pending):
            raise NotReady
        objects = ready.many(sources, self._arguments_of(ready))
        for field in ready.pending:
            self._start(_Column(field, objects, where), selection, sources)
        return objects

    def _start(self, column: _Column, selection: Selection, sources: Sequence[Any]) -> None:
        field = column.field
        if field.attribute is not None:
            try:
                column.values = [getattr(source, field.attribute) for source in sources]
            except Exception as error:
                raise NotReady from error
        else:
            resolver = field.resolver
            if resolver is None:
                raise NotReady
            # A column counts itself as awaited until all of it has been started.
            column.awaited = 1
            self._call(column, resolver, selection, sources)
            column.awaited -= 1
        if not column.awaited:
            self._finish(column)

    def _call(
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
        if column.field.column is not None:
            column.awaited += 1
            self._step(column.field.column(sources, info), column, _ALL)
            return
        for index, source in enumerate(sources):
            try:
                value = resolver.call(source, info, **arguments)
            except Exception as error:
                column.failures[index] = error
                continue
            if type(value) is CoroutineType:
                column.awaited += 1
                self._step(value, column, index)
            else:
                column.values[index] = value

    def _step(self, coroutine: Coroutine[Any, Any, Any], column: _Column, index: int) -> None:
        try:
            future = coroutine.send(None)
        except StopIteration as done:
            if index == _ALL:
                column.values = done.value
            else:
                column.values[index] = done.value
        except Exception as error:
            if index == _ALL:
                raise NotReady from error  # whose error it is, is found out one by one
            column.failures[index] = error
        else:
            self._suspended.append(_Suspended(coroutine, future, column, index))
            # As a task does when it takes the future that its coroutine waits for.
            if getattr(future, "_asyncio_future_blocking", None) is None:
                raise NotReady
            future._asyncio_future_blocking = False
            return
        column.awaited -= 1

    def _resume(self, one: _Suspended) -> None:
        self._step(one.coroutine, one.column, one.index)
        if not one.column.awaited:
            self._finish(one.column)

    def _finish(self, column: _Column) -> None:
        field, key = column.field, column.field.key
        completion = field.completion
        if column.failures:
            if completion.required:
                raise NotReady
            for index in sorted(column.failures):
                path = [*column.where(index), key]
                self.errors.append(located_error(column.failures[index], field.nodes, path))
        where = column.where
        completed = self._complete(
            completion, field, column.values, lambda index: [*where(index), key]
        )
        for target, value in zip(column.objects, completed, strict=True):
            target[key] = value

    def _complete(
        self, completion: Completion, field: FieldPlan, values: Sequence[Any], where: Where
    ) -> Sequence[Any]:
        """What the response shows of a column's values; NotReady where one is wrong."""
        if None not in values:
            return self._complete_present(completion, field, values, where)
        if completion.required:
            raise NotReady
        present = [index for index, value in enumerate(values) if value is not None]
        completed: list[Any] = [None] * len(values)
        if present:
            found = self._complete_present(
                completion, field, [values[i] for i in present], lambda i: where(present[i])
            )
            for index, value in zip(present, found, strict=True):
                completed[index] = value
        return completed

    def _complete_present(
        self, completion: Completion, field: FieldPlan, values: Sequence[Any], where: Where
    ) -> Sequence[Any]:
        if completion.leaves is not None:
            try:
                return completion.leaves(values)
            except Exception as error:
                raise NotReady from error
        if completion.object_type is not None:
            selection = self._plan.below(completion.object_type, field.details, self._variables)
            return self._level(selection, values, where)
        if completion.item is None:
            raise NotReady  # an abstract type; a level with one is not begun
        lists = [items_of(value) for value in values]
        if len(lists) == 1:
            (items,) = lists
            return [[*self._complete(completion.item, field, items, lambda i: [*where(0), i])]]
        ends = list(accumulate(map(len, lists)))

        def item(index: int) -> list[str | int]:
            owner = bisect_right(ends, index)
            return [*where(owner), index - (ends[owner] - len(lists[owner]))]

        flat = self._complete(completion.item, field, list(chain(*lists)), item)
        return [list(flat[start:end]) for start, end in zip([0, *ends], ends, strict=False)]

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
