"""Execution hints: the contract between resolvers and the executor.

Resolvers declare here what lets the executor be fast, and the executor reads it here. All hints
are optional. A wrong hint is a HintError when the schema is built (``check_hints``).
docs/development.md explains when to use which.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Coroutine, Hashable, Iterable, Mapping, Sequence
from dataclasses import FrozenInstanceError, dataclass
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

import strawberry
from graphql import (
    FieldNode,
    GraphQLError,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    get_nullable_type,
)
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.field import StrawberryField

S = TypeVar("S")
V = TypeVar("V")
P = ParamSpec("P")

#: Answers a field for many objects, given their info and its arguments: one value for each, in
#: their order.
ResolveBatch = Callable[..., Coroutine[Any, Any, Sequence[Any]]]

#: The argument with the days that everything below its field is about.
RANGE = "range"

#: How many items a list has, from the arguments of its field (as GraphQL calls them), those of the
#: nearest field above it with an argument ``RANGE``, and the UTC day; None if unknown.
ListLength = Callable[[Mapping[str, Any], Mapping[str, Any], int], int | None]

#: The key under which Strawberry keeps what a field or type was made from.
_DEFINITION = "strawberry-definition"


class HintError(TypeError):
    """Error: a hint is wrong for its field or type, or a resolver breaks its hint."""


@dataclass(frozen=True, slots=True)
class FieldHints:
    """Hints of one field for the executor."""

    #: Answers the field for many objects of a level in one call: lists for few of them.
    batched: ResolveBatch | None = None
    #: Many objects are likely to have the same object there, which is then completed once.
    shared: bool = False
    #: Gives the length of the list before it is read, for its cost.
    length: ListLength | None = None


_NONE = FieldHints()

#: What a resolver takes before its field's arguments.
_OF_EACH = (
    inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD),
    inspect.Parameter(
        "info", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=strawberry.Info[Any, Any]
    ),
)


def hints(*, shared: bool = False, length: ListLength | None = None) -> dict[object, FieldHints]:
    """Return hints for the ``metadata`` of ``strawberry.field``."""
    return {FieldHints: FieldHints(None, shared, length)}


def batched_field(
    resolve: Callable[Concatenate[Sequence[S], Any, P], Coroutine[Any, Any, Sequence[V]]],
    *,
    description: str,
    directives: Sequence[object] = (),
    length: ListLength | None = None,
) -> V:
    """Batched field: ``resolve`` resolves it for many objects, with one value for each.

    It takes the objects, their info and the field's arguments; the field has no extensions.
    HintError when it returns another number of values than it was given objects.
    """
    name = getattr(resolve, "__name__", repr(resolve))
    parameters = [*inspect.signature(resolve).parameters.values()]
    if not inspect.iscoroutinefunction(resolve) or len(parameters) < len(_OF_EACH):
        raise HintError(f"{name}: a batched field is async, and takes objects and their info.")

    batch = FieldHints(batched=resolve, length=length)

    async def resolve_one(self: Any, info: strawberry.Info[Any, Any], **arguments: Any) -> Any:
        values = await cast("ResolveBatch", resolve)([self], info, **arguments)
        check_batch(batch, 1, values)
        return values[0]

    # Strawberry reads the arguments of the field from here.
    one: Any = resolve_one
    one.__module__ = resolve.__module__
    one.__signature__ = inspect.Signature([*_OF_EACH, *parameters[len(_OF_EACH) :]])
    field: Any = strawberry.field(
        resolver=one,
        description=description,
        directives=directives,
        metadata={FieldHints: batch},
    )
    return field  # type: ignore[no-any-return]


def check_batch(hints: FieldHints, objects: int, values: Sequence[Any]) -> None:
    """Check that a batched field has returned one value for each object; else HintError."""
    if len(values) != objects:
        name = getattr(hints.batched, "__name__", hints.batched)
        raise HintError(f"{name} returned {len(values)} values for {objects} objects.")


def strawberry_field(field: GraphQLField) -> StrawberryField | None:
    """The Strawberry field that a field of graphql-core was made from."""
    made_from = field.extensions.get(_DEFINITION)
    return made_from if isinstance(made_from, StrawberryField) else None


def strawberry_class(kind: GraphQLNamedType) -> type | None:
    """The class that a type was made from: its objects are instances of it."""
    made_from = kind.extensions.get(_DEFINITION)
    return made_from.origin if isinstance(made_from, StrawberryObjectDefinition) else None


def exact_class(kind: GraphQLObjectType) -> type | None:
    """The class whose own objects are of a type; None if the type has ``is_type_of``."""
    made_from = kind.extensions.get(_DEFINITION)
    has_own_check = getattr(made_from, "is_type_of", None) is not None
    return None if has_own_check else strawberry_class(kind)


def hints_of(field: GraphQLField) -> FieldHints:
    """The hints of a field."""
    made_from = strawberry_field(field)
    return _NONE if made_from is None else made_from.metadata.get(FieldHints, _NONE)


class ExactIntegers:
    """Coerces whole numbers within bounds, both included: each is its own result.

    The executor reads the bounds itself, and calls it only for other values: GraphQLError with the
    message ``refusal``.
    """

    def __init__(self, least: int, most: int, refusal: str) -> None:
        if type(least) is not int or type(most) is not int or least > most:
            raise HintError(f"The bounds of exact integers are whole numbers: {least}, {most}.")
        self.least, self.most = least, most
        self._refusal = refusal

    def __call__(self, value: Any) -> int:
        # A bool is an int to Python, but not of this type.
        if type(value) is int and self.least <= value <= self.most:
            return value
        raise GraphQLError(self._refusal)


class FrozenInput:
    """The base of input types: the objects of a document are shared by its operations.

    FrozenInstanceError when one is changed. Lists in it are tuples.
    """

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if type(value) is list:
                object.__setattr__(self, name, tuple(value))
        object.__setattr__(self, "_frozen", True)

    def __setattr__(self, name: str, value: object) -> None:
        if "_frozen" in vars(self):
            raise FrozenInstanceError(f"{type(self).__name__}.{name} is shared by operations.")
        object.__setattr__(self, name, value)


class FieldNodes(list[FieldNode]):
    """Nodes of a field with their look-ahead results, which live as long as their document."""

    def __init__(self, nodes: Iterable[FieldNode]) -> None:
        super().__init__(nodes)
        self.lookahead: dict[Hashable, bool] = {}


def lookahead_of(nodes: list[FieldNode]) -> dict[Hashable, bool]:
    """Look-ahead results of a field, to be added to; they are cached with its document."""
    return nodes.lookahead if isinstance(nodes, FieldNodes) else {}


def check_hints(schema: GraphQLSchema) -> None:
    """Check the hints of a schema: HintError for the first that is wrong."""
    for kind in schema.type_map.values():
        if isinstance(kind, GraphQLInputObjectType):
            made_from = strawberry_class(kind)
            if made_from is not None and not issubclass(made_from, FrozenInput):
                raise HintError(f"{kind.name}: an input type derives from FrozenInput.")
        elif isinstance(kind, GraphQLObjectType):
            for name, field in kind.fields.items():
                _check_field(f"{kind.name}.{name}", field)


def _check_field(name: str, field: GraphQLField) -> None:
    found, made_from = hints_of(field), strawberry_field(field)
    of = get_nullable_type(field.type)
    if found.batched is not None and made_from is not None and made_from.extensions:
        raise HintError(f"{name}: nothing stands around a batched field, such as a guard.")
    is_plain = made_from is not None and made_from.is_basic_field
    if found.shared and not (is_plain and isinstance(of, GraphQLObjectType)):
        raise HintError(f"{name}: only an object in a plain attribute is shared.")
    if found.length is not None and not isinstance(of, GraphQLList):
        raise HintError(f"{name}: only a list has a length.")
