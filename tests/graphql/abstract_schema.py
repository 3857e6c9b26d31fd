"""A schema of interfaces and unions, whose values tell their type in each way there is."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Annotated, Any, cast

import strawberry

from gateway.errors import Forbidden
from gateway.execution_hints import batched_field, check_hints
from tests.graphql.awkward_schema import How, Later, NotALeaf


async def meals(animals: Sequence[Animal], info: strawberry.Info) -> list[str]:
    info.context.append(len(animals))
    await asyncio.sleep(0)
    return [f"what a {one.name} eats" for one in animals]


@strawberry.interface
class Animal:
    """Strawberry itself tells the type, by the class."""

    name: str

    @strawberry.field
    async def cry(self, times: int = 1) -> str | None:
        await asyncio.sleep(0)
        return self.name * min(times, 10)


@strawberry.type
class Cat(Animal):
    lives: int
    meal: str = batched_field(meals, description="What it eats.")


@strawberry.type
class Dog(Animal):
    barks: bool
    meal: str = batched_field(meals, description="What it eats.")

    @strawberry.field
    async def friend(self, how: How = How.AS_DECLARED) -> Animal | None:
        await asyncio.sleep(0)
        return cast("Animal | None", made(how, Cat(name="Tom", lives=9)))


class Stone:
    """An object of another library."""

    def __init__(self, weight: int) -> None:
        self.weight = weight


@strawberry.type
class Rock:
    """The type tells whether an object is of it."""

    weight: int

    @classmethod
    def is_type_of(cls, value: Any, _info: Any) -> bool:
        return isinstance(value, Stone | Rock)


@strawberry.interface
class Shape:
    """The interface tells the type of each object."""

    sides: int

    @classmethod
    def resolve_type(cls, value: Any, _info: Any, _kind: Any) -> str:
        return {3: "Triangle", 4: "Square", 5: "Cat", 6: "Unknown"}[value.sides]


@strawberry.type
class Triangle(Shape):
    angle: float


@strawberry.type
class Square(Shape):
    edge: float


class Named:
    """An object that names its type."""

    __typename = "Cat"

    def __init__(self) -> None:
        self.name, self.lives = "Named", 1


Thing = Annotated[Cat | Dog | Rock, strawberry.union("Thing")]


def made(how: How, value: Any) -> Any:
    return {
        How.AS_DECLARED: lambda: value,
        How.ANOTHER_TYPE: NotALeaf,
        How.NOTHING: lambda: None,
        How.AN_EXCEPTION: lambda: Forbidden("Not this one."),
        How.AWAITED: lambda: Later(value),
        How.AWAITED_EXCEPTION: lambda: Later(Forbidden("Not this one, later.")),
    }[how]()


async def later(value: Any) -> Any:
    await asyncio.sleep(0)
    if isinstance(value, Exception):
        raise value
    return value


@strawberry.type
class Query:
    @strawberry.field
    def animals(self, how: How = How.AS_DECLARED) -> list[Animal | None]:
        tom, rex = Cat(name="Tom", lives=9), Dog(name="Rex", barks=True)
        return [tom, rex, None, made(how, Cat(name="Kit", lives=7)), Dog(name="Bo", barks=False)]

    @strawberry.field
    async def animal(self, how: How = How.AS_DECLARED) -> Animal:
        await asyncio.sleep(0)
        return cast("Animal", made(how, Dog(name="Rex", barks=True)))

    @strawberry.field
    def things(self, how: How = How.AS_DECLARED) -> list[list[Thing] | None] | None:
        first = [Stone(5), Cat(name="Tom", lives=9), Rock(weight=6)]
        return cast("Any", [first, [], None, [made(how, Dog(name="Rex", barks=True)), Stone(7)]])

    @strawberry.field
    def awaited(self, how: How = How.AS_DECLARED) -> list[Thing | None]:
        """As federation has entities: each is awaited by itself, or an error."""
        wrong = Forbidden("None of yours.")
        value = made(how, Cat(name="Tom", lives=9))
        return cast(
            "Any", [later(value), wrong, later(wrong), later(None), later(Stone(1)), Stone(2)]
        )

    @strawberry.field
    def required(self, how: How = How.AS_DECLARED) -> list[Thing] | None:
        return cast("Any", [later(Stone(1)), later(made(how, Dog(name="Rex", barks=True)))])

    @strawberry.field
    def shapes(self, sides: list[int]) -> list[Shape | None]:
        return [Triangle(sides=n, angle=60) if n == 3 else Square(sides=n, edge=1) for n in sides]

    @strawberry.field
    def named(self) -> Animal | None:
        return cast("Any", Named())


schema = strawberry.Schema(Query, types=[Cat, Dog, Rock, Triangle, Square])
graphql_schema = schema._schema
check_hints(graphql_schema)
