"""Interfaces and unions are executed breadth-first, as graphql-core would execute them."""

from __future__ import annotations

import pytest

from gateway.graphql.execution.operation_executor import OperationExecutor
from tests.executing import compared, count_fallbacks
from tests.graphql.abstract_schema import graphql_schema
from tests.graphql.awkward_schema import How

ANIMAL = """__typename name cry(times: 2) ... on Cat { lives meal }
  ... on Dog { barks meal friend { __typename name ... on Cat { lives meal } } }"""
THING = f"__typename ... on Rock {{ weight }} ... on Animal {{ {ANIMAL} }}"

#: Executed breadth-first where values are as declared.
DOCUMENTS = {
    "interface": f"query ($how: How!) {{ animals(how: $how) {{ {ANIMAL} }} }}",
    "one of an interface": f"query ($how: How!) {{ animal(how: $how) {{ {ANIMAL} }} }}",
    "union": f"query ($how: How!) {{ things(how: $how) {{ {THING} }} }}",
    "awaited one by one": f"query ($how: How!) {{ awaited(how: $how) {{ {THING} }} }}",
    "none is null": f"query ($how: How!) {{ required(how: $how) {{ {THING} }} }}",
    "below": f"""query ($how: How!) {{ animals {{ ... on Dog {{
        friend(how: $how) {{ {ANIMAL} }} }} }} }}""",
}


@pytest.fixture
def fallbacks(monkeypatch: pytest.MonkeyPatch) -> list[OperationExecutor]:
    return count_fallbacks(monkeypatch)


@pytest.mark.parametrize("how", How, ids=lambda how: how.name)
@pytest.mark.parametrize("document", DOCUMENTS.values(), ids=DOCUMENTS)
async def test_both_ways_give_the_same(
    fallbacks: list[OperationExecutor], document: str, how: How
) -> None:
    await compared(graphql_schema, document, {"how": how.name}, [], [])
    if how is How.AS_DECLARED:
        assert fallbacks == []


async def test_errors_in_lists_of_an_abstract_type_need_no_fallback(
    fallbacks: list[OperationExecutor],
) -> None:
    result = await compared(graphql_schema, "{ awaited { __typename } }", None, [], [])
    assert result.data == {
        "awaited": [{"__typename": name} if name else None for name in ("Cat", *[None] * 3)]
        + [{"__typename": "Rock"}] * 2
    }
    assert sorted(str(error.path) for error in result.errors or ()) == [
        "['awaited', 1]",
        "['awaited', 2]",
    ]
    assert fallbacks == []


@pytest.mark.parametrize("sides", [[3, 4, 3], [3, 5], [4, 6], [7]], ids=str)
async def test_the_type_that_an_interface_tells(
    fallbacks: list[OperationExecutor], sides: list[int]
) -> None:
    document = """query ($sides: [Int!]!) { shapes(sides: $sides) {
        __typename sides ... on Triangle { angle } ... on Square { edge } } }"""
    await compared(graphql_schema, document, {"sides": sides}, [], [])
    assert len(fallbacks) == (0 if sides == [3, 4, 3] else 1)


async def test_the_type_that_an_object_names(fallbacks: list[OperationExecutor]) -> None:
    document = "{ named { __typename name ... on Cat { lives } } }"
    await compared(graphql_schema, document, None, [], [])


async def test_the_objects_of_a_type_are_one_level(fallbacks: list[OperationExecutor]) -> None:
    """However they are spread over lists of lists."""
    sizes: list[int] = []
    document = "{ animals { ... on Cat { meal } ... on Dog { meal } } }"
    await compared(graphql_schema, document, None, sizes, [])
    assert sizes == [2, 2]
    assert fallbacks == []
