"""Writes answers as JSON, in pieces if they are long.

orjson writes everything in one call, in which the loop waits: some ten milliseconds for what is
written at once here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
from graphql import GraphQLError
from orjson import Fragment

from gateway.graphql.execution.production import WORK_OF_AN_ERROR, Production
from gateway.graphql.masking import ErrorMask, FormattedError
from gateway.json_bytes import json_bytes

#: Values that are written in one call.
VALUES_AT_ONCE = 150_000
#: Values of a piece of what has more: each is looked at, which takes longer than to write it.
VALUES_A_PIECE = 20_000

_CONTAINERS = frozenset({dict, list})


async def masked(
    errors: Sequence[GraphQLError], mask: ErrorMask, production: Production
) -> list[FormattedError]:
    """Format and mask errors, yielding in between: there may be tens of thousands."""
    formatted = []
    for error in errors:
        formatted.append(mask.execution(error))
        production.work(WORK_OF_AN_ERROR)
        await production.yield_if_due()
    return formatted


async def written(content: Any, values: int, production: Production, before: int = 0) -> bytes:
    """Write content as JSON; ``values`` is how many values it has, at most.

    ``before`` is how many bytes of the answer were written before. AnswerTooLarge beyond the
    operation's limit of bytes, OperationTimeout beyond its time.
    """
    if values > VALUES_AT_ONCE and type(content) in _CONTAINERS:
        content, _ = await _Pieces(production, before).write(content)
    text = json_bytes(content)
    production.check_bytes(before + len(text))
    return text


class _Pieces:
    """Writes a piece of a dict or list whenever it has come across enough values."""

    def __init__(self, production: Production, before: int) -> None:
        self._production = production
        self._bytes = before

    async def write(self, content: Any) -> tuple[Any, int]:
        """Content with the same JSON but few values beside fragments, and their number."""
        is_object = type(content) is dict
        pieces: list[bytes] = []
        rest: Any = {} if is_object else []
        seen = 0
        for key in content if is_object else range(len(content)):
            value, number = content[key], 1
            if type(value) is dict and _CONTAINERS.isdisjoint(map(type, value.values())):
                number = len(value)
            elif type(value) in _CONTAINERS:
                value, number = await self.write(value)
            if is_object:
                rest[key] = value
            else:
                rest.append(value)
            seen += number
            if seen >= VALUES_A_PIECE:
                pieces.append(await self._piece(rest))
                rest.clear()
                seen = 0
        if not pieces:
            return rest, seen + 1
        if rest:
            pieces.append(await self._piece(rest))
        start, end = (b"{", b"}") if is_object else (b"[", b"]")
        return Fragment(start + b",".join(pieces) + end), 1

    async def _piece(self, content: Any) -> bytes:
        text = orjson.dumps(content)[1:-1]
        self._bytes += len(text)
        self._production.check_bytes(self._bytes)
        # Each value has a byte at least.
        self._production.work(min(VALUES_A_PIECE, len(text)))
        await self._production.yield_if_due()
        return text
