"""Objects whose whole selection stands ready in Python objects, completed by one expression.

graphql-core completes a value field by field: it builds a path, an info object and a call for
each, which costs most of the time of a long list. Where all that is selected of an object are
attributes, results of synchronous resolvers without info, and objects and lists of such, the
selection is written as one Python expression and compiled. Its result is what graphql-core would
make. On anything out of the ordinary (null in a non-null place, another type than declared, an
exception, something to await) it gives up, and graphql-core does the work again, so that errors
and their paths are graphql-core's own. Such resolvers must therefore be free of side effects.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from graphql import (
    GraphQLBoolean,
    GraphQLFloat,
    GraphQLID,
    GraphQLInt,
    GraphQLLeafType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLString,
    Undefined,
    is_leaf_type,
)
from graphql.execution.values import VariableValues
from strawberry.execution import optimized_is_awaitable

from gateway.graphql.resolving import DEFINITION

if TYPE_CHECKING:
    from gateway.graphql.plans import FieldPlan, OperationPlan, Selection

#: Python's parser takes some hundred nested brackets; each level of ours is a few of them.
_DEEPEST = 12

#: What a value of a built-in scalar that is its own result looks like, written for a value ``t``.
_ITSELF: dict[GraphQLLeafType, str] = {
    GraphQLString: "type({t}) is str",
    GraphQLID: "type({t}) is str",
    GraphQLBoolean: "type({t}) is bool",
    GraphQLInt: "type({t}) is int and -2147483648 <= {t} <= 2147483647",
    GraphQLFloat: "type({t}) is float and finite({t})",
}


#: What is neither an exception nor to be awaited nor null, whatever a scalar makes of it.
_ORDINARY = frozenset({str, int, float, bool, date, datetime})


class NotPlain(Exception):
    """A value is not what the expression was made for."""


#: Completes an object, given the converted arguments of the calls in it.
_Complete = Callable[[Any, list[dict[str, Any]]], Any]


class PlainObject:
    """Completes objects of one selection; ``one`` and ``many`` raise whatever goes wrong."""

    __slots__ = ("_called", "_one")

    def __init__(self, one: _Complete, called: list[FieldPlan]) -> None:
        self._one = one
        self._called = called

    @classmethod
    def of(
        cls, plan: OperationPlan, selection: Selection, variables: VariableValues
    ) -> PlainObject | None:
        """What completes the selection, or None if something in it has to be executed."""
        writer = _Writer(plan, variables)
        try:
            expression = writer.instance(selection, "v", 0)
            source = f"def one(v, a):\n    return {expression}"
            exec(compile(source, "<selection>", "exec"), writer.names)  # noqa: S102 - our own text
        except (NotPlain, SyntaxError, RecursionError, MemoryError):
            return None
        return cls(writer.names["one"], writer.called)

    def arguments(self, variables: VariableValues) -> list[dict[str, Any]]:
        """The arguments of the calls, as this execution's variables give them."""
        return [field.arguments(variables) for field in self._called]

    def one(self, value: Any, arguments: list[dict[str, Any]]) -> Any:
        """Complete one object."""
        return self._one(value, arguments)

    def many(self, values: Iterable[Any], arguments: list[dict[str, Any]]) -> list[Any]:
        """Complete a list of objects, none of which is null."""
        one = self._one
        return [one(value, arguments) for value in values]


class _Writer:
    """Writes expressions, and collects the names that stand in them."""

    def __init__(self, plan: OperationPlan, variables: VariableValues) -> None:
        self._plan = plan
        self._variables = variables
        self._count = 0
        self.called: list[FieldPlan] = []
        self.names: dict[str, Any] = {
            "finite": math.isfinite,
            "items": _items,
            "not_plain": _not_plain,
            "ordinary": _ORDINARY,
        }

    def instance(self, selection: Selection, source: str, depth: int) -> str:
        """The response for the object in the variable ``source``, which is of its type."""
        if depth > _DEEPEST:
            raise NotPlain
        origin = _origin(selection.object_type)
        pairs = [
            f"{field.key!r}: {self._field(selection, field, source, depth)}"
            for field in selection.fields
        ]
        check = f"type({source}) is {self._named(origin)}"
        return f"({{{', '.join(pairs)}}} if {check} else not_plain())"

    def _field(self, selection: Selection, field: FieldPlan, source: str, depth: int) -> str:
        if field.name == "__typename":
            return repr(selection.object_type.name)
        if field.attribute is not None:
            value = f"{source}.{field.attribute}"
        else:
            value = self._call(field, source)
        return self._value(field.definition.type, field, value, depth)

    def _call(self, field: FieldPlan, source: str) -> str:
        function = field.resolver and field.resolver.calls_with_source_alone
        if function is None:
            raise NotPlain
        self.called.append(field)
        return f"{self._named(function)}({source}, **a[{len(self.called) - 1}])"

    def _value(self, kind: GraphQLOutputType, field: FieldPlan, value: str, depth: int) -> str:
        required = isinstance(kind, GraphQLNonNull)
        of: Any = kind.of_type if isinstance(kind, GraphQLNonNull) else kind
        t = self._fresh()
        if is_leaf_type(of):
            return self._leaf(of, value, t, required=required)
        if isinstance(of, GraphQLObjectType):
            selection = self._plan.below(of, field.details, self._variables)
            inner = self.instance(selection, t, depth + 1)
        elif isinstance(of, GraphQLList):
            item = self._fresh()
            each = self._value(of.of_type, field, item, depth + 1)
            inner = f"[{each} for {item} in items({t})]"
        else:
            raise NotPlain
        if required:
            return f"({inner} if ({t} := {value}) is not None else not_plain())"
        return f"(None if ({t} := {value}) is None else {inner})"

    def _leaf(self, kind: GraphQLLeafType, value: str, t: str, *, required: bool) -> str:
        complete = self._named(_completing(kind))
        itself = _ITSELF.get(kind)
        if itself is not None:
            # The first mention binds the name.
            bound = itself.replace("{t}", f"({t} := {value})", 1).replace("{t}", t)
            if required:
                return f"({t} if {bound} else {complete}({t}))"
            again = itself.replace("{t}", t)
            return f"({t} if ({t} := {value}) is None or {again} else {complete}({t}))"
        coerce, c = self._named(kind.coerce_output_value), self._fresh()
        ready = f"type({t}) in ordinary and type({c} := {coerce}({t})) in ordinary"
        if required:
            ready = ready.replace(f"type({t})", f"type({t} := {value})", 1)
            return f"({c} if {ready} else {complete}({t}))"
        return f"(None if ({t} := {value}) is None else {c} if {ready} else {complete}({t}))"

    def _fresh(self) -> str:
        self._count += 1
        return f"t{self._count}"

    def _named(self, thing: Any) -> str:
        self._count += 1
        name = f"n{self._count}"
        self.names[name] = thing
        return name


def _origin(kind: GraphQLObjectType) -> type:
    """The class of which alone the type's objects are; NotPlain if that is not certain."""
    origin = getattr(kind.extensions.get(DEFINITION), "origin", None)
    if kind.is_type_of is not None or not isinstance(origin, type):
        raise NotPlain
    return origin


def _completing(kind: GraphQLLeafType) -> Callable[[Any], Any]:
    coerce = kind.coerce_output_value

    def complete(value: Any) -> Any:
        if value is None or isinstance(value, Exception) or optimized_is_awaitable(value):
            raise NotPlain
        coerced = coerce(value)
        if coerced is None or coerced is Undefined:
            raise NotPlain
        return coerced

    return complete


def _items(value: Any) -> Any:
    if type(value) is list or type(value) is tuple:
        return value
    raise NotPlain


def _not_plain() -> None:
    raise NotPlain
