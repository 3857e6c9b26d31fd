"""The rules for writing a resolver (docs/development.md): whoever breaks one sees a clear error."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from pathlib import Path
from typing import Any, cast

import pytest
import strawberry
from graphql import GraphQLError
from strawberry.extensions import FieldExtension

from gateway.execution_hints import (
    ExactIntegers,
    FieldNodes,
    FrozenInput,
    HintError,
    batched_field,
    check_hints,
    hints,
    hints_of,
    lookahead_of,
)
from resolvers.guards import Guard, GuardRule

DEVELOPMENT = Path(__file__).parent.parent / "docs" / "development.md"


@strawberry.type
class Point:
    x: int


@strawberry.input
class Loose:
    x: int


async def ones(points: Any, info: strawberry.Info) -> list[int]:
    return [1 for _ in points]


def checked(query: type) -> None:
    check_hints(strawberry.Schema(query)._schema)


def test_hints_that_can_hold_are_kept() -> None:
    @strawberry.type
    class Query:
        point: Point = strawberry.field(metadata=hints(shared=True))
        points: list[Point] = strawberry.field(metadata=hints(length=lambda *_: 3))
        one: int = batched_field(ones, description="One.")

    checked(Query)
    fields = cast("Any", strawberry.Schema(Query)._schema.query_type).fields
    assert hints_of(fields["point"]).shared
    assert hints_of(fields["points"]).length({}, {}, 0) == 3
    assert hints_of(fields["one"]).batched is ones


def synchronous(points: Any, info: strawberry.Info) -> list[int]:
    return [1 for _ in points]


async def without_info(points: Any) -> list[int]:
    return [1 for _ in points]


@pytest.mark.parametrize("resolve", [synchronous, without_info])
def test_a_batched_field_is_async_and_takes_objects_and_info(resolve: Any) -> None:
    said = rf"^{resolve.__name__}: a batched field is async, and takes objects and their info\.$"
    with pytest.raises(HintError, match=said):
        batched_field(resolve, description="One.")


def test_nothing_stands_around_a_batched_field() -> None:
    field = cast("Any", batched_field(ones, description="One."))
    field.extensions.append(FieldExtension())
    query = strawberry.type(type("Query", (), {"__annotations__": {"one": int}, "one": field}))
    with pytest.raises(HintError, match=r"^Query\.one: nothing stands around a batched field"):
        checked(query)


def test_only_an_object_in_a_plain_attribute_is_shared() -> None:
    @strawberry.type
    class Listed:
        points: list[Point] = strawberry.field(metadata=hints(shared=True))

    @strawberry.type
    class Resolved:
        @strawberry.field(metadata=hints(shared=True))
        def point(self) -> Point:
            return Point(x=1)

    for query in (Listed, Resolved):
        with pytest.raises(HintError, match=r"points?: only an object in a plain attribute"):
            checked(query)


def test_only_a_list_has_a_length() -> None:
    @strawberry.type
    class Query:
        point: Point = strawberry.field(metadata=hints(length=lambda *_: 3))

    with pytest.raises(HintError, match=r"^Query\.point: only a list has a length\.$"):
        checked(Query)


def test_an_input_type_derives_from_frozen_input() -> None:
    @strawberry.type
    class Query:
        @strawberry.field
        def one(self, given: Loose) -> int:
            return given.x

    with pytest.raises(HintError, match=r"^Loose: an input type derives from FrozenInput\.$"):
        checked(Query)


def test_an_input_is_not_changed() -> None:
    @strawberry.input
    class Given(FrozenInput):
        x: int
        several: list[int]

    given = Given(x=1, several=[1, 2])
    with pytest.raises(FrozenInstanceError, match=r"^Given\.x is shared by operations\.$"):
        given.x = 2
    with pytest.raises(AttributeError, match="append"):
        given.several.append(3)
    assert given == Given(x=1, several=[1, 2])


@pytest.mark.parametrize("bounds", [(2, 1), (0, 1.5), (False, 9)])
def test_the_bounds_of_exact_integers_are_whole_numbers(bounds: Any) -> None:
    with pytest.raises(HintError, match=r"^The bounds of exact integers are whole numbers: "):
        ExactIntegers(*bounds, "No.")


def test_exact_integers_are_their_own_result_within_their_bounds() -> None:
    exactly = ExactIntegers(-1, 2, "Not this one.")
    assert [exactly(value) for value in (-1, 2)] == [-1, 2]
    for value in (-2, 3, True, 1.0, "1", None):
        with pytest.raises(GraphQLError, match=r"^Not this one\.$"):
            exactly(value)


def test_a_guarded_field_is_nullable() -> None:
    @strawberry.type
    class Query:
        @strawberry.field(extensions=[Guard(GuardRule.SITE_ADMIN)])
        def one(self) -> int:
            return 1

    with pytest.raises(TypeError, match="one is guarded and must be nullable: a refusal is null"):
        strawberry.Schema(Query)


def test_what_was_found_ahead_is_kept_with_the_nodes_of_a_field() -> None:
    nodes = FieldNodes([])
    lookahead_of(nodes)["user"] = True
    assert lookahead_of(nodes) == {"user": True}
    assert lookahead_of([]) == {}


def test_an_author_has_to_know_eight_concepts_at_most() -> None:
    page = DEVELOPMENT.read_text(encoding="utf-8").partition("## How to write a resolver")[2]
    table = page.partition("\n## ")[0].partition("| concept |")[2].partition("\n\n")[0]
    concepts = [line for line in table.splitlines() if line.startswith("| **")]
    assert 4 <= len(concepts) <= 8
