"""Arguments that several fields share, and their defaults."""

from __future__ import annotations

from typing import Annotated, TypeVar

import strawberry

from gateway.arguments import MAX_FIRST
from resolvers.enums import RankingOrder

IdArgument = Annotated[
    strawberry.ID, strawberry.argument(description="A positive whole number, as text.")
]

TopArgument = Annotated[
    int | None, strawberry.argument(description=f"At most this many, 1 to {MAX_FIRST:,}.")
]
RankingOrderArgument = Annotated[
    RankingOrder | None,
    strawberry.argument(description="What comes first, and so what `first` keeps."),
]

T = TypeVar("T")


def given(value: T | None, default: T) -> T:
    """The argument's value; null stands for the default, as leaving it out does."""
    return default if value is None else value
