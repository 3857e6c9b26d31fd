"""Answers are written in pieces, which are together what orjson writes at once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.graphql.execution import writing
from gateway.graphql.execution.production import Production, ProductionLimits
from gateway.graphql.execution.writing import written
from gateway.graphql.refusals import AnswerTooLarge
from gateway.yielding import Yielding

leaves = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=5)
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=60,
)


@contextmanager
def pieces_of(most: int) -> Iterator[list[int]]:
    """Writes in pieces of so many values; the number of values in each call of orjson."""
    counts: list[int] = []
    dumps = orjson.dumps

    def counted(content: Any, **options: Any) -> bytes:
        counts.append(count(content))
        return dumps(content, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writing, "VALUES_AT_ONCE", 0)
        patch.setattr(writing, "VALUES_A_PIECE", most)
        patch.setattr(orjson, "dumps", counted)
        yield counts


def count(content: Any) -> int:
    if isinstance(content, dict | list):
        return sum(map(count, content.values() if isinstance(content, dict) else content))
    return not isinstance(content, orjson.Fragment)


async def in_pieces(content: Any) -> bytes:
    return await written(content, 1, Production(Yielding()))


@given(values, st.integers(1, 20))
def test_pieces_are_together_what_is_written_at_once(content: Any, most: int) -> None:
    with pieces_of(most):
        text = asyncio.run(in_pieces(content))
    assert text == orjson.dumps(content)


@given(st.lists(st.lists(st.fixed_dictionaries({"a": leaves, "b": leaves}))), st.integers(1, 20))
def test_no_piece_has_many_more_values_than_it_may(content: Any, most: int) -> None:
    with pieces_of(most) as counts:
        asyncio.run(in_pieces(content))
    assert max(counts) <= 2 * most + 1


def test_a_piece_of_a_list_begins_and_ends_anywhere() -> None:
    content = {"a": [{"b": 1, "c": [1, 2, 3]}, {"b": 2, "c": []}], "d": {"e": [{}]}, "f": None}
    with pieces_of(2) as counts:
        text = asyncio.run(in_pieces(content))
    assert text == orjson.dumps(content)
    assert max(counts) == 2


async def test_what_is_too_long_is_written_no_further(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "VALUES_AT_ONCE", 10)
    monkeypatch.setattr(writing, "VALUES_A_PIECE", 10)
    content = [{"a": "x" * 90} for _ in range(100)]
    text = orjson.dumps(content)
    for values in (1, 100):
        for limit in (len(text), len(text) - 1):
            production = Production(Yielding(), ProductionLimits(bytes=limit))
            if limit == len(text):
                assert await written(content, values, production) == text
            else:
                with pytest.raises(AnswerTooLarge) as refused:
                    await written(content, values, production)
                assert refused.value.extensions == {"code": "ANSWER_TOO_LARGE", "limit": limit}
