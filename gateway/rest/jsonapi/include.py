"""``include``: which related records come along in ``linked``."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.errors import InvalidArgument
from gateway.rest.jsonapi.parameters import Given, read_values

#: Of a wrong name, so much is shown.
_SHOWN = 40


def read_include(given: Given, model: str, known: Sequence[str]) -> tuple[str, ...]:
    """The plural names of what is included, each once; ``known`` are these.

    A name may be singular as well. InvalidArgument, with the name of the ``model``, for others.
    """
    found = []
    for written in read_values(given, "include") or ():
        plural = written if written in known else f"{written}s"
        if plural not in known:
            shown = written if len(written) <= _SHOWN else f"{written[:_SHOWN]}…"
            raise InvalidArgument("include", f":{shown} is not a valid include for {model}")
        if plural not in found:
            found.append(plural)
    return tuple(found)


def as_written(given: Given) -> tuple[str, ...]:
    """The names as the client wrote them, for ``meta`` and its links."""
    return read_values(given, "include") or ()
