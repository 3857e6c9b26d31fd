"""Reading inputs of mutations, with errors that name the field of the input."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, TypeVar

import strawberry

from gateway.db.instants import instant_of
from gateway.errors import InvalidArgument

T = TypeVar("T")

#: The single argument of a mutation.
InputArgument = Annotated[T, strawberry.argument(name="input", description="What is to be done.")]

#: The description of the input field ``id``.
GROUP_ID = "Which one: a positive whole number, as text."

_REVISION = re.compile(r"[1-9][0-9]{0,18}")


def read_revision(text: str | None) -> int | None:
    """The expected revision; None if any is accepted."""
    if text is None:
        return None
    if not _REVISION.fullmatch(text) or int(text) >= 2**63:
        message = "expectedRevision must be a revision that the group has told."
        raise InvalidArgument("expectedRevision", message)
    return int(text)


def read_instant(argument: str, given: datetime | None) -> int | None:
    """An instant in microseconds."""
    if given is None:
        return None
    if given.tzinfo is None:
        raise InvalidArgument(argument, f"{argument} must have an offset from UTC, such as Z.")
    return instant_of(given)
