"""Argument parsing: ids, pages and days; errors name the argument."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from gateway.calendar import DayRange, day_number
from gateway.errors import InvalidArgument, InvalidRange, OutOfBounds
from gateway.name_keys import LONGEST_SEARCH, search_key

#: How many ids one argument may hold.
MAX_IDS = 1000
#: How many conditions one question may have: SQLite takes no expression deeper than 1,000.
MAX_CONDITIONS = 500
#: How many items one page may hold: a large group's roster fits into one.
MAX_FIRST = 5000

#: Ids are stored in 64 bits.
LARGEST_ID = 2**63 - 1

_ID = re.compile(r"[1-9][0-9]{0,18}")


def read_id(argument: str, text: str) -> int:
    """A positive whole number of at most 63 bits."""
    if not _ID.fullmatch(text) or int(text) > LARGEST_ID:
        excerpt = text if len(text) <= 40 else f"{text[:40]}…"
        raise InvalidArgument(argument, f"{argument}: {excerpt!r} is not an id, a positive number.")
    return int(text)


def read_ids(argument: str, texts: Sequence[str]) -> tuple[int, ...]:
    """Up to ``MAX_IDS`` ids, in their order."""
    if len(texts) > MAX_IDS:
        raise OutOfBounds(argument, len(texts), 0, MAX_IDS, too_many(argument, len(texts), "ids"))
    return tuple(read_id(argument, text) for text in texts)


def too_many(argument: str, length: int, items: str, limit: int = MAX_IDS) -> str:
    """The error message for a list that is too long."""
    return f"{argument} has {length:,} {items}: at most {limit:,} are allowed."


def read_page(first: int, argument: str = "first", least: int = 1, most: int = MAX_FIRST) -> int:
    """The page size that is requested: ``least`` to ``most`` items.

    A page of nothing has no end to go on behind: whoever reads on until the last page would not
    come to an end.
    """
    if not least <= first <= most:
        raise OutOfBounds(argument, first, least, most)
    return first


def read_first(first: int | None) -> int | None:
    """The number of items that are requested; None is all of them."""
    return None if first is None else read_page(first)


def read_search(text: str | None) -> str | None:
    """The key of a search; None for everything. Empty if it has no word, which no name begins with.

    OutOfBounds if it is longer than ``LONGEST_SEARCH``, as it is sent or as a key.
    """
    if text is None or not text.strip():
        return None
    length = len(text)
    if length <= LONGEST_SEARCH:
        key = search_key(text)
        if (length := len(key)) <= LONGEST_SEARCH:
            return key
    said = too_many("search", length, "characters", LONGEST_SEARCH)
    raise OutOfBounds("search", length, 0, LONGEST_SEARCH, said)


def read_range(start: date | None, end: date | None) -> DayRange:
    """Days from ``start`` to ``end``, both included."""
    if start is not None and end is not None and start > end:
        raise InvalidRange("start", f"start is {start}, which is after end, {end}.")
    return DayRange(
        None if start is None else day_number(start), None if end is None else day_number(end)
    )
