"""Pages of a group's members by search or in the order of names, which need the names of all.

There is no index of volunteers' names, since nobody may search all volunteers. So all who
classified for the group are read with their names, then filtered and sorted here.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from hashlib import blake2b
from typing import NamedTuple

from gateway.directory.users import User
from gateway.errors import OutOfBounds
from gateway.loaders.statistics import Rank, RankingQuestion
from gateway.name_keys import matches, order_key
from gateway.stats.ranking import Order
from gateway.stats.subject import Question
from gateway.yielding import beside
from resolvers.connections import NODES, page_of
from resolvers.context import Info
from resolvers.cursors import Value, cursor, read_cursor
from resolvers.enums import MemberOrder
from resolvers.members import (
    MemberContributionConnection,
    MemberContributionEdge,
    load_members,
)

#: The limit of members whose names are read: the default limit of a group's memberships.
MOST_NAMED = 50_000

#: The value that a member is ordered by, and the id.
_SortKey = tuple[Value, int]

_VALUES: Mapping[MemberOrder, Callable[[Rank, str], Value]] = {
    MemberOrder.MOST_CLASSIFICATIONS: lambda rank, _: -rank.n,
    MemberOrder.MOST_TIME: lambda rank, _: -rank.ms,
    MemberOrder.ID: lambda rank, _: rank.user_id,
    MemberOrder.NAME: lambda _, name: order_key(name),
}


class NamedOrder(NamedTuple):
    """The search and order of members; a cursor is valid for one of these alone.

    ``search`` is a search key; None finds all, and one without a word nobody.
    """

    by: MemberOrder
    search: str | None

    def cursor(self, key: _SortKey) -> str:
        """The cursor of a member with this sort key."""
        return cursor(self._name, *key)

    def read(self, after: str) -> _SortKey:
        """The sort key behind which a page begins; InvalidArgument for a cursor of another list."""
        kind: type[Value] = str if self.by is MemberOrder.NAME else int
        value, user_id = read_cursor(after, self._name, kind, int)
        assert isinstance(user_id, int)  # noqa: S101 - read as one
        return value, user_id

    def arrange(
        self, ranks: Sequence[Rank], records: Sequence[User | None]
    ) -> list[tuple[_SortKey, Rank]]:
        """The members whose login or display name the search finds, sorted."""
        value = _VALUES[self.by]
        found = []
        for rank, record in zip(ranks, records, strict=True):
            names = _names(record)
            if self.search is None or any(matches(name, self.search) for name in names):
                found.append(((value(rank, names[0] if names else ""), rank.user_id), rank))
        return sorted(found)

    @property
    def _name(self) -> str:
        search = "" if self.search is None else _digest(self.search)
        return f"members by {self.by.name}, {search}".lower()


async def load_named(
    info: Info, question: Question, group_id: int, first: int, after: str | None, order: NamedOrder
) -> MemberContributionConnection:
    """A page of members in order, behind the member that ``after`` names.

    OutOfBounds if more than ``MOST_NAMED`` volunteers classified for the group.
    """
    key = None if after is None else order.read(after)
    ranks: Sequence[Rank] = ()
    loaders = info.context.loaders
    if order.search != "":
        ranking = RankingQuestion(question, MOST_NAMED + 1, None, Order.ID)
        ranks = await loaders.ranking.load((ranking, group_id))
    if len(ranks) > MOST_NAMED:
        name = "orderBy" if order.search is None else "search"
        message = f"{name} reads the names of at most {MOST_NAMED:,} members, and there are more."
        raise OutOfBounds(name, len(ranks), 0, MOST_NAMED, message)
    records = await loaders.users.load_many([rank.user_id for rank in ranks])
    arranged = await beside(len(ranks), lambda: order.arrange(ranks, records))
    start = 0 if key is None else bisect_right(arranged, key, key=lambda one: one[0])
    behind = arranged[start : start + first + 1]
    page = page_of(behind, first, after, lambda one: order.cursor(one[0]))
    found = [rank for _, rank in page.items]
    nodes = await load_members(info, question, group_id, found, *NODES)
    return MemberContributionConnection(
        **page.parts(info, MemberContributionEdge, nodes),
        question=question,
        group_id=group_id,
        total=len(arranged),
    )


def _names(record: User | None) -> list[str]:
    """The names of a volunteer, the displayed one first."""
    if record is None:
        return []
    return [name for name in (record.display_name, record.login) if name]


def _digest(search: str) -> str:
    return blake2b(search.encode(), digest_size=6).hexdigest()
