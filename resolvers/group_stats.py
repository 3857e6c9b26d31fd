"""Statistics of a group: aggregates, and its members' individual stats under another guard."""

from __future__ import annotations

from typing import Annotated

import strawberry

from gateway.arguments import read_page, read_search
from gateway.execution_hints import batched_field
from gateway.stats.ranking import Order
from resolvers.arguments import RankingOrderArgument, TopArgument, given
from resolvers.connections import AfterArgument, PageArgument, paged
from resolvers.context import Info
from resolvers.costs import costs, up_to
from resolvers.enums import MemberOrder, RankingOrder
from resolvers.guards import Guard, GuardRule
from resolvers.members import (
    MemberContribution,
    MemberContributionConnection,
    load_page,
    load_top,
)
from resolvers.membership import MemberSearchArgument
from resolvers.named_members import MOST_NAMED, NamedOrder, load_named
from resolvers.statistics import Contributed, active_user_counts

MemberOrderArgument = Annotated[
    MemberOrder | None,
    strawberry.argument(description="Who comes first; a cursor belongs to one order."),
]
#: The default of `first`.
TOP, BREAKDOWN_PAGE = 10, 40


@strawberry.type(description="Classifications that volunteers made for a group.")
class GroupStats(Contributed):
    """Statistics of a group: aggregates, and individual stats under another guard."""

    active_users: int = batched_field(
        active_user_counts,
        description="How many different volunteers classified for the group, members or not.",
        directives=[costs(10)],
    )

    @property
    def group_id(self) -> int:
        """The group, for the guards."""
        return self.subject_id

    @strawberry.field(
        description="The volunteers who did most for the group. They include former members, and "
        "volunteers whose browser named the group.",
        directives=[up_to("first", otherwise=TOP)],
        extensions=[Guard(GuardRule.GROUP_INDIVIDUALS)],
    )
    async def top_contributors(
        self,
        info: Info,
        first: TopArgument = TOP,
        order_by: RankingOrderArgument = RankingOrder.MOST_CLASSIFICATIONS,
    ) -> list[MemberContribution] | None:
        order = Order(given(order_by, RankingOrder.MOST_CLASSIFICATIONS).value)
        size = read_page(given(first, TOP))
        return await load_top(info, self.question, self.subject_id, size, order)

    @strawberry.field(
        description=(
            "All volunteers who classified for the group, members or not, a page at a time. To "
            "read all pages, order by ID: with another order, a volunteer who rises between two "
            "pages may be missed. A search, and the order by name, read the names of all: "
            f"they are `OUT_OF_BOUNDS` for groups of more than {MOST_NAMED:,}."
        ),
        directives=[costs(10), paged(BREAKDOWN_PAGE)],
        extensions=[Guard(GuardRule.GROUP_INDIVIDUALS)],
    )
    async def member_breakdown(
        self,
        info: Info,
        first: PageArgument = BREAKDOWN_PAGE,
        after: AfterArgument = None,
        order_by: MemberOrderArgument = MemberOrder.MOST_CLASSIFICATIONS,
        search: MemberSearchArgument = None,
    ) -> MemberContributionConnection | None:
        size, key = read_page(given(first, BREAKDOWN_PAGE)), read_search(search)
        by = given(order_by, MemberOrder.MOST_CLASSIFICATIONS)
        if key is not None or by is MemberOrder.NAME:
            named_order = NamedOrder(by, key)
            return await load_named(info, self.question, self.subject_id, size, after, named_order)
        order = Order(by.value)
        return await load_page(info, self.question, self.subject_id, size, after, order)
