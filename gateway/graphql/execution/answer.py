"""Answer: what an operation came to."""

from __future__ import annotations

from typing import Any, Self

from orjson import Fragment

from gateway.graphql.execution.admitted import AdmittedOperation
from gateway.graphql.execution.cache_entry import CacheEntry


class Answer(dict[str, Any]):
    """``data`` is missing when nothing was executed; ``errors`` when there were none."""

    #: The cache entry whose body is this whole answer.
    entry: CacheEntry | None = None
    #: With an entry: how the same request is answered again without being read.
    admitted: AdmittedOperation | None = None
    #: Whether it must be neither stored nor compressed on its way.
    has_secret: bool = False

    @classmethod
    def cached(cls, entry: CacheEntry, admitted: AdmittedOperation) -> Self:
        """The answer that an entry holds."""
        answer = cls(data=Fragment(entry.data))
        answer.entry, answer.admitted = entry, admitted
        return answer
