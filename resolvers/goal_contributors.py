"""Top contributors to a group's goal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import strawberry

from gateway.stats.goals.question import GoalQuestion
from resolvers.context import Info
from resolvers.rows import Row, made, row
from resolvers.scalars import SafeInt

if TYPE_CHECKING:
    from resolvers.user import User

#: How many contributors a goal shows, and how many where ``first`` is left out or null.
MOST_CONTRIBUTORS, CONTRIBUTORS = 100, 10

ContributorsArgument = Annotated[
    int | None, strawberry.argument(description=f"At most this many, 1 to {MOST_CONTRIBUTORS}.")
]


@row
@strawberry.type(description="What one volunteer did for a group's goal, over all its days.")
class GoalContribution(Row):
    """A contributor to a goal, with what they did."""

    user: Annotated[User, strawberry.lazy("resolvers.user")] = strawberry.field(
        description="Who classified; they need not be a member any more."
    )
    count: SafeInt = strawberry.field(
        description="Their classifications in the goal's projects or workflows."
    )
    time_spent: float = strawberry.field(description="Their session time there, in seconds.")


async def load_goal_contributors(
    info: Info, question: GoalQuestion, first: int
) -> list[GoalContribution]:
    """The top contributors to a goal; names are read only if the operation selects them."""
    from resolvers.user import load_users

    found = await info.context.loaders.goal_contributors.load(question.contributors(first))
    users = await load_users(info, [one.user_id for one in found], ("user",))
    return [
        made(GoalContribution, (user, one.n, one.ms / 1000))
        for user, one in zip(users, found, strict=True)
    ]
