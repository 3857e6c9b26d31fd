"""What is asked of every server: an operation with its variables."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, NamedTuple

import orjson

#: Pages of front ends. They stay as they are while the gateway's examples change, so that figures
#: of different times compare and every server can be asked the same.
PAGES = files("benchmarks") / "operations"


class Question(NamedTuple):
    """One request, and what the table calls it."""

    name: str
    query: str
    variables: dict[str, Any]

    @property
    def body(self) -> bytes:
        """As it is sent by POST."""
        return orjson.dumps({"query": self.query, "variables": self.variables})


def page(
    name: str,
    operation: str,
    variables: Mapping[str, Any] | None = None,
    folder: Traversable = PAGES,
) -> Question:
    """The operation that a file of the folder holds."""
    document = (folder / f"{operation}.graphql").read_text("utf-8")
    return Question(name, document, dict(variables or {}))
