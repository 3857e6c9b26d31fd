"""Rows: types of the schema whose objects are tuples, for lists of thousands.

    @row
    @strawberry.type
    class Point(Row):
        x: int
        y: int

    points = [made(Point, (x, y)) for x, y in found]

A dataclass's own initialiser takes five times as long, which is a third of the time of a large
group's roster. Nothing here checks that each field has a value: a test does.
"""

from __future__ import annotations

import dataclasses
from collections import namedtuple
from typing import TYPE_CHECKING, Any, TypeVar

R = TypeVar("R", bound="Row")

if TYPE_CHECKING:

    class Row:
        """The values of an object's fields, in the order in which its class names them."""

    def made(of: type[R], values: tuple[Any, ...]) -> R:
        """An object with these values."""

else:
    # Fields may have the names of a tuple's methods, such as ``count``.
    class Row(tuple):
        """The values of an object's fields, in the order in which its class names them."""

    made = tuple.__new__


def row(cls: type[R]) -> type[R]:
    """Let the fields of a type be read by their index in the tuple."""
    fields: Any = dataclasses.fields(cls)  # type: ignore[arg-type]
    names = [field.name for field in fields if field.init]
    # A named tuple has the fastest access by index.
    access = vars(namedtuple("Fields", names))
    for name in names:
        setattr(cls, name, access[name])
    return cls
