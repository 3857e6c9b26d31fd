"""Volunteers whose days are out of the ordinary: for the operators of the site."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import strawberry

from gateway.arguments import read_page
from gateway.calendar import day_date
from gateway.loaders.unusual_volunteers import UnusualDays, UnusualPage, UnusualQuestion
from resolvers.connections import Connection, Edge, page_of, selects_of_nodes
from resolvers.context import Info
from resolvers.costs import about, costs
from resolvers.cursors import id_cursor, read_id_cursor
from resolvers.lookahead import selects
from resolvers.rows import Row, made, row
from resolvers.scalars import SafeInt
from resolvers.user import User


@row
@strawberry.type(description="A day on which a volunteer did more than a threshold.")
class UnusualDay(Row):
    """The sums of an unusual day, within the scope of the statistic."""

    day: date = strawberry.field(description="In UTC.")
    count: SafeInt = strawberry.field(description="Classifications on the day.")
    time_spent: float = strawberry.field(description="Session time on the day, in seconds.")


@row
@strawberry.type(description="A volunteer with days on which they did more than a threshold.")
class UnusualVolunteer(Row):
    """A volunteer with unusual days, found by the figures of these days alone."""

    user: User = strawberry.field(description="Who classified.")
    days: list[UnusualDay] = strawberry.field(
        description="These days alone, ascending.", directives=[about(5)]
    )


@row
@strawberry.type(description="Such a volunteer within a page.")
class UnusualVolunteerEdge(Edge[UnusualVolunteer]):
    """An edge with a cursor and a node alone."""


@strawberry.type(description="A page of such volunteers, by ascending id.")
class UnusualVolunteerConnection(Connection[UnusualVolunteer, UnusualVolunteerEdge]):
    """The total is counted only if it is selected."""

    question: strawberry.Private[UnusualQuestion]
    subject_id: strawberry.Private[int]

    @strawberry.field(
        description="How many volunteers have such days, on all pages.", directives=[costs(100)]
    )
    async def total_count(self, info: Info) -> int:
        return await info.context.loaders.unusual_users.load((self.question, self.subject_id))


async def load_unusual(
    info: Info, question: UnusualQuestion, subject_id: int, first: int, after: str | None
) -> UnusualVolunteerConnection:
    """A page of volunteers with days beyond a threshold, behind the one that ``after`` names."""
    size, behind = read_page(first), read_id_cursor(after)
    found: Sequence[UnusualDays] = ()
    if selects(info, beyond={"totalCount"}):
        # One more than requested tells whether there is a next page.
        key = UnusualPage(question, size + 1, behind)
        found = await info.context.loaders.unusual_volunteers.load((key, subject_id))
    page = page_of(found, size, after, _cursor_of)
    nodes = await _volunteers(info, page.items)
    parts = page.parts(info, UnusualVolunteerEdge, nodes)
    return UnusualVolunteerConnection(**parts, question=question, subject_id=subject_id)


async def _volunteers(info: Info, found: Sequence[UnusualDays]) -> list[UnusualVolunteer]:
    ids = [one.user_id for one in found]
    if selects_of_nodes(info, "user", beyond={"id"}):
        records = await info.context.loaders.users.load_many(ids)
    else:
        records = [None] * len(ids)
    return [
        made(
            UnusualVolunteer,
            (
                User.of(one.user_id, record),
                [made(UnusualDay, (day_date(day), n, ms / 1000)) for day, n, ms in one.days],
            ),
        )
        for one, record in zip(found, records, strict=True)
    ]


def _cursor_of(one: UnusualDays) -> str:
    return id_cursor(one.user_id)
