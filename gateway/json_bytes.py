"""JSON bytes that caches may store."""

from __future__ import annotations

from typing import Any

import orjson


def json_bytes(content: Any, option: int | None = None) -> bytes:
    """As ``orjson.dumps``, in a memory of its length.

    orjson hands out its whole buffer: 4 kB for a few bytes, and many times the length of long
    JSON. That is kept as long as a cache, or a client that reads slowly, keeps the bytes.
    """
    return bytes(memoryview(orjson.dumps(content, option=option)))
