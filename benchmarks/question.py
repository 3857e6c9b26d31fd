"""What is asked of every server: a page of ``gateway/graphql/page/operations``, with variables."""

from __future__ import annotations

from importlib.resources import files
from typing import Any, NamedTuple

import orjson

_OPERATIONS = files("gateway") / "graphql" / "page" / "operations"


class Question(NamedTuple):
    """One request, and what the table calls it."""

    name: str
    query: str
    variables: dict[str, Any]

    @property
    def body(self) -> bytes:
        """As it is sent by POST."""
        return orjson.dumps({"query": self.query, "variables": self.variables})


def page(name: str, operation: str, **variables: Any) -> Question:
    """The operation of a page that the gateway offers as an example."""
    document = (_OPERATIONS / f"{operation}.graphql").read_text("utf-8")
    return Question(name, document, variables)
