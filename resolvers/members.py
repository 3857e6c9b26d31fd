"""What the members of a group did, one by one: individual stats."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from functools import partial

import strawberry

from gateway.arguments import read_first
from gateway.directory import users
from gateway.loaders.statistics import (
    MemberDays,
    MembersKey,
    ProjectSum,
    Rank,
    RankingQuestion,
)
from gateway.stats.ranking import Order, Place
from gateway.stats.subject import Question
from resolvers.connections import NODES, Connection, Edge, page_of
from resolvers.context import Info
from resolvers.contributions import (
    ProjectContribution,
    load_projects,
    project_contributions,
    selects_last_day,
)
from resolvers.costs import costs, up_to
from resolvers.cursors import cursor, read_cursor
from resolvers.lookahead import reaches, selects
from resolvers.project import Project
from resolvers.rows import Row, made, row
from resolvers.scalars import SafeInt
from resolvers.statistics import FirstArgument
from resolvers.user import User

#: What a connection selects if it does not count its members.
_WITHOUT_TOTAL = frozenset({"nodes", "edges", "pageInfo"})


@row
@strawberry.type(description="Classifications of one member of a group.")
class MemberContribution(Row):
    """A member's sums; the contributions came in with the list that the member stands in."""

    user: User = strawberry.field(description="Who classified; they need not be a member any more.")
    count: SafeInt = strawberry.field(description="Classifications for the group.")
    time_spent: float = strawberry.field(description="Session time for the group, in seconds.")
    sums: strawberry.Private[Sequence[ProjectSum]]
    projects: strawberry.Private[Mapping[int, Project]]
    days: strawberry.Private[Mapping[int, int]]

    @strawberry.field(
        description="Classifications by project, most first.",
        directives=[up_to("first", otherwise=20)],
    )
    def project_contributions(self, first: FirstArgument = None) -> list[ProjectContribution]:
        return project_contributions(self.sums[: read_first(first)], self.projects, self.days)


@row
@strawberry.type(description="A member within a page of a group's breakdown.")
class MemberContributionEdge(Edge[MemberContribution]):
    """Nothing but its place."""


@strawberry.type(description="A page of a group's members, in the order asked for.")
class MemberContributionConnection(Connection[MemberContribution, MemberContributionEdge]):
    """The total is counted only if it is selected."""

    question: strawberry.Private[Question]
    group_id: strawberry.Private[int]

    @strawberry.field(
        description="How many members classified, on all pages.", directives=[costs(10)]
    )
    async def total_count(self, info: Info) -> int:
        return await info.context.loaders.active_users.load((self.question, self.group_id))


async def load_top(
    info: Info, question: Question, group_id: int, first: int
) -> list[MemberContribution]:
    """The members with the most classifications."""
    ranks = await info.context.loaders.ranking.load((RankingQuestion(question, first), group_id))
    return await _members(info, question, group_id, ranks, ())


async def load_page(
    info: Info, question: Question, group_id: int, first: int, after: str | None, order: Order
) -> MemberContributionConnection:
    """A page of members in order, behind the member that ``after`` names."""
    place = None if after is None else _read_cursor(after, order)
    ranks: Sequence[Rank] = ()
    loaders = info.context.loaders
    if selects(info, beyond={"totalCount"}):
        # One more than asked for tells whether there is a next page.
        asked = loaders.ranking.load((RankingQuestion(question, first + 1, place, order), group_id))
        if selects(info, beyond=_WITHOUT_TOTAL):
            ranks, _ = await asyncio.gather(asked, loaders.active_users.load((question, group_id)))
        else:
            ranks = await asked
    page = page_of(ranks, first, after, partial(_cursor, order))
    nodes = await _members(info, question, group_id, page.items, *NODES)
    parts = page.parts(info, MemberContributionEdge, nodes)
    return MemberContributionConnection(**parts, question=question, group_id=group_id)


async def _members(
    info: Info, question: Question, group_id: int, ranks: Sequence[Rank], *paths: tuple[str, ...]
) -> list[MemberContribution]:
    """Members with the details that the operation selects of them at any of the paths."""
    loaders = info.context.loaders
    ids = tuple(rank.user_id for rank in ranks)
    with_names = any(selects(info, *path, "user", beyond={"id"}) for path in paths)
    with_sums = any(reaches(info, *path, "projectContributions") for path in paths)
    with_days = any(selects_last_day(info, *path, "projectContributions") for path in paths)
    key = MembersKey(question, group_id, ids)
    # Asked for together: none waits for the other.
    records, found, last = await asyncio.gather(
        loaders.users.load_many(ids if with_names else ()),
        loaders.member_contributions.load_many([key] if with_sums else ()),
        loaders.member_last_days.load_many([key] if with_days else ()),
    )
    sums: Mapping[int, Sequence[ProjectSum]] = found[0] if with_sums else {}
    names = dict(zip(ids, records, strict=True)) if with_names else {}
    projects: Mapping[int, Project] = {}
    if with_sums:
        projects = await load_projects(
            info,
            (one.project_id for done in sums.values() for one in done),
            *((*path, "projectContributions", "project") for path in paths),
        )
    return member_contributions(ranks, names, sums, projects, last[0] if with_days else {})


def member_contributions(
    ranks: Iterable[Rank],
    names: Mapping[int, users.User | None],
    sums: Mapping[int, Sequence[ProjectSum]],
    projects: Mapping[int, Project],
    days: MemberDays,
) -> list[MemberContribution]:
    """Members' places in a ranking as the schema shows them."""
    return [
        made(
            MemberContribution,
            (
                *(User.of(one, names.get(one)), n, ms / 1000),
                *(sums.get(one, ()), projects, days.get(one, {})),
            ),
        )
        for one, n, ms in ranks
    ]


def _cursor(order: Order, rank: Rank) -> str:
    values = (rank.n, rank.user_id) if order is Order.COUNT else (rank.user_id,)
    return cursor(order.value, *values)


def _read_cursor(after: str, order: Order) -> Place:
    if order is Order.COUNT:
        n, user_id = read_cursor(after, order.value, int, int)
        return Place(int(n), int(user_id))
    (user_id,) = read_cursor(after, order.value, int)
    return Place(1, int(user_id))
