"""``include`` parameter: the related records in ``linked``."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.errors import InvalidArgument
from gateway.rest.jsonapi.parameters import Given, read_values

#: The most characters of a wrong name in a message.
_LONGEST_QUOTED = 40


def read_include(given: Given, model: str, known: Sequence[str]) -> tuple[str, ...]:
    """Read the plural names of included records, each once and one of ``known``.

    A name may be singular as well. InvalidArgument, with the name of the ``model``, for others.
    """
    found = []
    for written in read_values(given, "include") or ():
        plural = written if written in known else f"{written}s"
        if plural not in known:
            quoted = written if len(written) <= _LONGEST_QUOTED else f"{written[:_LONGEST_QUOTED]}…"
            raise InvalidArgument("include", f":{quoted} is not a valid include for {model}")
        if plural not in found:
            found.append(plural)
    return tuple(found)


def as_written(given: Given) -> tuple[str, ...]:
    """The names as the client wrote them, for ``meta`` and its links."""
    return read_values(given, "include") or ()
