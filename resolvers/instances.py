"""Objects of the schema's types, made by the thousand."""

from __future__ import annotations

from typing import Any, TypeVar

T = TypeVar("T")


def instance(of: type[T], values: dict[str, Any]) -> T:
    """An object with these values for all fields of its type, and this very dictionary.

    A dataclass's own initialiser takes three times as long, which is a third of the time of a
    large group's roster. Nothing here checks that each field has a value: a test does.
    """
    made = object.__new__(of)
    made.__dict__ = values
    return made
