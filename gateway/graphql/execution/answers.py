"""Answers that are kept for whoever asks the same again while nothing that they say has changed.

An answer belongs to one viewer, operation, set of variables and day. It is kept with the versions
of all that was read for it, what the viewer may see included, and given again only where each of
them is still the same: so it is what executing the operation again would give.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from datetime import datetime
from hashlib import blake2b
from typing import NamedTuple, Protocol

import orjson

from gateway.auth.viewer import Viewer
from gateway.calendar import today
from gateway.graphql.documents.document_cache import PreparedDocument
from gateway.graphql.documents.request import GraphQLRequest
from gateway.stats.versions import Entity


class Keeping(Protocol):
    """What the context of an operation does; ``gateway.loaders.operation.Operation`` does it."""

    now: datetime

    async def recall(self, key: Hashable) -> tuple[bytes, Mapping[Entity, int]] | None: ...

    async def keep(self, key: Hashable, data: bytes) -> None: ...


class AnswerKey(NamedTuple):
    """Who asks what, and on which day."""

    viewer: Viewer
    day: int
    #: The digest of the document's text, the operation's name and the variables.
    asked: bytes


def key_of(
    prepared: PreparedDocument, request: GraphQLRequest, viewer: Viewer, now: datetime
) -> AnswerKey:
    """What an answer to this request is kept under."""
    asked = orjson.dumps(
        (prepared.digest, request.operation_name, request.variables or {}),
        option=orjson.OPT_SORT_KEYS,
    )
    return AnswerKey(viewer, today(now), blake2b(asked, digest_size=16).digest())
