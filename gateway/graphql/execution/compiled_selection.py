"""Compiled selection: completes the plain fields of a selection by one Python expression.

graphql-core completes a value field by field: it builds a path, an info object and a call for
each, which costs most of the time of a long list. Here all of a selection that are attributes,
results of synchronous resolvers without info, and objects and lists of such, is written as one
Python expression and compiled. Its result is what graphql-core would make. On anything else (null
in a non-null field, another type than declared, an exception, something to await) it gives up, so
that errors and their paths are graphql-core's own. Such resolvers must therefore be
free of side effects.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any

from graphql import (
    GraphQLLeafType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    is_leaf_type,
)

from gateway.graphql.documents.variables import OperationVariables
from gateway.graphql.execution.fallback import Fallback
from gateway.graphql.execution.leaves import NAMES, completing, is_its_own_result
from gateway.graphql.execution.plans import FieldPlan, OperationPlan, Selection
from gateway.graphql.execution.production import Production

#: Python's parser takes some hundred nested brackets; each level of ours is a few of them.
_DEEPEST = 12
#: Fields of objects within one expression. A fragment is written out wherever it is spread.
_MOST_FIELDS = 200
#: What a compiled expression takes up in memory, and each letter of its text.
_EXPRESSION_BYTES = 2_000
_LETTER_BYTES = 6
#: Objects that are completed before it is known how much there is in each of them.
_FEW = 50

#: What is neither an exception nor to be awaited nor null, whatever a scalar makes of it.
_ORDINARY = frozenset({str, int, float, bool, date, datetime})

#: By the id of an object that several others share: the object, so that no other takes its id
#: meanwhile, and what was made of it.
Shared = dict[int, tuple[Any, Any]]

#: Completes an object, given the converted arguments of the calls in it, what was shared, and the
#: numbers of items of the lists in it, which it adds to.
_Complete = Callable[[Any, list[dict[str, Any]], list[Shared], list[int]], Any]


class CompiledSelection:
    """Completes objects of one selection; Fallback for every error.

    Fields that have to be executed are null in its results, and are listed in ``pending``. All
    results are counted, and of pending fields the field itself.
    """

    __slots__ = ("_called", "_complete", "_counts", "_shared", "pending")

    def __init__(self, complete: _Complete, writer: _Writer, pending: list[FieldPlan]) -> None:
        self._complete = complete
        self._called = writer.called
        self._shared = writer.shared
        self._counts = [(count.cost, count.values) for count in writer.counts]
        self.pending = pending

    def arguments(self, variables: OperationVariables) -> list[dict[str, Any]]:
        """The arguments of the calls, as this execution's variables give them."""
        try:
            return [field.arguments(variables) for field in self._called]
        except Exception as error:
            raise Fallback from error

    def new_shared(self) -> list[Shared]:
        """New, empty maps for the objects that several others share."""
        return [{} for _ in range(self._shared)]

    async def complete(
        self, values: Sequence[Any], arguments: list[dict[str, Any]], production: Production
    ) -> list[Any]:
        """Complete objects of the selection's type; if there are many, yield in between."""
        shared = self.new_shared()
        if len(values) <= _FEW:
            return self.make(values, arguments, production, shared)
        made: list[Any] = []
        step = _FEW
        while len(made) < len(values):
            before = production.values
            part = values[len(made) : len(made) + step]
            made += self.make(part, arguments, production, shared)
            await production.yield_if_due()
            each = max((production.values - before) // len(part), 1)
            step = min(max(production.yielding.work_per_yield // each, 1), 10 * step)
        return made

    def make(
        self,
        values: Sequence[Any],
        arguments: list[dict[str, Any]],
        production: Production,
        shared: list[Shared],
    ) -> list[Any]:
        """Complete them without yielding; Fallback counts nothing."""
        complete = self._complete
        numbers = [len(values), *[0] * (len(self._counts) - 1)]
        try:
            made = [complete(value, arguments, shared, numbers) for value in values]
        except Exception as error:
            raise Fallback from error
        cost = produced = 0
        for (own_cost, own_values), number in zip(self._counts, numbers, strict=True):
            cost += own_cost * number
            produced += own_values * number
        production.add(cost, produced)
        return made


def compiled(
    plan: OperationPlan, selection: Selection, variables: OperationVariables
) -> CompiledSelection:
    """The compiled selection, compiled at its first use."""
    if isinstance(selection.compiled, CompiledSelection):
        return selection.compiled
    writer = _Writer(plan, variables)
    pairs, pending = [], []
    for field in selection.fields:
        before = writer.state()
        try:
            pairs.append(f"{field.key!r}: {writer.field(selection, field, 'v', 0)}")
        except Fallback:
            writer.go_back(before, field)
            pairs.append(f"{field.key!r}: None")
            pending.append(field)
    source = f"def complete(v, a, s, c):\n    return {{{', '.join(pairs)}}}"
    exec(compile(source, "<selection>", "exec"), writer.names)  # noqa: S102 - our own text
    plan.grow(_EXPRESSION_BYTES + _LETTER_BYTES * len(source))
    # The names are the function's globals: with itself among them it would be a cycle, which only
    # the garbage collector frees.
    made = CompiledSelection(writer.names.pop("complete"), writer, pending)
    selection.compiled = made
    return made


class _Count:
    """Cost of one object, or of one item of a list in it, without the lists below."""

    __slots__ = ("cost", "values")

    def __init__(self, cost: int, values: int) -> None:
        self.cost = cost
        self.values = values


class _Writer:
    """Writes expressions, and collects the names that stand in them."""

    def __init__(self, plan: OperationPlan, variables: OperationVariables) -> None:
        self._plan = plan
        self._variables = variables
        self._fresh_names = 0
        #: How many were written, those that were undone included.
        self._fields = 0
        self.called: list[FieldPlan] = []
        #: How many of the fields have objects that may be shared.
        self.shared = 0
        self.counts = [_Count(0, 0)]
        self._count = self.counts[0]
        self.names: dict[str, Any] = {
            "counted": _counted,
            "fall_back": _fall_back,
            "ordinary": _ORDINARY,
            **NAMES,
        }

    def state(self) -> tuple[int, int, int, int]:
        """The state before one of the object's fields is written, for ``go_back``."""
        own = self.counts[0]
        return len(self.called), len(self.counts), own.cost, own.values

    def go_back(self, state: tuple[int, int, int, int], field: FieldPlan) -> None:
        """Undo the writing of a field that has to be executed, except for its own cost."""
        called, counts, cost, values = state
        del self.called[called:]
        del self.counts[counts:]
        self._count = self.counts[0]
        self._count.cost, self._count.values = cost, values
        self._count_field(field)

    def _count_field(self, field: FieldPlan) -> None:
        self._count.values += 1
        if not field.is_list:
            self._count.cost += field.weight

    def field(self, selection: Selection, field: FieldPlan, source: str, depth: int) -> str:
        """The response for one field; Fallback if it has to be executed."""
        if field.name == "__typename":
            self._count.values += 1
            return repr(selection.object_type.name)
        self._count_field(field)
        if field.streams:
            raise Fallback
        if field.attribute:
            value = f"{source}.{field.attribute}"
        else:
            function = field.resolver and field.resolver.calls_with_source_alone
            if function is None:
                raise Fallback
            value = f"{self._named(function)}({source}, **a[{len(self.called)}])"
            self.called.append(field)
        return self._value(field.definition.type, field, value, depth)

    def _value(self, kind: GraphQLOutputType, field: FieldPlan, value: str, depth: int) -> str:
        required = isinstance(kind, GraphQLNonNull)
        of: Any = kind.of_type if isinstance(kind, GraphQLNonNull) else kind
        t = self._fresh()
        if is_leaf_type(of):
            return self._leaf(of, value, t, required=required)
        if isinstance(of, GraphQLObjectType):
            inner = self._object(of, field, t, depth + 1)
        elif isinstance(of, GraphQLList):
            inner = self._list(of, field, t, depth + 1)
        else:
            raise Fallback
        if required:
            return f"({inner} if ({t} := {value}) is not None else fall_back())"
        return f"(None if ({t} := {value}) is None else {inner})"

    def _object(self, kind: GraphQLObjectType, field: FieldPlan, t: str, depth: int) -> str:
        # Objects of a type with ``is_type_of`` may be of several classes; and only such types have
        # fields of their own type, which would be written out once for each path.
        if depth > _DEEPEST or kind.is_type_of is not None:
            raise Fallback
        selection = self._plan.below(kind, field.details, self._variables)
        self._fields += len(selection.fields)
        if selection.defers or selection.object_class is None or self._fields > _MOST_FIELDS:
            raise Fallback
        check = f"type({t}) is {self._named(selection.object_class)}"
        pairs = [
            f"{below.key!r}: {self.field(selection, below, t, depth)}" for below in selection.fields
        ]
        inner = f"({{{', '.join(pairs)}}} if {check} else fall_back())"
        if not field.hints.shared:
            return inner
        known = f"s[{self.shared}]"
        self.shared += 1
        make = f"{known}.setdefault(id({t}), ({t}, {inner}))"
        return f"({known}.get(id({t})) or {make})[1]"

    def _list(self, kind: GraphQLList[Any], field: FieldPlan, t: str, depth: int) -> str:
        item = self._fresh()
        number, around = len(self.counts), self._count
        self._count = _Count(field.weight, 1)
        self.counts.append(self._count)
        each = self._value(kind.of_type, field, item, depth)
        self._count = around
        return f"[{each} for {item} in counted({t}, c, {number})]"

    def _leaf(self, kind: GraphQLLeafType, value: str, t: str, *, required: bool) -> str:
        complete = self._named(completing(kind))
        condition = is_its_own_result(kind)
        if condition is not None:
            # The first use binds the name.
            bound = condition.replace("{t}", f"({t} := {value})", 1).replace("{t}", t)
            if required:
                return f"({t} if {bound} else {complete}({t}))"
            again = condition.replace("{t}", t)
            return f"({t} if ({t} := {value}) is None or {again} else {complete}({t}))"
        coerce, c = self._named(kind.coerce_output_value), self._fresh()
        ordinary = f"type({t}) in ordinary and type({c} := {coerce}({t})) in ordinary"
        if required:
            ordinary = ordinary.replace(f"type({t})", f"type({t} := {value})", 1)
            return f"({c} if {ordinary} else {complete}({t}))"
        return f"(None if ({t} := {value}) is None else {c} if {ordinary} else {complete}({t}))"

    def _fresh(self) -> str:
        self._fresh_names += 1
        return f"t{self._fresh_names}"

    def _named(self, thing: Any) -> str:
        self._fresh_names += 1
        name = f"n{self._fresh_names}"
        self.names[name] = thing
        return name


def _counted(value: Any, numbers: list[int], index: int) -> Any:
    if type(value) is list or type(value) is tuple:
        numbers[index] += len(value)
        return value
    raise Fallback


def _fall_back() -> None:
    raise Fallback
