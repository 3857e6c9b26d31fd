"""Runtime types: finds the object type of a value, as graphql-core does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from graphql import GraphQLAbstractType, GraphQLObjectType, GraphQLSchema
from graphql.execution.executor import default_type_resolver

from gateway.graphql.execution.fallback import Fallback
from gateway.graphql.execution.plans import Selection


def type_of(
    schema: GraphQLSchema, kind: GraphQLAbstractType, value: Any, info: Any
) -> GraphQLObjectType:
    """The object type of a value of an abstract type; Fallback if it has none, or not at once."""
    resolve_type: Any = kind.resolve_type or default_type_resolver
    try:
        name = resolve_type(value, info, kind)
    except Exception as error:
        raise Fallback from error
    found = schema.get_type(name) if isinstance(name, str) else None
    if isinstance(found, GraphQLObjectType) and schema.is_sub_type(kind, found):
        return found
    raise Fallback


def check_type(selection: Selection, values: Sequence[Any], info: Any) -> None:
    """Check that all values are objects of the selection's type; else Fallback."""
    if set(map(type, values)) == {selection.object_class}:
        return
    is_type_of = selection.object_type.is_type_of
    try:
        if is_type_of is None or not all(is_type_of(value, info) is True for value in values):
            raise Fallback
    except Exception as error:
        raise Fallback from error
