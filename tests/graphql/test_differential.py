"""Our execution gives what graphql-core's own gives, byte by byte."""

from __future__ import annotations

import asyncio
import gc
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, given, settings

from tests.executing import execute_ours, execute_theirs, prepared_for, written
from tests.graphql.awkward_schema import How, graphql_schema
from tests.graphql.made_up_operations import operations
from tests.sampled import examples

LEAF = """text maybe number real truth key big day colour numbers matrix
  tree { name called(times: $times) } again: tree { age }"""
CALLS = "shout twice: shout(times: 2, end: $end) whisper(softly: $softly)"
FRAGMENTS = f"fragment Leaf on Leaf {{ __typename {LEAF} {CALLS} }}"
BRANCH = (
    "leaf { ...Leaf } maybe { ...Leaf } leaves { ...Leaf } some { ...Leaf } strange { text } "
    "same(first: 2) { text shout(times: $times) } oneByOne { number }"
)
WRITTEN_OUT = f"""
query All($how: How!, $wish: Wish!, $times: Int!, $end: String, $softly: Boolean!) {{
  branch(how: $how) {{ {BRANCH} below(how: $how) {{ {BRANCH} }} }}
  branches(wish: $wish) {{ {BRANCH} }}
  required(how: $how) {{ leaf {{ number @skip(if: $softly) big }} }}
}}
{FRAGMENTS}
"""


async def both(text: str, variables: dict[str, Any]) -> list[int]:
    """How many objects were answered at once, once our results are the same as theirs."""

    def context() -> dict[str, Any]:
        return {"depth": 0, "columns": []}

    prepared = prepared_for(graphql_schema, text)
    expected = written(await execute_theirs(graphql_schema, prepared, variables, context()))
    # Twice, as the plans of the first execution serve the second.
    for _ in range(2):
        ours = context()
        result = await execute_ours(graphql_schema, prepared, variables, ours)
        assert written(result) == expected
    return cast("list[int]", ours["columns"])


@pytest.mark.parametrize("softly", [True, False])
@pytest.mark.parametrize("times", [2, -1])
@pytest.mark.parametrize("how", [how.name for how in How])
async def test_every_awkward_value_is_met_as_graphql_core_meets_it(how, times, softly):
    wish = {"how": how, "wishes": ["AS_DECLARED", how]}
    variables = {"how": how, "wish": wish, "times": times, "softly": softly}
    await both(WRITTEN_OUT, variables)


@pytest.mark.parametrize("how", [how.name for how in How])
async def test_columns_are_answered_as_their_fields_one_by_one_are(how):
    text = """query ($wish: Wish!) { branches(wish: $wish) {
        leaves { length long: length tree { name } } maybe { length } leaf { length } } }"""
    sizes = await both(text, {"wish": {"how": how, "wishes": ["AS_DECLARED", how]}})
    if how == "AS_DECLARED":
        assert sizes == [9, 9, 3, 3]


@pytest.mark.parametrize("given", [{}, {"n": 3}, {"n": 0}, {"n": -1}, {"n": None}])
async def test_columns_take_their_fields_arguments(given):
    text = """query ($wish: Wish!, $n: Int = 1) { branches(wish: $wish) {
        leaves { cut marked: cut(pieces: $n, mark: "-") } maybe { cut(pieces: $n) } } }"""
    sizes = await both(text, {"wish": {"wishes": ["AS_DECLARED"] * 2}, **given})
    if given.get("n", 1) in {0, 1, 3}:
        assert sizes == [9, 9, 3]


@pytest.mark.parametrize(
    "chosen", ["maybe { text @skip(if: $b) }", "maybe { tree { name @skip(if: $b) } }"]
)
async def test_a_condition_without_a_value_is_refused_where_it_stands(chosen):
    text = f"""query ($wish: Wish!, $b: Boolean = true) {{ branches(wish: $wish) {{
        maybe {{ number }} leaves {{ text }} conditional: {chosen} }} }}"""
    await both(text, {"wish": {}, "b": None})


# Both leave coroutines behind where a sibling has failed; Python complains when it collects them.
@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@given(operations(graphql_schema))
@settings(max_examples=examples(150), deadline=None, suppress_health_check=list(HealthCheck))
def test_made_up_operations_give_the_same_bytes(made_up):
    asyncio.run(both(*made_up))
    gc.collect()
