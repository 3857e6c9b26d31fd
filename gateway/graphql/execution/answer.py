"""Answer: the result of an operation, as the response has it."""

from __future__ import annotations

from typing import Any, Self

from orjson import Fragment

from gateway.graphql.execution.admitted import AdmittedOperation
from gateway.graphql.execution.cache_entry import CacheEntry


class Answer(dict[str, Any]):
    """Response map: no ``data`` if nothing was executed, no ``errors`` if there are none."""

    #: The cache entry whose body is this whole answer.
    entry: CacheEntry | None = None
    #: With an entry: answers the same request again without parsing it.
    admitted: AdmittedOperation | None = None
    #: Whether it must be neither stored nor compressed between here and the client.
    has_secret: bool = False

    @classmethod
    def cached(cls, entry: CacheEntry, admitted: AdmittedOperation) -> Self:
        """The answer that an entry holds."""
        answer = cls(data=Fragment(entry.data))
        answer.entry, answer.admitted = entry, admitted
        return answer
