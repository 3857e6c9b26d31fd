"""Persisted documents: trusted ones of a manifest, and those that clients register.

A client registers a document by sending its text with its hash once (automatic persisted queries).
Registered documents are a cache and grant no rights: who may send a hash may send the text.
"""

from __future__ import annotations

from collections.abc import Mapping

from gateway.bounded_cache import BoundedCache
from gateway.graphql.documents.identifiers import hash_of, is_hash
from gateway.graphql.documents.request import GraphQLRequest
from gateway.graphql.refusals import (
    PersistedQueryMismatch,
    PersistedQueryNotFound,
    PersistedQueryNotSupported,
    UntrustedDocument,
)
from gateway.http.refusals import BadRequest

#: What a registered text takes up in memory beside its letters.
_ENTRY_BYTES = 400


class PersistedDocuments:
    """Finds the text of the document that a request names.

    ``trusted`` are documents by their identifiers; with ``only_trusted`` nothing else runs, however
    it is sent. Of those that clients register at most ``capacity`` are stored, the ones used
    last, and no more than ``letters`` of them together; a capacity of 0 registers none.
    """

    def __init__(
        self,
        trusted: Mapping[str, str] | None = None,
        *,
        only_trusted: bool = False,
        capacity: int = 0,
        letters: int = 4_000_000,
    ) -> None:
        self._trusted = dict(trusted or {})
        self._trusted_texts = {*self._trusted.values()} if only_trusted else None
        self._capacity = 0 if only_trusted else capacity
        self._cache: BoundedCache[str, str] = BoundedCache(letters, capacity)

    @property
    def size(self) -> int:
        """The bytes of what clients have registered, by estimate."""
        return self._cache.size + _ENTRY_BYTES * len(self._cache)

    def trust(self, more: Mapping[str, str]) -> None:
        """Trust these as well, by their identifiers."""
        self._trusted |= more
        if self._trusted_texts is not None:
            self._trusted_texts |= {*more.values()}

    def text(self, request: GraphQLRequest) -> str:
        """The text of the document that a request sends or names.

        Raises UntrustedDocument, PersistedQueryNotFound, PersistedQueryNotSupported,
        PersistedQueryMismatch, or BadRequest for a name that nothing can have.
        """
        sent, named = request.query, request.document_id
        if named is not None:
            known = self._known(named)
            if sent is None:
                if known is None:
                    raise self._unknown(named)
                return known
            if sent == known:
                return sent
        if sent is None:
            raise BadRequest("The request needs a query, a documentId or a persistedQuery.")
        if self._trusted_texts is not None and not request.is_own:
            if sent not in self._trusted_texts:
                raise UntrustedDocument
        elif named is not None and not self._capacity:
            raise PersistedQueryNotSupported
        if named is not None and named != hash_of(sent):
            raise PersistedQueryMismatch
        return sent

    def register(self, request: GraphQLRequest) -> None:
        """Store the text under its hash if the request has both: call it when it may be executed.

        That way only documents that are valid, and within all limits, take memory.
        """
        named, sent = request.document_id, request.query
        if named is None or sent is None or not self._capacity or self._known(named) is not None:
            return
        if len(sent) <= self._cache.capacity:
            self._cache.put(named, sent, len(sent))

    def _known(self, named: str) -> str | None:
        trusted = self._trusted.get(named)
        return self._cache.get(named) if trusted is None else trusted

    def _unknown(self, named: str) -> Exception:
        if self._trusted_texts is not None:
            return UntrustedDocument()
        if not self._capacity:
            return PersistedQueryNotSupported()
        if not self._trusted and not is_hash(named):
            return BadRequest(
                "extensions.persistedQuery.sha256Hash must be a SHA-256 hash in lower case."
            )
        return PersistedQueryNotFound()
