"""A case: a request, and what each server must answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

#: The ETag that the record of the path has when the request is sent.
CURRENT = "{current}"
#: What a field must be to be anything at all.
ANY = object()
#: What a field must be not to be there.
ABSENT = object()


@dataclass(frozen=True)
class Length:
    """A list as long as this."""

    of: int


@dataclass(frozen=True)
class Like:
    """A text that matches a pattern as a whole."""

    pattern: str


@dataclass(frozen=True)
class Expected:
    """What is answered, and what people are afterwards.

    ``fields`` has values by their path into the body, ``headers`` patterns by name. Texts may name
    what a world has in braces. A refusal has changed nothing, which is looked at unasked.
    """

    status: int | tuple[int, ...]
    message: str | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    #: By standing in the world: state and roles that the person has afterwards.
    then: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Case:
    """A request of somebody in a world; ``ours`` where the gateway means to differ."""

    title: str
    who: str
    call: str
    panoptes: Expected
    ours: Expected | None = None
    body: Any = None
    headers: Mapping[str, str | None] = field(default_factory=dict)
    world: str = "hidden"

    @property
    def method(self) -> str:
        return self.call.split()[0]

    @property
    def path(self) -> str:
        return self.call.split(maxsplit=1)[1]

    def expected(self, *, is_ours: bool) -> Expected:
        return self.ours if is_ours and self.ours is not None else self.panoptes


def got(status: int | tuple[int, ...] = 200, **fields: Any) -> Expected:
    """An answer with these fields; in names of fields, two underscores stand for a step."""
    return Expected(status, fields={name.replace("__", "."): one for name, one in fields.items()})


def refused(status: int | tuple[int, ...], message: str | None = None) -> Expected:
    return Expected(status, message)
