"""The root of subscriptions: a live query, which is answered again when its answer changes."""

from __future__ import annotations

from typing import Any

from graphql import GraphQLField, GraphQLNonNull, GraphQLObjectType, GraphQLSchema
from strawberry import federation
from strawberry.types import get_object_definition

from resolvers.costs import costs
from resolvers.query import Query


@federation.type(description="The root of every subscription.")
class Subscription:
    """The root type, from which Strawberry prints the name and the directives of its field."""

    live: Query = federation.field(
        description=(
            "The answer to the query that is selected here: at once, and again as a whole each time"
            " it differs from the last. It is what a query would be answered then, with its errors,"
            " and costs what the query costs, once. `__schema`, `__type`, `_entities`, `_service`,"
            " `@defer` and `@stream` are refused below it."
        ),
        directives=[costs(0)],
    )


def with_subscriptions(built: GraphQLSchema) -> GraphQLSchema:
    """The schema with the root of subscriptions.

    Strawberry cannot build it: its federation refuses a second use of the type of all queries.
    """
    assert built.query_type is not None  # noqa: S101 - there is one
    definition = get_object_definition(Subscription, strict=True)
    (live,) = definition.fields
    field = GraphQLField(
        GraphQLNonNull(built.query_type),
        description=live.description,
        extensions={"strawberry-definition": live},
    )
    arguments: dict[str, Any] = {**built.to_kwargs()}
    arguments["subscription"] = GraphQLObjectType(
        definition.name, {live.python_name: field}, description=definition.description
    )
    extended = GraphQLSchema(**arguments)
    # Resolvers get Strawberry's schema from here.
    extended._strawberry_schema = built._strawberry_schema  # type: ignore[attr-defined]
    return extended
