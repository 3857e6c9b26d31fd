"""Document identifiers: name a document that a request does not send, or beside its text.

There are two ways to name one: ``extensions.persistedQuery``, Apollo's protocol of automatic
persisted queries, and ``documentId``, the appendix on persisted documents to GraphQL over HTTP.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from gateway.http.refusals import BadRequest

#: How the appendix writes that an identifier is the document's hash.
HASH_PREFIX = "sha256:"
_LONGEST = 256
_HASH = re.compile(r"[0-9a-f]{64}")
#: Apart from hashes: names of the operator's own making, with a prefix or without.
_IDENTIFIER = re.compile(r"(x-[A-Za-z0-9\-._~]+:)?[A-Za-z0-9\-._~]+")


def hash_of(text: str) -> str:
    """The hash that names a document, in hexadecimal."""
    return sha256(text.encode()).hexdigest()


def is_hash(identifier: str) -> bool:
    """Whether an identifier can be the hash of a document."""
    return _HASH.fullmatch(identifier) is not None


def read_identifier(written: object, what: str) -> str:
    """Read an identifier, a hash without its prefix; else BadRequest that names ``what``."""
    if isinstance(written, str) and len(written) <= _LONGEST:
        if written.startswith(HASH_PREFIX):
            if is_hash(digest := written.removeprefix(HASH_PREFIX)):
                return digest
        elif _IDENTIFIER.fullmatch(written):
            return written
    raise BadRequest(
        f"{what} must be {HASH_PREFIX} and 64 hexadecimal digits in lower case, or a name of at "
        f"most {_LONGEST} letters, digits and -._~, which may have a prefix such as x-name:."
    )


def named_document(
    parameters: Mapping[str, Any], extensions: Mapping[str, Any] | None
) -> str | None:
    """The identifier in the parameters of a request; None if there is none.

    BadRequest if it is malformed, if there are two, or if a ``documentId`` has a text beside it.
    """
    written = parameters.get("documentId")
    persisted = extensions.get("persistedQuery") if extensions else None
    if persisted is not None:
        if written is not None:
            raise BadRequest("Name the document by documentId or by persistedQuery, not by both.")
        return _persisted(persisted)
    if written is None:
        return None
    if parameters.get("query") is not None:
        raise BadRequest("Send the query or its documentId, not both.")
    return read_identifier(written, "documentId")


def _persisted(persisted: object) -> str:
    if not isinstance(persisted, dict):
        raise BadRequest("extensions.persistedQuery must be an object.")
    version = persisted.get("version")
    if version != 1 or isinstance(version, bool):
        raise BadRequest("extensions.persistedQuery.version must be 1.")
    return read_identifier(persisted.get("sha256Hash"), "extensions.persistedQuery.sha256Hash")
