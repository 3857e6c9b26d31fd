"""Field resolver: calls a Strawberry field's resolver, with the constant work done once.

Strawberry's own wrapper reads the resolver's signature, converts all arguments and chains the
field's extensions at every call, which costs more than most of our resolvers. Here the chain is
built once a field, and arguments that name no variable are converted once a document. Input
objects may therefore be shared by several operations: a resolver must not change them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, reduce
from typing import Any

from graphql import GraphQLField, GraphQLSchema
from strawberry.extensions import FieldExtension
from strawberry.extensions.field_extension import build_field_extension_resolvers
from strawberry.schema import BaseSchema
from strawberry.types import Info
from strawberry.types.arguments import convert_arguments
from strawberry.types.field import StrawberryField
from strawberry.types.fields.resolver import StrawberryResolver

from gateway.execution_hints import strawberry_field

Keywords = dict[str, Any]


class FieldResolver:
    """The resolver of one field, extensions included."""

    __slots__ = ("_field", "_info_class", "_schema", "call", "calls_with_source_alone")

    def __init__(
        self, schema: BaseSchema, field: StrawberryField, resolver: StrawberryResolver[Any]
    ) -> None:
        self._schema = schema
        self._field = field
        self._info_class = schema.config.info_class
        function: Any = resolver.wrapped_func
        takes_source = resolver.self_parameter is not None
        info = resolver.info_parameter
        #: The function itself, if it is synchronous and takes only source and arguments.
        self.calls_with_source_alone: Callable[..., Any] | None = None
        if takes_source and info is None and not resolver.is_async and not field.extensions:
            self.calls_with_source_alone = function
        #: Calls it with source, info and keyword arguments.
        self.call = _chained(
            field, _calling(function, info.name if info else None, takes_source=takes_source)
        )

    @classmethod
    def of(cls, schema: GraphQLSchema, definition: GraphQLField) -> FieldResolver | None:
        """The resolver of a field; None for a field that needs Strawberry's own wrapper."""
        field = strawberry_field(definition)
        strawberry_schema: Any = getattr(schema, "_strawberry_schema", None)
        if field is None or strawberry_schema is None:
            return None
        resolver = field.base_resolver
        if (
            resolver is None
            or resolver.root_parameter
            or resolver.parent_parameter
            or strawberry_schema.exception_handlers
            or any(
                type(extension).map_arguments is not FieldExtension.map_arguments
                for extension in field.extensions
            )
        ):
            return None
        return cls(strawberry_schema, field, resolver)

    def keywords(self, arguments: Keywords) -> Keywords:
        """The resolver's keyword arguments, made from those that graphql-core has read."""
        return convert_arguments(
            arguments,
            self._field.arguments,
            scalar_registry=self._schema.schema_converter.scalar_registry,
            config=self._schema.config,
        )

    def info(self, raw_info: Any) -> Info[Any, Any]:
        """The info that the resolver takes, around graphql-core's."""
        info: Info[Any, Any] = self._info_class(_raw_info=raw_info, _field=self._field)
        return info


def _calling(
    function: Callable[..., Any], info_name: str | None, *, takes_source: bool
) -> Callable[..., Any]:
    def call(source: Any, info: Any, **keywords: Any) -> Any:
        if info_name is not None:
            keywords[info_name] = info
        return function(source, **keywords) if takes_source else function(**keywords)

    return call


def _chained(field: StrawberryField, resolve: Callable[..., Any]) -> Callable[..., Any]:
    return reduce(
        lambda next_, extension: partial(extension, next_),
        build_field_extension_resolvers(field),
        resolve,
    )
