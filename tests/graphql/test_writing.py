"""Answers are written in pieces, which are together what orjson writes at once."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.graphql.execution import writing
from gateway.graphql.execution.production import Production, ProductionLimits
from gateway.graphql.execution.writing import pieces, written
from gateway.graphql.refusals import AnswerTooLarge
from gateway.turns import Turns

leaves = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=5)
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=60,
)


@given(values, st.integers(1, 20))
def test_pieces_are_together_what_is_written_at_once(content: Any, most: int) -> None:
    assert b"".join(pieces(content, most)) == orjson.dumps(content)


@given(st.lists(st.lists(st.fixed_dictionaries({"a": leaves, "b": leaves}))), st.integers(1, 20))
def test_no_piece_has_many_more_values_than_it_may(content: Any, most: int) -> None:
    counts = [piece.count(b'"a":') + piece.count(b'"b":') for piece in pieces(content, most)]
    assert max(counts) <= most + 1


def test_a_piece_begins_and_ends_anywhere() -> None:
    content = {"a": [{"b": 1, "c": [1, 2, 3]}, {"b": 2, "c": []}], "d": {"e": [{}]}, "f": None}
    found = [*pieces(content, 2)]
    assert found[:2] == [b'{"a":[{"b":1', b',"c":[1']
    assert b"".join(found) == orjson.dumps(content)


async def test_what_is_too_long_is_written_no_further(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "VALUES_AT_ONCE", 10)
    monkeypatch.setattr(writing, "VALUES_A_PIECE", 10)
    content = [{"a": "x" * 90} for _ in range(100)]
    text = orjson.dumps(content)
    for values in (1, 100):
        for limit in (len(text), len(text) - 1):
            production = Production(Turns(), ProductionLimits(bytes=limit))
            if limit == len(text):
                assert await written(content, values, production) == text
            else:
                with pytest.raises(AnswerTooLarge) as refused:
                    await written(content, values, production)
                assert refused.value.extensions == {"code": "ANSWER_TOO_LARGE", "limit": limit}
