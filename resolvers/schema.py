"""The GraphQL schema: queries, mutations, subscriptions and federation."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

from graphql import (
    GraphQLError,
    GraphQLID,
    GraphQLInputObjectType,
)
from strawberry import federation
from strawberry.federation.schema import FederationAny
from strawberry.schema.config import StrawberryConfig

from gateway.arguments import MAX_IDS, too_many
from gateway.errors import GatewayError, InvalidArgument, OutOfBounds
from gateway.execution_hints import check_hints
from resolvers.context import Info
from resolvers.mutations.root import Mutation
from resolvers.query import Query
from resolvers.scalars import SCALARS
from resolvers.subscription import Subscription, with_subscriptions


class FederatedSchema(federation.Schema):
    """Answers a router's ``_entities``, however wrong its representations are.

    Strawberry's own resolver fails as a whole on a representation without a known type, and hands
    everything else that stands in one to Python as arguments.
    """

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        # graphql-core refuses wrong values of such a type with the document, as the specification
        # has it; Strawberry tells only its own rules which types these are.
        for kind in self._schema.type_map.values():
            made_from = kind.extensions.get("strawberry-definition")
            if isinstance(kind, GraphQLInputObjectType) and getattr(made_from, "is_one_of", False):
                kind.is_one_of = True
        self._schema = with_subscriptions(self._schema)
        self.subscription = Subscription

    def entities_resolver(
        self, info: Info, representations: list[FederationAny]
    ) -> list[FederationAny]:
        """Entities in the order of their representations; one that is wrong is an error alone."""
        if len(representations) > MAX_IDS:
            many = len(representations)
            message = too_many("representations", many, "items")
            raise OutOfBounds("representations", many, 0, MAX_IDS, message)
        # graphql-core awaits what is awaitable, and raises what is an exception at its own path.
        found: list[Any] = [
            self._entity(info, f"representations[{index}]", one)
            for index, one in enumerate(representations)
        ]
        return found

    def _entity(
        self, info: Info, argument: str, representation: Any
    ) -> Awaitable[object] | GatewayError:
        given = representation if isinstance(representation, dict) else {}
        name = given.get("__typename")
        known = self.schema_converter.type_map.get(name) if isinstance(name, str) else None
        origin = getattr(getattr(known, "definition", None), "origin", None)
        resolve = getattr(origin, "resolve_reference", None)
        if resolve is None:
            return InvalidArgument(
                argument, f"{argument} has no __typename that names an entity of this schema."
            )
        try:
            entity_id: str = GraphQLID.parse_value(given.get("id"))
        except GraphQLError:
            return InvalidArgument(
                argument, f"{argument} has no id, which must be a positive whole number."
            )
        entity: Awaitable[object] = resolve(info, entity_id)
        return entity


schema = FederatedSchema(
    query=Query, mutation=Mutation, config=StrawberryConfig(scalar_map=SCALARS)
)
#: The same for graphql-core, which executes it.
graphql_schema = schema._schema
check_hints(graphql_schema)
