"""Answer: what an operation came to."""

from __future__ import annotations

from typing import Any

from gateway.graphql.execution.cache_entry import CacheEntry


class Answer(dict[str, Any]):
    """``data`` is missing when nothing was executed; ``errors`` when there were none."""

    #: The cache entry whose body is this whole answer.
    entry: CacheEntry | None = None
