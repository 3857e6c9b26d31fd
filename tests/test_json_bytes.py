from __future__ import annotations

import tracemalloc

import orjson
import pytest

from gateway.json_bytes import json_bytes


@pytest.mark.parametrize("letters", [1, 1_100, 5_000, 100_000])
def test_kept_json_takes_the_memory_of_its_length(letters: int) -> None:
    content = {"text": "x" * letters, "a": 1}
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        kept = [json_bytes(content, orjson.OPT_SORT_KEYS) for _ in range(100)]
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert {*kept} == {orjson.dumps(content, option=orjson.OPT_SORT_KEYS)}
    assert after - before < 100 * (len(kept[0]) + 100)
