"""A schema whose objects hold what they should, and all that they should not."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Annotated, Any, cast

import strawberry

from gateway.errors import Forbidden
from gateway.execution_hints import FrozenInput, batched_field, check_hints, hints
from resolvers.scalars import SCALARS, SafeInt

#: Operations that are made up ask for two thousand million times as well.
MOST_TIMES = 10


@strawberry.enum
class Colour(Enum):
    RED = "red"
    BLUE = "blue"


@strawberry.enum
class How(Enum):
    """What a value is made of."""

    AS_DECLARED = "as declared"
    ANOTHER_TYPE = "another type"
    NOTHING = "nothing"
    AN_EXCEPTION = "an exception"
    AWAITED = "awaited"
    AWAITED_EXCEPTION = "awaited exception"


class Later:
    """To be awaited; unlike a coroutine it does not complain when nobody does."""

    def __init__(self, value: Any) -> None:
        self._value = value

    def __repr__(self) -> str:
        return "later"

    def __await__(self) -> Generator[Any, None, Any]:
        yield from asyncio.sleep(0).__await__()
        if isinstance(self._value, Exception):
            raise self._value
        return self._value


def made(how: How, value: Any, another: Any) -> Any:
    return {
        How.AS_DECLARED: lambda: value,
        How.ANOTHER_TYPE: lambda: another,
        How.NOTHING: lambda: None,
        How.AN_EXCEPTION: lambda: Forbidden("Not this value."),
        How.AWAITED: lambda: Later(value),
        How.AWAITED_EXCEPTION: lambda: Later(Forbidden("Not this value, later.")),
    }[how]()


@strawberry.type
class Tree:
    """What many leaves have in common."""

    name: str
    age: int

    @strawberry.field
    def called(self, times: int = 1) -> str:
        return self.name * min(times, MOST_TIMES)


OAK = Tree(name="oak", age=400)


async def lengths(leaves: Sequence[Leaf], info: strawberry.Info) -> list[int]:
    """The lengths of texts, once a future is done; Forbidden where one is no text."""
    info.context["columns"].append(len(leaves))
    loop = asyncio.get_running_loop()
    ready = loop.create_future()
    loop.call_soon(ready.set_result, None)
    await ready
    if not all(isinstance(one.text, str) for one in leaves):
        raise Forbidden("No text.")
    return [len(one.text) for one in leaves]


async def cut(
    leaves: Sequence[Leaf],
    info: strawberry.Info,
    pieces: int = 2,
    mark: Annotated[str | None, strawberry.argument(description="What stands between.")] = None,
) -> list[list[str] | None]:
    """Each text so many times; Forbidden where that is less than none, null where it is none."""
    info.context["columns"].append(len(leaves))
    await asyncio.sleep(0)
    if pieces < 0:
        raise Forbidden("Less than nothing.")
    return [[f"{one.maybe}{mark}"] * min(pieces, MOST_TIMES) or None for one in leaves]


@strawberry.type
class Leaf:
    """Plain attributes; what makes them awkward is made anew for each execution."""

    text: str
    maybe: str | None
    number: int
    real: float
    truth: bool
    key: strawberry.ID
    big: SafeInt
    day: date | None
    colour: Colour
    numbers: list[int]
    matrix: list[list[float | None]] | None
    tree: Tree | None = strawberry.field(metadata=hints(shared=True))
    length: int | None = batched_field(lengths, description="How long the text is.")
    cut: list[str] | None = batched_field(cut, description="The text, cut to pieces.")

    @strawberry.field
    def shout(self, times: int = 1, end: str | None = None) -> str:
        if times < 0:
            raise Forbidden("Less than nothing.")
        return cast("str", self.text) * min(times, MOST_TIMES) + (end or "")

    @strawberry.field
    async def whisper(self, softly: bool = True) -> str | None:
        await asyncio.sleep(0)
        return self.maybe if softly else None


@dataclass
class NotALeaf:
    text: str = "No leaf, though it has a text."
    number: int = 3


def leaf(how: How) -> Leaf:
    return Leaf(
        text=made(how, "text", 7),
        maybe=made(how, "maybe", True),
        number=made(how, 5, 2**40),
        real=made(how, 2.5, math.nan),
        truth=made(how, True, "yes"),
        key=made(how, strawberry.ID("12"), 12),
        big=made(how, SafeInt(2**53 - 1), 2**53),
        day=made(how, date(2024, 2, 29), "2024-02-29"),
        colour=made(how, Colour.BLUE, "green"),
        numbers=made(how, [1, 2], (1, "two", None)),
        matrix=made(how, [[1.0, None], []], [[1.0, "x"], None]),
        tree=made(how, OAK, NotALeaf()),
    )


@strawberry.type
class Branch:
    leaf: Leaf
    maybe: Leaf | None
    leaves: list[Leaf]
    some: list[Leaf | None] | None
    strange: list[Leaf] | None

    @strawberry.field
    def same(self, first: int | None = None) -> list[Leaf]:
        return self.leaves[:first]

    @strawberry.field
    def one_by_one(self) -> list[Leaf]:
        def each() -> Iterator[Leaf]:
            yield from self.leaves

        return cast("list[Leaf]", each())

    @strawberry.field
    async def below(self, info: strawberry.Info, how: How = How.AS_DECLARED) -> Branch | None:
        depth: int = info.context["depth"]
        info.context["depth"] = depth + 1
        await asyncio.sleep(0)
        return cast("Branch | None", made(how, branch(how), NotALeaf()))


def branch(how: How) -> Branch:
    def three() -> list[Any]:
        return [leaf(How.AS_DECLARED), leaf(how), leaf(How.AS_DECLARED)]

    return Branch(
        leaf=made(how, leaf(How.AS_DECLARED), NotALeaf()),
        maybe=leaf(how),
        leaves=three(),
        some=[*three(), None, made(how, leaf(how), NotALeaf())],
        strange=made(how, three(), "leaves"),
    )


@strawberry.input
class Wish(FrozenInput):
    how: How = How.AS_DECLARED
    wishes: list[How] | None = None


@strawberry.type
class Query:
    @strawberry.field
    async def branch(self, how: How) -> Branch:
        await asyncio.sleep(0)
        return branch(how)

    @strawberry.field
    def branches(self, wish: Wish) -> list[Branch | None] | None:
        return [branch(how) for how in (wish.how, *(wish.wishes or ()))]

    @strawberry.field
    async def required(self, how: How) -> list[Branch]:
        return cast("list[Branch]", [branch(how), made(how, branch(how), NotALeaf())])


schema = strawberry.Schema(
    Query, config=strawberry.schema.config.StrawberryConfig(scalar_map=SCALARS)
)
graphql_schema = schema._schema
check_hints(graphql_schema)
