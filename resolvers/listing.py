"""Pages of the site's lists of projects, workflows and groups, with search and order."""

from __future__ import annotations

import asyncio
from hashlib import blake2b
from typing import Annotated, NamedTuple

import strawberry

from gateway.arguments import read_page, read_search
from gateway.directory.listing import (
    MOST_MATCHES,
    Listed,
    ListOrder,
    ListQuestion,
    SortKey,
)
from gateway.directory.name_lists import NameList
from gateway.errors import InvalidArgument, OutOfBounds
from gateway.loaders.names import ListCount
from gateway.name_keys import LONGEST_SEARCH
from resolvers.arguments import given
from resolvers.connections import Page, page_of
from resolvers.context import Info
from resolvers.cursors import Value, cursor, read_cursor
from resolvers.lookahead import reaches, selects

#: The default of `first`.
LIST_PAGE = 20
#: By activity a list reads a row of each of its entities, and by a search up to ``MOST_MATCHES``.
LIST_COST = 500

SearchArgument = Annotated[
    str | None,
    strawberry.argument(
        description="Only names in which this is the beginning of the name, or of any word and "
        "what follows it. Letter case, punctuation and spaces make no difference. At most "
        f"{LONGEST_SEARCH} characters; null or blank finds all."
    ),
]


class Order(NamedTuple):
    """The filter and order of a list; a cursor is valid for one of these alone."""

    name_list: NameList
    search: str | None
    by: ListOrder

    def cursor(self, item: SortKey) -> str:
        """The cursor of an entity of this list."""
        return cursor(self._name, *item)

    def read(self, after: str | None) -> SortKey | None:
        """The sort key behind which a page begins; None for the beginning.

        InvalidArgument for a cursor of another list, order or search.
        """
        if after is None:
            return None
        kind: type[Value] = str if self.by is ListOrder.NAME else int
        value, entity_id = read_cursor(after, self._name, kind, int)
        # No name has a NUL, and PostgreSQL accepts none.
        if "\0" in str(value):
            raise InvalidArgument("after", "after must be a cursor that this list returned.")
        assert isinstance(entity_id, int)  # noqa: S101 - read as one
        return SortKey(value, entity_id)

    @property
    def _name(self) -> str:
        name = f"{self.name_list.name} by {self.by.value}".lower()
        if self.search is None:
            return name
        return f"{name}, {blake2b(self.search.encode(), digest_size=6).hexdigest()}"


class ListPage(NamedTuple):
    """A page of a list, and how many entities all pages have; 0 if that is not selected."""

    page: Page[SortKey]
    total: int


async def load_page(info: Info, order: Order, first: int | None, after: str | None) -> ListPage:
    """The first entities of a list behind a cursor.

    OutOfBounds if a search reads more words than ``MOST_MATCHES``: it finds too many names.
    """
    size, behind = read_page(given(first, LIST_PAGE)), order.read(after)
    if order.search == "":
        return ListPage(page_of((), size, after, order.cursor), 0)
    listed, loaders = Listed(order.name_list, order.search), info.context.loaders
    # One more than requested tells whether there is a next page.
    question = ListQuestion(listed, order.by, size + 1, behind)
    with_items = selects(info, beyond={"totalCount"})
    with_count = order.search is not None or reaches(info, "totalCount")
    pages, counts = await asyncio.gather(
        loaders.lists.load_many([question] if with_items else ()),
        loaders.list_counts.load_many([listed] if with_count else ()),
    )
    count = counts[0] if with_count else ListCount(0, 0)
    if count.words > MOST_MATCHES:
        message = f"search finds more than {MOST_MATCHES:,} names: write more of the name."
        raise OutOfBounds("search", count.words, 0, MOST_MATCHES, message)
    items = pages[0] if with_items else ()
    return ListPage(page_of(items, size, after, order.cursor), count.entities)


def order_of(name_list: NameList, search: str | None, by: ListOrder = ListOrder.NAME) -> Order:
    """The order of a list with these arguments; OutOfBounds for a search that is too long."""
    return Order(name_list, read_search(search), by)
