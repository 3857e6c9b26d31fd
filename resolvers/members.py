"""Individual stats: what each member of a group did."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from functools import partial

import strawberry

from gateway.arguments import read_first
from gateway.directory import users
from gateway.execution_hints import batched_field
from gateway.loaders.members import MembersKey
from gateway.loaders.statistics import Rank, RankingQuestion
from gateway.period import name_periods
from gateway.stats.ranking import Order, RankingCursor
from gateway.stats.subject import Question
from resolvers.arguments import given
from resolvers.buckets import PeriodBucket, load_member_buckets, periods_of_range
from resolvers.connections import NODES, Connection, Edge, page_of
from resolvers.context import Info
from resolvers.contributions import ProjectContribution, contributions
from resolvers.costs import about, costs, up_to
from resolvers.cursors import cursor, read_cursor
from resolvers.enums import ContributionOrder
from resolvers.lookahead import selects
from resolvers.member_details import MemberDetails, load_details
from resolvers.rows import Row, made, row
from resolvers.scalars import SafeInt
from resolvers.statistics import (
    A_YEAR_OF_DAYS,
    FillGapsArgument,
    FirstArgument,
    OrderArgument,
    PeriodArgument,
)
from resolvers.user import User
from resolvers.workflow_contributions import WorkflowContribution

#: What a connection selects if it does not count its members.
_WITHOUT_TOTAL = frozenset({"nodes", "edges", "pageInfo"})


async def member_buckets(
    members: Sequence[MemberContribution],
    info: Info,
    period: PeriodArgument = None,
    fill_gaps: FillGapsArgument = False,
) -> list[list[PeriodBucket]]:
    """What each member did for the group, by period."""
    requested = [(one.details.question, one.details.group_id, one.user_id) for one in members]
    return await load_member_buckets(info, requested, period, fill_gaps=given(fill_gaps, False))


@row
@strawberry.type(description="Classifications of one member of a group.")
class MemberContribution(Row):
    """A member's sums; their contributions were loaded with the list of members."""

    user: User = strawberry.field(description="Who classified; they need not be a member any more.")
    count: SafeInt = strawberry.field(description="Classifications for the group.")
    time_spent: float = strawberry.field(description="Session time for the group, in seconds.")
    user_id: strawberry.Private[int]
    details: strawberry.Private[MemberDetails]

    @strawberry.field(
        description="The projects that the member classified in for the group, a ranking.",
        directives=[up_to("first", otherwise=20)],
    )
    def project_contributions(
        self,
        first: FirstArgument = None,
        order_by: OrderArgument = ContributionOrder.MOST_CLASSIFICATIONS,
    ) -> list[ProjectContribution]:
        order = given(order_by, ContributionOrder.MOST_CLASSIFICATIONS)
        sums, days = self.details.projects.of(self.user_id, order)
        found = self.details.projects.found
        return contributions(ProjectContribution, sums[: read_first(first)], found, days)

    @strawberry.field(
        description="The workflows that the member classified in for the group, a ranking.",
        directives=[up_to("first", otherwise=20)],
    )
    def workflow_contributions(
        self,
        first: FirstArgument = None,
        order_by: OrderArgument = ContributionOrder.MOST_CLASSIFICATIONS,
    ) -> list[WorkflowContribution]:
        order = given(order_by, ContributionOrder.MOST_CLASSIFICATIONS)
        sums, days = self.details.workflows.of(self.user_id, order)
        found = self.details.workflows.found
        return contributions(WorkflowContribution, sums[: read_first(first)], found, days)

    buckets: list[PeriodBucket] = batched_field(
        member_buckets,
        description=f"The member's classifications for the group by {name_periods()} in UTC, "
        "ascending.",
        directives=[about(A_YEAR_OF_DAYS)],
        length=periods_of_range,
    )


@row
@strawberry.type(description="A member within a page of a group's breakdown.")
class MemberContributionEdge(Edge[MemberContribution]):
    """An edge with a cursor and a node alone."""


@strawberry.type(description="A page of a group's members, in the order asked for.")
class MemberContributionConnection(Connection[MemberContribution, MemberContributionEdge]):
    """The total is counted only if it is selected."""

    question: strawberry.Private[Question]
    group_id: strawberry.Private[int]
    #: How many there are, where that is known.
    total: strawberry.Private[int | None] = None

    @strawberry.field(
        description="How many members classified, on all pages.", directives=[costs(10)]
    )
    async def total_count(self, info: Info) -> int:
        if self.total is not None:
            return self.total
        return await info.context.loaders.active_users.load((self.question, self.group_id))


async def load_top(
    info: Info, question: Question, group_id: int, first: int, order: Order
) -> list[MemberContribution]:
    """The top members in an order."""
    ranking = RankingQuestion(question, first, None, order)
    ranks = await info.context.loaders.ranking.load((ranking, group_id))
    return await load_members(info, question, group_id, ranks, ())


async def load_page(
    info: Info, question: Question, group_id: int, first: int, after: str | None, order: Order
) -> MemberContributionConnection:
    """A page of members in order, behind the member that ``after`` names."""
    key = None if after is None else _read_cursor(after, order)
    ranks: Sequence[Rank] = ()
    loaders = info.context.loaders
    if selects(info, beyond={"totalCount"}):
        # One more than requested tells whether there is a next page.
        future = loaders.ranking.load((RankingQuestion(question, first + 1, key, order), group_id))
        if selects(info, beyond=_WITHOUT_TOTAL):
            ranks, _ = await asyncio.gather(future, loaders.active_users.load((question, group_id)))
        else:
            ranks = await future
    page = page_of(ranks, first, after, partial(_cursor, order))
    nodes = await load_members(info, question, group_id, page.items, *NODES)
    parts = page.parts(info, MemberContributionEdge, nodes)
    return MemberContributionConnection(**parts, question=question, group_id=group_id)


async def load_members(
    info: Info, question: Question, group_id: int, ranks: Sequence[Rank], *paths: tuple[str, ...]
) -> list[MemberContribution]:
    """Members with the details that the operation selects of them at any of the paths."""
    ids = tuple(rank.user_id for rank in ranks)
    with_names = any(selects(info, *path, "user", beyond={"id"}) for path in paths)
    # Loaded together: none waits for the other.
    records, details = await asyncio.gather(
        info.context.loaders.users.load_many(ids if with_names else ()),
        load_details(info, MembersKey(question, group_id, ids), paths),
    )
    names = dict(zip(ids, records, strict=True)) if with_names else {}
    return member_contributions(ranks, names, details)


def member_contributions(
    ranks: Iterable[Rank], names: Mapping[int, users.User | None], details: MemberDetails
) -> list[MemberContribution]:
    """Convert members' ranks to the type of the schema."""
    return [
        made(MemberContribution, (User.of(one, names.get(one)), n, ms / 1000, one, details))
        for one, n, ms in ranks
    ]


def _cursor(order: Order, rank: Rank) -> str:
    if order is Order.ID:
        return cursor(order.value, rank.user_id)
    return cursor(order.value, rank.n if order is Order.COUNT else rank.ms, rank.user_id)


def _read_cursor(after: str, order: Order) -> RankingCursor:
    if order is Order.ID:
        (user_id,) = read_cursor(after, order.value, int)
        return RankingCursor(0, int(user_id))
    amount, user_id = read_cursor(after, order.value, int, int)
    return RankingCursor(int(amount), int(user_id))
