"""Connections: lists that are read a page at a time, as Relay's specification has them.

    @row
    @strawberry.type(description="…")
    class StarEdge(Edge[Star]): ...

    @strawberry.type(description="…")
    class StarConnection(Connection[Star, StarEdge]):
        total_count: int = strawberry.field(description="…")

    page = page_of(found, first, after, cursor_of)  # found: up to one more than ``first``
    nodes = [Star.of(one) for one in page.items]
    StarConnection(**page.parts(info, StarEdge, nodes), total_count=…)

Pages are read forwards alone; docs/schema.md says why.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Annotated, Any, Generic, NamedTuple, TypedDict, TypeVar

import strawberry
from strawberry.federation.schema_directives import ListSize

from gateway.arguments import MAX_FIRST
from resolvers.context import Info
from resolvers.costs import up_to
from resolvers.lookahead import reaches, selects
from resolvers.rows import Row, made

N = TypeVar("N")
E = TypeVar("E", bound="Edge[Any]")
T = TypeVar("T")

PageArgument = Annotated[
    int | None, strawberry.argument(description=f"Items on one page, 1 to {MAX_FIRST:,}.")
]
AfterArgument = Annotated[
    str | None,
    strawberry.argument(
        description="The cursor behind which the page begins. Default: the list's beginning."
    ),
]

#: Where the nodes of a connection are selected below its field.
NODES = (("nodes",), ("edges", "node"))


def paged(otherwise: int) -> ListSize:
    """The list size of a connection, for the cost of the field that leads to it."""
    return up_to("first", otherwise=otherwise, sized=["nodes", "edges"])


@strawberry.type(description="Where a page of a list begins and ends, and whether there is more.")
class PageInfo:
    """Relay's page info."""

    has_next_page: bool = strawberry.field(description="Whether items follow this page.")
    has_previous_page: bool = strawberry.field(
        description="Whether the page begins behind a cursor, so that items came before it."
    )
    start_cursor: str | None = strawberry.field(
        description="The cursor of the page's first item; null on an empty page."
    )
    end_cursor: str | None = strawberry.field(
        description="Pass it as `after` for the next page; null on an empty page."
    )


@strawberry.type
class Edge(Row, Generic[N]):
    """An edge: an item of a page, its cursor, and what it has only within the list."""

    cursor: str = strawberry.field(description="Pass it as `after` for the items behind this one.")
    node: N = strawberry.field(description="The item itself, as in `nodes`.")


@strawberry.type
class Connection(Generic[N, E]):
    """A connection: a page of a list. Each type has a ``total_count`` of its own, of all pages."""

    nodes: list[N] = strawberry.field(description="The items of the page, in order.")
    edges: list[E] = strawberry.field(description="The same items, each with its cursor.")
    page_info: PageInfo = strawberry.field(description="What to pass on for the next page.")


class Parts(TypedDict, Generic[N, E]):
    """The fields of a connection."""

    nodes: list[N]
    edges: list[E]
    page_info: PageInfo


class Page(NamedTuple, Generic[T]):
    """A page: some items of a list, its page info, and the cursor of an item."""

    items: Sequence[T]
    page_info: PageInfo
    cursor_of: Callable[[T], str]

    def parts(self, info: Info, edge: type[E], nodes: list[N], *more: Iterable[Any]) -> Parts[N, E]:
        """The fields of a connection; ``more`` are further values of each edge, in order.

        Edges are made only if the operation selects them.
        """
        edges: list[E] = []
        if reaches(info, "edges"):
            values = zip(map(self.cursor_of, self.items), nodes, *more, strict=True)
            edges = [made(edge, one) for one in values]
        return {"nodes": nodes, "edges": edges, "page_info": self.page_info}


def page_of(
    found: Sequence[T], first: int, after: str | None, cursor_of: Callable[[T], str]
) -> Page[T]:
    """The page of the first items after a cursor; one item more means that a next page exists."""
    items = found[:first]
    page_info = PageInfo(
        has_next_page=len(found) > first,
        has_previous_page=after is not None,
        start_cursor=cursor_of(items[0]) if items else None,
        end_cursor=cursor_of(items[-1]) if items else None,
    )
    return Page(items, page_info, cursor_of)


def selects_of_nodes(info: Info, *path: str, beyond: Iterable[str] = ()) -> bool:
    """Whether the operation selects a field at this path below the nodes of a connection."""
    return any(selects(info, *nodes, *path, beyond=beyond) for nodes in NODES)
