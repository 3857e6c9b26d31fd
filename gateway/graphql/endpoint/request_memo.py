"""Request memo: leads from a repeated request to its admitted operations, without parsing.

It holds digests alone, no credential and no body, in the memory of the response cache. A request
is the same only if its kind of viewer is, its method, its target, its body, and every header that
the endpoint reads. The viewer itself decides which cache entry is used, at the look-up.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import NamedTuple

from starlette.types import Scope

from gateway.auth.viewer import Viewer
from gateway.graphql.endpoint.caching import Conditions
from gateway.graphql.execution.admitted import AdmittedOperation
from gateway.graphql.execution.answer import Answer
from gateway.graphql.execution.response_cache import ResponseCache

#: Every header that the endpoint reads, but for credentials, which the viewer stands for, and for
#: the client's address. A consistency token only says where the request is read, which is decided
#: before it comes here.
READ_HEADERS = frozenset(
    {b"accept", b"accept-encoding", b"content-encoding", b"content-type", b"if-none-match"}
)
#: Bytes of an entry, and of each operation in it.
_MEMO_BYTES = 1_000
_OPERATION_BYTES = 400

_ATTACHED = "stats_gateway.request_memo"


class Memo(NamedTuple):
    """Memo of a request: how it was answered; a batch may have several ``operations``."""

    conditions: Conditions
    operations: Sequence[AdmittedOperation]
    is_batch: bool


class RequestMemo:
    """Memos by kind of viewer and digest of the request.

    Of the viewer, an operation is admitted by no more than the kind and what a site admin may.
    """

    def __init__(self, responses: ResponseCache) -> None:
        self._values = responses.memory

    def get(self, viewer: Viewer, digest: bytes) -> Memo | None:
        """The memo of a request like this one."""
        memo: Memo | None = self._values.get((Memo, viewer.kind, viewer.is_site_admin, digest))
        return memo

    def put(self, viewer: Viewer, digest: bytes, memo: Memo) -> None:
        """Store the memo of a request whose answers are all in the response cache."""
        size = _MEMO_BYTES + _OPERATION_BYTES * len(memo.operations)
        self._values.put((Memo, viewer.kind, viewer.is_site_admin, digest), memo, size)


class MemoizedRequest(NamedTuple):
    """Request to memoize: its viewer is identified, and its body is read."""

    memos: RequestMemo
    viewer: Viewer
    digest: bytes

    def store(self, conditions: Conditions, answers: Sequence[Answer], *, is_batch: bool) -> None:
        """Store how the request was answered, if all answers are in the response cache."""
        operations = [one.admitted for one in answers if one.admitted is not None]
        if operations and len(operations) == len(answers):
            self.memos.put(self.viewer, self.digest, Memo(conditions, operations, is_batch))


def digest_of(scope: Scope, body: bytes) -> bytes:
    """The digest of method, target, the headers that the endpoint reads, and the body."""
    head = [scope["method"].encode(), scope["query_string"]]
    for line in scope["headers"]:
        if line[0] in READ_HEADERS:
            head += line
    # No part but the body can have a line end in it, and the body is the last.
    head += (b"", body)
    return blake2b(b"\n".join(head), digest_size=16).digest()


def attach(request: MemoizedRequest, scope: Scope) -> None:
    """Attach the request to its ASGI scope, for the endpoint."""
    scope[_ATTACHED] = request


def memoized_request(scope: Scope) -> MemoizedRequest | None:
    """The request that is attached to the scope; None if requests are not memoized."""
    found: MemoizedRequest | None = scope.get(_ATTACHED)
    return found
