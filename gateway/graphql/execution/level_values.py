"""Level values: the values of one field for all objects of a level, and their paths."""

from __future__ import annotations

import dataclasses
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.execution_hints import HintError, check_batch
from gateway.graphql.execution.fallback import Fallback
from gateway.graphql.execution.plans import Completion, FieldPlan
from gateway.graphql.execution.production import Production

#: The path to the value with this index.
PathTo = Callable[[int], list[str | int]]

#: Types that are completed as lists.
LISTS = (list, tuple)


@dataclass(slots=True, eq=False)
class LevelValues:
    """Values that are completed together: one field's of a level, or the items of its lists."""

    field: FieldPlan
    completion: Completion
    #: What resolvers have returned, and the errors that they have raised, by index.
    found: list[Any]
    path: PathTo
    #: Puts the completed values where the response has them.
    put: Callable[[Sequence[Any]], None]
    errors: dict[int, Exception] = dataclasses.field(default_factory=dict)
    #: Coroutines whose result is not found yet.
    unfinished: int = 0

    def take(self, index: int | slice, value: Any, production: Production) -> None:
        """Take what a coroutine returned: HintError for a batch of another length."""
        if isinstance(index, slice):
            check_batch(self.field.hints, index.stop - index.start, value)
        self.found[index] = value
        if self.completion.item is not None:
            # List by list: the one that exceeds a limit is the last that is counted.
            for one in value if isinstance(index, slice) else (value,):
                self.count_lists((one,), production)

    def fail(self, index: int | slice, error: Exception) -> None:
        """Take the error of one value; Fallback if it is not known to be of one value."""
        if isinstance(error, HintError):
            raise error
        # Which value of a batch has the error is found one by one. A RuntimeError may be of a
        # resolver that needs a task of its own.
        if isinstance(index, slice) or isinstance(error, Fallback | RuntimeError):
            raise Fallback from error
        self.errors[index] = error
        self.found[index] = None

    def count_lists(self, found: Sequence[Any], production: Production) -> None:
        """Count the items of lists when they come, so that limits stop the operation early."""
        items = sum([len(one) for one in found if type(one) in LISTS])
        production.add(self.field.weight * items, items)


def path_of_field(path: PathTo, key: str, index: int) -> list[str | int]:
    """The path to a field of the object with this index."""
    return [*path(index), key]


def path_of_item(path: PathTo, ends: list[int], index: int) -> list[str | int]:
    """The path to an item, counted through all lists, which end before ``ends``."""
    owner = bisect_right(ends, index)
    return [*path(owner), index - (ends[owner - 1] if owner else 0)]


def path_in(path: PathTo, indexes: list[int], index: int) -> list[str | int]:
    """The path to a value of a part, which has the values with these indexes."""
    return path(indexes[index])


def put_field(responses: list[dict[str, Any]], key: str, values: Sequence[Any]) -> None:
    """Put a field into the responses of its objects."""
    for response, value in zip(responses, values, strict=True):
        response[key] = value


def put_items(lists: list[list[Any]], ends: list[int], items: Sequence[Any]) -> None:
    """Put the items of all lists into each its own."""
    start = 0
    for one, end in zip(lists, ends, strict=True):
        one += items[start:end]
        start = end
