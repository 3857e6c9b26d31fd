"""Query string: each parameter of a resource at most once, all others ignored."""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import parse_qsl

from gateway.errors import InvalidArgument
from gateway.http.refusals import BadRequest

#: Two full lists of the longest ids fit, their commas encoded. HTTP servers take little more.
LONGEST = 60_000


def read_query(query: bytes, names: Collection[str]) -> dict[str, str]:
    """Read the named parameters of a query string, decoded; one without a value is empty.

    BadRequest if the query string is too long to be read; InvalidArgument for a parameter that is
    given twice, or as ``name[]``: which of its values counts would be ambiguous.
    """
    if len(query) > LONGEST:
        raise BadRequest(f"The query string is longer than {LONGEST:,} bytes.")
    given: dict[str, str] = {}
    for written, value in parse_qsl(query.decode("latin-1"), keep_blank_values=True):
        name, bracket, _ = written.partition("[")
        if name not in names:
            continue
        if bracket:
            raise InvalidArgument(name, f"{name} cannot have brackets: separate ids by commas.")
        if name in given:
            raise InvalidArgument(name, f"{name} is given more than once.")
        given[name] = value
    return given
