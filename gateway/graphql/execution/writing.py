"""Writes what an operation has answered as JSON, in pieces where it is long.

orjson writes everything in one call, in which the loop waits: some ten milliseconds for what is
written at once here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

from gateway.graphql.execution.production import Production

#: Values that are written in one call.
VALUES_AT_ONCE = 150_000
#: Values of a piece of what has more: each is looked at, which takes longer than to write it.
VALUES_A_PIECE = 20_000


async def written(content: Any, values: int, production: Production, before: int = 0) -> bytes:
    """The content as JSON; ``values`` is how many values it has, at most.

    ``before`` is how many bytes of the answer were written before. AnswerTooLarge beyond the
    operation's limit of bytes, OperationTimeout beyond its time.
    """
    if values <= VALUES_AT_ONCE:
        text = orjson.dumps(content)
        production.check_bytes(before + len(text))
        return text
    found = bytearray()
    for piece in pieces(content, VALUES_A_PIECE):
        found += piece
        production.check_bytes(before + len(found))
        # Each value has a byte at least.
        production.work(min(VALUES_A_PIECE, len(piece)))
        await production.turn()
    return bytes(found)


def pieces(content: Any, most: int) -> Iterator[bytes]:
    """The same JSON as orjson's; each piece has about ``most`` values."""
    if type(content) not in _CONTAINERS:
        yield orjson.dumps(content)
        return
    stack = [_Open(content)]
    seen = 0
    while stack:
        top = stack[-1]
        for value in top.values:
            top.next_key()
            kind = type(value)
            if kind not in _CONTAINERS:
                seen += 1
            elif kind is dict and _CONTAINERS.isdisjoint(map(type, value.values())):
                seen += len(value)
            else:
                seen += 1
                stack.append(_Open(value))
                break
            top.gather(value)
            if seen >= most:
                yield b"".join(_written(stack))
                seen = 0
        else:
            stack.pop()
            if top.is_begun or not stack:
                yield b"".join((*_written([top]), top.brackets[1:]))
            else:
                stack[-1].gather(top.content)


_CONTAINERS = frozenset({dict, list})


class _Open:
    """A dict or list that is being looked at, and what of it is not written yet."""

    __slots__ = (
        "_keys",
        "brackets",
        "content",
        "gathered",
        "is_begun",
        "is_empty",
        "key",
        "values",
    )

    def __init__(self, content: Any) -> None:
        is_object = type(content) is dict
        self.content = content
        self.values = iter(content.values() if is_object else content)
        self.brackets = b"{}" if is_object else b"[]"
        self.gathered: Any = {} if is_object else []
        #: Of the value that is looked at.
        self.key: str | None = None
        #: Whether some of it is written, and whether a value is among that.
        self.is_begun, self.is_empty = False, True
        self._keys = iter(content) if is_object else None

    def next_key(self) -> None:
        """Go on to the next value."""
        if self._keys is not None:
            self.key = next(self._keys)

    def gather(self, value: Any) -> None:
        """Take the value that was looked at."""
        if self.key is None:
            self.gathered.append(value)
        else:
            self.gathered[self.key] = value


def _written(stack: list[_Open]) -> Iterator[bytes]:
    """All that was gathered, from the outermost on, each of which goes on in the next."""
    for one, inner in zip(stack, [*stack[1:], None], strict=True):
        if not one.is_begun:
            one.is_begun = True
            yield one.brackets[:1]
        if one.gathered:
            yield from _separated(one, orjson.dumps(one.gathered)[1:-1])
            one.gathered.clear()
        if inner is not None and not inner.is_begun:
            yield from _separated(one, b"" if one.key is None else orjson.dumps(one.key) + b":")


def _separated(one: _Open, text: bytes) -> Iterator[bytes]:
    yield text if one.is_empty else b"," + text
    one.is_empty = False
