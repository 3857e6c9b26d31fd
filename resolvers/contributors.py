"""Top contributors: volunteers by how much they did, for the operators of the site."""

from __future__ import annotations

import strawberry

from gateway.loaders.statistics import RankingQuestion
from gateway.stats.ranking import Order
from gateway.stats.subject import Question
from resolvers.context import Info
from resolvers.rows import Row, made, row
from resolvers.scalars import SafeInt
from resolvers.user import User, load_users


@row
@strawberry.type(description="What one volunteer classified.")
class VolunteerContribution(Row):
    """A volunteer in a ranking, with their sums."""

    user: User = strawberry.field(description="Who classified.")
    count: SafeInt = strawberry.field(
        description="Their classifications, within the range and scope of the statistic."
    )
    time_spent: float = strawberry.field(description="Their session time there, in seconds.")


async def load_contributors(
    info: Info, question: Question, subject_id: int, first: int, order: Order
) -> list[VolunteerContribution]:
    """The top volunteers in an order; names are read only if the operation selects them."""
    ranking = RankingQuestion(question, first, None, order)
    ranks = await info.context.loaders.ranking.load((ranking, subject_id))
    users = await load_users(info, [rank.user_id for rank in ranks], ("user",))
    return [
        made(VolunteerContribution, (user, rank.n, rank.ms / 1000))
        for user, rank in zip(users, ranks, strict=True)
    ]
