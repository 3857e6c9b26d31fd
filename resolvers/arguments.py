"""The types of arguments that several fields take."""

from __future__ import annotations

from typing import Annotated

import strawberry

IdArgument = Annotated[
    strawberry.ID, strawberry.argument(description="A positive whole number, as text.")
]
