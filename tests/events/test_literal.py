from __future__ import annotations

import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.events.literal import read_literal

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.text(), VALUES, max_size=4))
def test_what_python_writes_is_read_as_it_was(value: dict[str, Any]) -> None:
    assert read_literal(repr(value)) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{'a': None, 'b': True, \"c\": \"it's\"}", {"a": None, "b": True, "c": "it's"}),
        ("{'a': nan, 'b': -inf, 'c': inf}", {"a": None, "b": None, "c": None}),
        ("{u'a': (1, 2.5e3,), 'b': [-7]}", {"a": (1, 2500.0), "b": [-7]}),
        ("{'nan': 'nan', 'null': 'x null'}", {"nan": "nan", "null": "x null"}),
        (" \n{'a': 1}\n", {"a": 1}),
    ],
)
def test_what_tools_write_in_a_dict_is_read(text: str, value: dict[str, Any]) -> None:
    read = read_literal(text)
    assert isinstance(read, dict)
    assert {name: read[name] for name in value} == value


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('true')",
        "{'a': open('x')}",
        "{'a': print}",
        "{'a': 1 + 1}",
        "{'a': 2 ** 99999999}",
        "{'a': lambda: 1}",
        "{'a': f'{1}'}",
        "{'a': b'x'}",
        "{'a': 'x' * 9}",
        "{'a': 'x'.upper}",
        "{'a': [1][0]}",
        "{'a': {[]}}",
        "{'a': nan()}",
        "{'a': None('x')}",
        "{'a': array([1])}",
        "{'a': --1}",
        "{'a': 0x10}",
        "{'a': 1_000}",
        "{'a': 1j}",
        r"{'a': '\N{BULLET}'}",
        r"{'a': '\d'}",
        "{'a': 'x",
        "{'a': 1",
        "{'a': 1}}",
        "{'a' 1}",
        "{'a': 'x\0'}",
        "{**{'a': 1}}",
        "{'a': [*'x']}",
        "{'a': x for x in 'b'}",
        "",
        "started_at",
    ],
)
def test_anything_but_literals_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^$|.*"):
        read_literal(text)


@pytest.mark.parametrize(
    "text",
    [
        "[" * 200_000,
        "{'a': " * 33 + "1" + "}" * 33,
        "(" * 1_000 + ")" * 1_000,
        "-" * 200_000,
        "{'a': " + "9" * 200_000 + "}",
        "{'a': '" + "x" * 300_000 + "'}",
        "{'a': [" + "1," * 200_000 + "]}",
        "{'a': '" + "\\" * 199_999,
        " " * 300_000,
        "None " * 40_000,
    ],
)
def test_what_is_too_deep_or_too_long_is_refused_before_it_is_parsed(text: str) -> None:
    with pytest.raises(ValueError, match=r"^$|.*"):
        read_literal(text)


def test_the_largest_literal_takes_bounded_memory() -> None:
    text = "{'a': [" + "1," * 65_000 + "]}"
    tracemalloc.start()
    try:
        read_literal(text)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 96 * 1024 * 1024
