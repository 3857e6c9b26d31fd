"""Operation key: identifies an operation with its variables and day, for any viewer."""

from __future__ import annotations

from hashlib import blake2b
from typing import NamedTuple

import orjson

from gateway.graphql.documents.document_cache import PreparedDocument
from gateway.graphql.documents.request import GraphQLRequest


class OperationKey(NamedTuple):
    """A UTC day, and the digest of document, operation name and declared variables."""

    day: int
    digest: bytes


def operation_key(prepared: PreparedDocument, request: GraphQLRequest, day: int) -> OperationKey:
    """The key of a request that has no variables but those that its operation declares."""
    content = orjson.dumps(
        (prepared.digest, request.operation_name, request.variables or {}),
        option=orjson.OPT_SORT_KEYS,
    )
    return OperationKey(day, blake2b(content, digest_size=16).digest())
