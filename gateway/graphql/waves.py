"""Executes a whole operation by columns: each field for all objects of its level at once.

graphql-core executes depth first, and each field that has to be awaited becomes a task. Here the
coroutines of a level are started one after the other and run until they wait for a loader; when
all of them wait, the loaders answer all of them together (a wave), and they go on. What they
return is completed by column too, and starts the coroutines of the next level. There is one task,
no path and no info object for each field, and loaders see the largest batches there can be.

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
from typing import Any

from graphql import (
    GraphQLError,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    is_leaf_type,
    located_error,
)

from gateway.graphql.plans import FieldPlan, OperationPlan, Selection
from gateway.graphql.ready import NotReady, ReadyObject, completing, items_of
from gateway.graphql.resolving import FieldResolver
from gateway.graphql.variables import OperationVariables

#: Builds the info that a field's resolver gets.
BuildInfo = Callable[[FieldPlan, GraphQLObjectType], Any]

#: The path to the object or value with this index of a level.
Where = Callable[[int], list[str | int]]


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
        """The data of the operation; NotReady or any other exception if this way cannot give it."""
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
        objects = ready.many(sources, self._arguments_of(ready))
        for field in ready.pending:
            self._start(_Column(field, objects, where), selection, sources)
        return objects

    def _start(self, column: _Column, selection: Selection, sources: Sequence[Any]) -> None:
        field = column.field
        if field.attribute is not None:
            column.values = [getattr(source, field.attribute) for source in sources]
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
        for index, source in enumerate(sources):
            try:
                value = resolver.call(source, info, **arguments)
            except Exception as error:
                column.failures[index] = error
                continue
            if isinstance(value, Coroutine):
                column.awaited += 1
                self._step(value, column, index)
            else:
                column.values[index] = value

    def _step(self, coroutine: Coroutine[Any, Any, Any], column: _Column, index: int) -> None:
        try:
            future = coroutine.send(None)
        except StopIteration as done:
            column.values[index] = done.value
        except Exception as error:
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
        kind = field.definition.type
        if column.failures:
            if isinstance(kind, GraphQLNonNull):
                raise NotReady
            for index in sorted(column.failures):
                path = [*column.where(index), key]
                self.errors.append(located_error(column.failures[index], field.nodes, path))
        for value in column.values:
            if isinstance(value, Exception):
                raise NotReady
        where = column.where
        completed = self._complete(kind, field, column.values, lambda index: [*where(index), key])
        for target, value in zip(column.objects, completed, strict=True):
            target[key] = value

    def _complete(
        self, kind: GraphQLOutputType, field: FieldPlan, values: Sequence[Any], where: Where
    ) -> Sequence[Any]:
        """What the response shows of a column's values; NotReady where one is wrong."""
        if isinstance(kind, GraphQLNonNull):
            completed = self._complete(kind.of_type, field, values, where)
            if any(value is None for value in completed):
                raise NotReady
            return completed
        if is_leaf_type(kind):
            complete = completing(kind)
            return [None if value is None else complete(value) for value in values]
        present = [index for index, value in enumerate(values) if value is not None]
        if len(present) < len(values):
            found = self._complete_present(
                kind, field, [values[i] for i in present], lambda i: where(present[i])
            )
            all_of_them: list[Any] = [None] * len(values)
            for index, value in zip(present, found, strict=True):
                all_of_them[index] = value
            return all_of_them
        return self._complete_present(kind, field, values, where)

    def _complete_present(
        self, kind: GraphQLOutputType, field: FieldPlan, values: Sequence[Any], where: Where
    ) -> Sequence[Any]:
        if isinstance(kind, GraphQLList):
            lists = [items_of(value) for value in values]
            ends = list(accumulate(map(len, lists)))

            def item(index: int) -> list[str | int]:
                owner = bisect_right(ends, index)
                return [*where(owner), index - (ends[owner] - len(lists[owner]))]

            flat = self._complete(kind.of_type, field, list(chain(*lists)), item)
            starts = [0, *ends]
            return [list(flat[start:end]) for start, end in zip(starts, ends, strict=False)]
        if not isinstance(kind, GraphQLObjectType):
            raise NotReady
        return self._level(self._plan.below(kind, field.details, self._variables), values, where)

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
