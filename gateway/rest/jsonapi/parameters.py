"""JSON:API parameters: filters by a name or its plural, and ids in paths and bodies."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from gateway.arguments import LARGEST_ID, MAX_IDS, read_id
from gateway.errors import ExclusiveArguments, InvalidArgument, OutOfBounds
from gateway.rest.eras.query import read_query
from gateway.rest.jsonapi.errors import NoRoute, UnusableBody

#: Values by the names of the parameters that are given; a filter by its singular name.
Given = Mapping[str, str]

#: Parameters of every list. Unknown ones are ignored, such as ``http_cache`` and ``cards``.
COMMON = ("admin", "page", "page_size", "include", "sort")

_DIGITS = re.compile(r"[0-9]+")


def read_given(query: bytes, filters: Sequence[str]) -> Given:
    """Read the known parameters of a query string; ``filters`` in their singular.

    InvalidArgument for one that is given twice: which counts would be ambiguous.
    """
    plurals = {f"{name}s": name for name in filters if name != "search"}
    found = read_query(query, {*COMMON, *filters, *plurals})
    given: dict[str, str] = {}
    for written, value in found.items():
        name = plurals.get(written, written)
        if name in given:
            raise ExclusiveArguments(name, f"Give {name} or {name}s, not both.")
        given[name] = value
    return given


def read_values(given: Given, name: str) -> tuple[str, ...] | None:
    """The values of a filter, which commas separate; None if it is not given."""
    text = given.get(name)
    if text is None:
        return None
    if text.count(",") >= MAX_IDS:
        raise OutOfBounds(
            name, text.count(",") + 1, 0, MAX_IDS, f"{name} has more than {MAX_IDS:,} values."
        )
    return tuple(dict.fromkeys(one.strip() for one in text.split(",") if one.strip()))


def read_ids(given: Given, name: str) -> tuple[int, ...] | None:
    """The ids of a filter, ascending and each once; None if it is not given.

    An empty filter is a list without ids: it finds nothing.
    """
    values = read_values(given, name)
    return None if values is None else tuple(sorted({read_id(name, one) for one in values}))


def path_id(text: str, kind: str) -> int:
    """The id in a path. NoRoute unless it is one number; too large a number has no record."""
    if not _DIGITS.fullmatch(text) or text.startswith("0"):
        raise NoRoute
    if len(text) > len(str(LARGEST_ID)) or int(text) > LARGEST_ID:
        raise NoRoute
    return int(text)


def path_ids(text: str) -> tuple[int, ...]:
    """Ids in a path, which commas separate; NoRoute unless all are numbers."""
    written = text.split(",", MAX_IDS)
    if len(written) > MAX_IDS:
        raise OutOfBounds("id", len(written), 0, MAX_IDS, f"More than {MAX_IDS:,} ids.")
    return tuple(dict.fromkeys(path_id(one, "user") for one in written))


def body_id(name: str, value: Any) -> int:
    """An id in a body: an integer or its decimal text, as clients send both."""
    text = str(value) if type(value) is int else value
    if not isinstance(text, str):
        raise UnusableBody(f"{name} must be an id: a positive number.")
    try:
        return read_id(name, text)
    except InvalidArgument as error:
        raise UnusableBody(error.message) from None
