"""What stands ready in an object, completed by one expression.

graphql-core completes a value field by field: it builds a path, an info object and a call for
each, which costs most of the time of a long list. Here all of a selection that are attributes,
results of synchronous resolvers without info, and objects and lists of such, is written as one
Python expression and compiled. Its result is what graphql-core would make. On anything out of the
ordinary (null in a non-null place, another type than declared, an exception, something to await)
it gives up, and graphql-core does the work again, so that errors and their paths are graphql-core's
own. Such resolvers must therefore be free of side effects.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
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
from strawberry.execution import optimized_is_awaitable

from gateway.graphql.definitions import DEFINITION
from gateway.graphql.documents.variables import OperationVariables
from gateway.graphql.execution.production import Production

if TYPE_CHECKING:
    from gateway.graphql.execution.plans import FieldPlan, OperationPlan, Selection

#: Python's parser takes some hundred nested brackets; each level of ours is a few of them.
_DEEPEST = 12
#: What a compiled expression takes up in memory, and each letter of its text.
_EXPRESSION_BYTES = 2_000
_LETTER_BYTES = 6

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


class NotReady(Exception):
    """A value is not what the expression was made for."""


#: By the id of an object that several others share: the object, so that no other takes its id
#: meanwhile, and what was made of it.
_Shared = dict[int, tuple[Any, Any]]

#: Completes an object, given the converted arguments of the calls in it, what was shared, and the
#: numbers of items of the lists in it, which it adds to.
_Complete = Callable[[Any, list[dict[str, Any]], list[_Shared], list[int]], Any]

#: Objects that are completed before it is known how much there is in each of them.
FEW = 50


class _Place:
    """Where values come from: the object itself, or the items of one list in it.

    ``cost`` and ``values`` are those of one object or item, without what is in lists below.
    """

    __slots__ = ("cost", "values")

    def __init__(self, cost: int, values: int) -> None:
        self.cost = cost
        self.values = values


class ReadyObject:
    """Completes objects of one selection; NotReady, whatever it is that goes wrong.

    Fields that do not stand ready are null in what it makes, and are listed in ``pending``. All
    that is made is counted, and of what is pending the field itself.
    """

    __slots__ = ("_called", "_no_items", "_one", "_places", "_shared", "pending", "size")

    def __init__(
        self, one: _Complete, writer: _Writer, pending: tuple[FieldPlan, ...], size: int
    ) -> None:
        self._one = one
        self._called = writer.called
        self._shared = writer.shared
        self._places = [(place.cost, place.values) for place in writer.places]
        self._no_items = [0] * (len(self._places) - 1)
        self.pending = pending
        #: Bytes in memory, by estimate.
        self.size = size

    @classmethod
    def of(
        cls, plan: OperationPlan, selection: Selection, variables: OperationVariables
    ) -> ReadyObject:
        """What completes the selection, on objects of its type (at the root: on anything)."""
        writer = _Writer(plan, variables)
        pairs, pending = [], []
        for field in selection.fields:
            before = writer.state()
            try:
                pairs.append(f"{field.key!r}: {writer.field(selection, field, 'v', 0)}")
            except NotReady:
                writer.go_back(before, field)
                pairs.append(f"{field.key!r}: None")
                pending.append(field)
        check = "True" if selection.is_root else writer.checked(selection, "v")
        made = f"{{{', '.join(pairs)}}} if {check} else not_ready()"
        source = f"def one(v, a, s, c):\n    return {made}"
        exec(compile(source, "<selection>", "exec"), writer.names)  # noqa: S102 - our own text
        size = _EXPRESSION_BYTES + _LETTER_BYTES * len(source)
        return cls(writer.names["one"], writer, tuple(pending), size)

    def arguments(self, variables: OperationVariables) -> list[dict[str, Any]]:
        """The arguments of the calls, as this execution's variables give them."""
        try:
            return [field.arguments(variables) for field in self._called]
        except Exception as error:
            raise NotReady from error

    def few(
        self, values: Sequence[Any], arguments: list[dict[str, Any]], production: Production
    ) -> list[Any]:
        """Complete objects, none of which is null, in one go."""
        return self._made(values, arguments, production, self._nothing_shared())

    async def many(
        self, values: Sequence[Any], arguments: list[dict[str, Any]], production: Production
    ) -> list[Any]:
        """Complete objects, none of which is null; the loop gets its turns meanwhile."""
        shared = self._nothing_shared()
        made: list[Any] = []
        step = FEW
        while len(made) < len(values):
            before = production.values
            part = values[len(made) : len(made) + step]
            made += self._made(part, arguments, production, shared)
            await production.turn()
            each = max((production.values - before) // len(part), 1)
            step = min(max(production.turns.work_a_turn // each, 1), 10 * step)
        return made

    def _made(
        self,
        values: Sequence[Any],
        arguments: list[dict[str, Any]],
        production: Production,
        shared: list[_Shared],
    ) -> list[Any]:
        one = self._one
        counts = [len(values), *self._no_items]
        try:
            made = [one(value, arguments, shared, counts) for value in values]
        except Exception as error:
            raise NotReady from error
        cost = produced = 0
        for (own_cost, own_values), count in zip(self._places, counts, strict=True):
            cost += own_cost * count
            produced += own_values * count
        production.add(cost, produced)
        return made

    def _nothing_shared(self) -> list[_Shared]:
        return [{} for _ in range(self._shared)]


class _Writer:
    """Writes expressions, and collects the names that stand in them."""

    def __init__(self, plan: OperationPlan, variables: OperationVariables) -> None:
        self._plan = plan
        self._variables = variables
        self._count = 0
        self.called: list[FieldPlan] = []
        #: How many places there are whose objects may be shared.
        self.shared = 0
        self.places = [_Place(0, 0)]
        self._place = self.places[0]
        self.names: dict[str, Any] = {
            "counted": _counted,
            "finite": math.isfinite,
            "not_ready": _not_ready,
            "ordinary": _ORDINARY,
        }

    def state(self) -> tuple[int, int, int, int]:
        """Where the object is before one of its fields is written."""
        own = self.places[0]
        return len(self.called), len(self.places), own.cost, own.values

    def go_back(self, state: tuple[int, int, int, int], field: FieldPlan) -> None:
        """Forget a field that does not stand ready, but for what it costs itself."""
        called, places, cost, values = state
        del self.called[called:]
        del self.places[places:]
        self._place = self.places[0]
        self._place.cost, self._place.values = cost, values
        self._count_field(field)

    def _count_field(self, field: FieldPlan) -> None:
        self._place.values += 1
        if not field.is_list:
            self._place.cost += field.weight

    def checked(self, selection: Selection, source: str) -> str:
        """The condition that the variable ``source`` holds an object of the selection's type."""
        return f"type({source}) is {self._named(origin_of(selection.object_type))}"

    def _instance(self, selection: Selection, source: str, depth: int) -> str:
        if depth > _DEEPEST:
            raise NotReady
        check = self.checked(selection, source)
        pairs = [
            f"{field.key!r}: {self.field(selection, field, source, depth)}"
            for field in selection.fields
        ]
        return f"({{{', '.join(pairs)}}} if {check} else not_ready())"

    def field(self, selection: Selection, field: FieldPlan, source: str, depth: int) -> str:
        """The response for one field; NotReady if it has to be executed."""
        if field.name == "__typename":
            self._place.values += 1
            return repr(selection.object_type.name)
        self._count_field(field)
        if field.attribute is not None:
            value = f"{source}.{field.attribute}"
        else:
            value = self._call(field, source)
        return self._value(field.definition.type, field, value, depth)

    def _call(self, field: FieldPlan, source: str) -> str:
        function = field.resolver and field.resolver.calls_with_source_alone
        if function is None:
            raise NotReady
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
            inner = self._instance(selection, t, depth + 1)
            if field.shared:
                known = f"s[{self.shared}]"
                self.shared += 1
                kept = f"{known}.setdefault(id({t}), ({t}, {inner}))"
                inner = f"({known}.get(id({t})) or {kept})[1]"
        elif isinstance(of, GraphQLList):
            item = self._fresh()
            number, around = len(self.places), self._place
            self._place = _Place(field.weight, 1)
            self.places.append(self._place)
            each = self._value(of.of_type, field, item, depth + 1)
            self._place = around
            inner = f"[{each} for {item} in counted({t}, c, {number})]"
        else:
            raise NotReady
        if required:
            return f"({inner} if ({t} := {value}) is not None else not_ready())"
        return f"(None if ({t} := {value}) is None else {inner})"

    def _leaf(self, kind: GraphQLLeafType, value: str, t: str, *, required: bool) -> str:
        complete = self._named(completing(kind))
        itself = _ITSELF.get(kind) or _within_bounds(kind)
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


def _within_bounds(kind: GraphQLLeafType) -> str | None:
    """The same for a scalar that says itself between which whole numbers it changes nothing."""
    bounds = getattr(kind.coerce_output_value, "bounds", None)
    return None if bounds is None else f"type({{t}}) is int and {bounds[0]} <= {{t}} <= {bounds[1]}"


def origin_of(kind: GraphQLObjectType) -> type:
    """The class that the type's objects are of; NotReady if that is not certain."""
    origin = getattr(kind.extensions.get(DEFINITION), "origin", None)
    if kind.is_type_of is not None or not isinstance(origin, type):
        raise NotReady
    return origin


def completing(kind: GraphQLLeafType) -> Callable[[Any], Any]:
    """What completes a value of a leaf type that is not null; it raises for all that is wrong."""
    coerce = kind.coerce_output_value

    def complete(value: Any) -> Any:
        if value is None or isinstance(value, Exception) or optimized_is_awaitable(value):
            raise NotReady
        coerced = coerce(value)
        if coerced is None or coerced is Undefined:
            raise NotReady
        return coerced

    return complete


def completing_all(kind: GraphQLLeafType) -> Callable[[Sequence[Any]], list[Any]]:
    """The same for many values at once."""
    complete = completing(kind)
    itself = _ITSELF.get(kind) or _within_bounds(kind)
    if itself is None:
        return lambda values: [*map(complete, values)]
    names = {"complete": complete, "finite": math.isfinite}
    each = f"t if {itself.replace('{t}', 't')} else complete(t)"
    made: Callable[[Sequence[Any]], list[Any]]
    made = eval(f"lambda values: [{each} for t in values]", names)  # noqa: S307 - our own text
    return made


def _counted(value: Any, counts: list[int], place: int) -> Any:
    if type(value) is list or type(value) is tuple:
        counts[place] += len(value)
        return value
    raise NotReady


def items_of(value: Any) -> Any:
    """The items of a list or tuple; NotReady for anything else that may be iterated over."""
    if type(value) is list or type(value) is tuple:
        return value
    raise NotReady


def _not_ready() -> None:
    raise NotReady
