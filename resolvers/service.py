"""The SDL from which routers compose a federated graph: the schema without guards."""

from __future__ import annotations

from functools import lru_cache

import strawberry
from graphql import (
    DirectiveDefinitionNode,
    DirectiveNode,
    EnumTypeDefinitionNode,
    InterfaceTypeDefinitionNode,
    Visitor,
    VisitorAction,
    parse,
    print_ast,
    visit,
)
from strawberry.schema.base import BaseSchema

from resolvers.context import Info
from resolvers.guards import GUARD, GuardRule


@strawberry.type(name="_Service", description="This subgraph, for routers.")
class Service:
    """Federation's type ``_Service``, with the SDL of this subgraph."""

    @strawberry.field(
        description="The schema without `@guard`, whose rules only this subgraph checks."
    )
    def sdl(self, info: Info) -> str:
        return composable_sdl(info.schema)


@lru_cache(maxsize=1)
def composable_sdl(schema: BaseSchema) -> str:
    """Print the schema without guards, and without ``@oneOf``.

    Composition drops a directive that it does not know and keeps the type of its argument, so
    that the supergraph would show an enum that nothing uses. A field's description says who may
    see it all the same. It drops ``@oneOf`` as well; the gateway refuses two scopes whoever asks.
    """
    return print_ast(visit(parse(schema.as_str()), _Composable()))


_DROPPED = {GUARD, "oneOf"}


class _Composable(Visitor):
    def enter_interface_type_definition(
        self, node: InterfaceTypeDefinitionNode, *_: object
    ) -> InterfaceTypeDefinitionNode:
        # Composition refuses costs there: routers take those of the types that implement it.
        visited: InterfaceTypeDefinitionNode = visit(node, _WithoutCosts())
        return visited

    def enter_directive(self, node: DirectiveNode, *_: object) -> VisitorAction:
        return self.REMOVE if node.name.value in _DROPPED else None

    def enter_directive_definition(
        self, node: DirectiveDefinitionNode, *_: object
    ) -> VisitorAction:
        return self.REMOVE if node.name.value in _DROPPED else None

    def enter_enum_type_definition(self, node: EnumTypeDefinitionNode, *_: object) -> VisitorAction:
        return self.REMOVE if node.name.value == GuardRule.__name__ else None


class _WithoutCosts(Visitor):
    def enter_directive(self, node: DirectiveNode, *_: object) -> VisitorAction:
        return self.REMOVE if node.name.value == "cost" else None
