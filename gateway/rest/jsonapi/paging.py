"""Pagination: the parameters of a page, and its ``meta`` with links to other pages."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

from gateway.errors import InvalidArgument
from gateway.rest.jsonapi.parameters import COMMON, Given

DEFAULT_SIZE = 20
LARGEST_SIZE = 100
#: More than any list has; a larger page number is cut to it.
_LAST_PAGE = 10**15

Json = dict[str, Any]


class Page(NamedTuple):
    """Page of a list by its ``number``, from 1."""

    number: int = 1
    size: int = DEFAULT_SIZE

    @property
    def offset(self) -> int:
        """The number of records before it."""
        return (self.number - 1) * self.size


def read_page(given: Given) -> Page:
    """Read the requested page; the first if ``page`` is no number."""
    size = DEFAULT_SIZE
    if given.get("page_size", "") != "":
        size = min(_number(given["page_size"]), LARGEST_SIZE)
        if size < 1:
            raise InvalidArgument(
                "page_size",
                "Current page was incalculable. Perhaps you supplied 'page_size: 0' as a param?",
            )
    return Page(max(_number(given.get("page", "")), 1), size)


def _number(text: str) -> int:
    if not re.fullmatch(r"[0-9]+", text):
        return 0
    return int(text) if len(text) < len(str(_LAST_PAGE)) else _LAST_PAGE


def page_meta(path: str, given: Given, page: Page, count: int, include: Sequence[str]) -> Json:
    """Build the ``meta`` of a page; ``count`` is the number of records in all pages.

    Links have no host and no ``admin``, which the client adds again.
    """
    last = max(-(-count // page.size), 1)
    before = page.number - 1 if page.number > 1 else None
    behind = page.number + 1 if page.number < last else None

    def href(number: int | None) -> str | None:
        return None if number is None else _href(path, given, number, page.size, include)

    return {
        "page": page.number,
        "page_size": page.size,
        "count": count,
        "include": [*include],
        "page_count": last,
        "previous_page": before,
        "next_page": behind,
        "first_href": href(1),
        "previous_href": href(before),
        "next_href": href(behind),
        "last_href": href(last),
    }


def _href(path: str, given: Given, number: int, size: int, include: Sequence[str]) -> str:
    parameters: dict[str, str] = {}
    if number != 1:
        parameters["page"] = str(number)
    if size != DEFAULT_SIZE:
        parameters["page_size"] = str(size)
    if include:
        parameters["include"] = ",".join(include)
    if given.get("sort"):
        parameters["sort"] = given["sort"]
    parameters |= {name: given[name] for name in sorted(given) if name not in COMMON}
    return f"{path}?{_written(parameters)}" if parameters else path


def _written(parameters: Mapping[str, str]) -> str:
    return urlencode(parameters, quote_via=quote, safe=",")
