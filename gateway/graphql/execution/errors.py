"""The errors of an operation, masked in turns: there may be tens of thousands."""

from __future__ import annotations

from collections.abc import Sequence

from graphql import GraphQLError

from gateway.graphql.execution.production import WORK_OF_AN_ERROR, Production
from gateway.graphql.masking import ErrorMask, FormattedError


async def masked(
    errors: Sequence[GraphQLError], mask: ErrorMask, production: Production
) -> list[FormattedError]:
    """What the answer tells of each error; OperationTimeout beyond the operation's time."""
    formatted = []
    for error in errors:
        formatted.append(mask.execution(error))
        production.work(WORK_OF_AN_ERROR)
        await production.turn()
    return formatted
