"""What arguments of several fields have in common."""

from __future__ import annotations

from typing import Annotated, TypeVar

import strawberry

IdArgument = Annotated[
    strawberry.ID, strawberry.argument(description="A positive whole number, as text.")
]

T = TypeVar("T")


def given(value: T | None, default: T) -> T:
    """The argument's value; null stands for the default, as leaving it out does."""
    return default if value is None else value
