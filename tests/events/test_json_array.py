from __future__ import annotations

import io
import json
import random
import tracemalloc
from typing import Any, BinaryIO, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import UnreadableFile
from gateway.events.json_array import array_elements

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.sampled_from('a"\\[]{},: é\n')),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


class InPieces:
    """A file that gives few bytes at a time."""

    def __init__(self, text: bytes, seed: int) -> None:
        self._file = io.BytesIO(text)
        self._chance = random.Random(seed)

    def read(self, _: int) -> bytes:
        return self._file.read(self._chance.randint(1, 4))


def elements(text: bytes, longest: int = 1_000, seed: int | None = None) -> list[bytes | None]:
    file = io.BytesIO(text) if seed is None else cast("BinaryIO", InPieces(text, seed))
    return list(array_elements(file, "file", longest))


@given(st.lists(VALUES, max_size=6), st.sampled_from([None, 1]), st.integers(0, 9))
def test_elements_are_those_of_the_array_wherever_it_is_cut(
    values: list[Any], indent: int | None, seed: int
) -> None:
    text = json.dumps(values, indent=indent).encode()
    found = elements(text, longest=100_000, seed=None if seed == 0 or indent else seed)
    assert [json.loads(element or b"") for element in found] == values


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (b"[]", []),
        (b" \r\n[ ]\n", []),
        (b"\xef\xbb\xbf[1]\n", [b"1"]),
        (b'[{"a": "],["}, [1, [2]], "\\"" ]', [b'{"a": "],["}', b"[1, [2]]", b'"\\""']),
        (b"[1,]", [b"1", b""]),
        (b"[,1]", [b"", b"1"]),
        (b"[x y, {z}]", [b"x y", b"{z}"]),
    ],
)
def test_only_where_elements_end_is_found(text: bytes, found: list[bytes]) -> None:
    assert elements(text) == found


def test_an_element_that_is_too_long_is_passed_over_alone() -> None:
    long = b'{"a": "' + b"x" * 10_000 + b'", "b": [' + b"1," * 1_000 + b"1]}"
    assert elements(b"[1," + long + b",2]") == [b"1", None, b"2"]
    exactly = b'"' + b"x" * 998 + b'"'
    assert elements(b"[" + exactly + b',"' + exactly[1:] + b"x]") == [exactly, None]


@pytest.mark.parametrize(
    ("again", "reason"),
    [
        (b"[", "the next object is nested deeper than 100 levels"),
        (b'{"a":', "the next object is nested deeper than 100 levels"),
        (b" ", "the next object does not end"),
        (b'""', "the next object does not end"),
        (b"1", "the next object does not end"),
        (b"[]", "the next object does not end"),
        (b'\\"', "the next object does not end"),
    ],
)
def test_endless_elements_end_the_array_in_bounded_memory(again: bytes, reason: str) -> None:
    class Endless:
        def __init__(self) -> None:
            self.given = 0

        def read(self, size: int) -> bytes:
            self.given += size
            return b"[" + again * (size // len(again)) if self.given == size else again * size

    file = Endless()
    tracemalloc.start()
    try:
        with pytest.raises(UnreadableFile, match=reason):
            list(array_elements(cast("BinaryIO", file), "file", 10_000))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2_000_000
    assert file.given < 1_000_000


@pytest.mark.parametrize(
    ("text", "given", "reason"),
    [
        (b"", 0, "it ends in the middle"),
        (b"{}", 0, "it is not a JSON array"),
        (b"x[1]", 0, "it is not a JSON array"),
        (b"[1, 2", 1, "it ends in the middle"),
        (b'[1, "2]', 1, "it ends in the middle"),
        (b"[1] [2]", 1, "other text follows the array"),
        (b"[1}", 0, "it ends with the wrong bracket"),
    ],
)
def test_where_an_array_does_not_go_on_is_said(text: bytes, given: int, reason: str) -> None:
    read = []
    with pytest.raises(UnreadableFile) as caught:
        read.extend(array_elements(io.BytesIO(text), "file", 1_000))
    assert caught.value.message == (
        f"file is damaged: nothing can be read after object {given} ({reason})."
    )
