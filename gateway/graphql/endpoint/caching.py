"""HTTP caching of public answers: kept by anyone, and asked about every time.

Only what an anonymous viewer gets by GET or HEAD, without an error, has an ETag; a cache that
keeps it must ask whether it still holds (``no-cache``), so that a group turned private is so at
once. Other answers are for one client and one moment.

Data versions tell of what is private too, so they never leave the process: they only tell here
that a tag given before would be given again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from hashlib import blake2b
from http import HTTPStatus
from typing import Any, NamedTuple, Protocol

import orjson
from starlette.requests import Request
from starlette.responses import Response

from gateway.auth.viewer import Viewer
from gateway.calendar import today
from gateway.graphql.endpoint.statuses import EXECUTED
from gateway.http.coding import coding_for, negotiate_coding
from gateway.http.response import raw_json_response
from gateway.http.validators import entity_tag, has_already
from gateway.recent import Recent
from gateway.stats.versions import Entity

SAFE_METHODS = ("GET", "HEAD")
#: The header lines that an answer depends on. Whoever lets pages of others read it adds Origin.
VARY = "Authorization, Accept, X-CKAN-API-Key, EDX-API-Key"
_PUBLIC = {"Cache-Control": "public, no-cache", "Vary": VARY}
#: Answers that depend on more are not remembered: telling their versions is hardly shorter.
_MOST_ENTITIES = 100
#: The memory for what is remembered, and what a tag takes of it, and each version beside it.
_TAGS_BYTES = 4_194_304
_TAG_BYTES = 600
_VERSION_BYTES = 150


class Versioned(Protocol):
    """What the context of an operation tells; ``gateway.loaders.operation.Operation`` does."""

    now: datetime

    async def current_versions(self, entities: Iterable[Entity]) -> dict[Entity, int]: ...


class Tagged(NamedTuple):
    """An answer that was given: its ETag, and the versions of all that it depends on."""

    etag: str
    versions: dict[Entity, int]


class Caching:
    """Tags public answers, and remembers the ``capacity`` tags that were given last.

    With what is remembered, a copy is found to hold still without executing its operation.
    """

    def __init__(self, capacity: int = 1000) -> None:
        self._remembered: Recent[bytes, Tagged] = Recent(_TAGS_BYTES, capacity)

    @property
    def size(self) -> int:
        """The bytes of what is remembered, by estimate."""
        return self._remembered.size

    def validation(self, request: Request, viewer: Viewer, media: str) -> Validation | None:
        """What to go by for one request; None if its answer is nobody else's."""
        if not viewer.is_anonymous or request.method not in SAFE_METHODS:
            return None
        condition, accepted = (
            ", ".join(request.headers.getlist(name))
            for name in ("if-none-match", "accept-encoding")
        )
        return Validation(self, media, condition, accepted)

    def identify(self, media: str, coding: str | None, day: int, *asked: object) -> bytes:
        """What tells one operation from all others, on one day, in one media type and coding."""
        return blake2b(orjson.dumps((media, coding, day, asked)), digest_size=16).digest()

    def recall(self, identity: bytes) -> Tagged | None:
        """The answer to this operation that was tagged last."""
        return self._remembered.get(identity)

    def remember(self, identity: bytes, tagged: Tagged) -> None:
        """Remember an answer that was tagged, unless it depends on very much."""
        if len(tagged.versions) > _MOST_ENTITIES:
            self._remembered.drop(identity)
            return
        size = _TAG_BYTES + _VERSION_BYTES * len(tagged.versions)
        self._remembered.put(identity, tagged, size)


class Validation:
    """One public answer on its way, and whether the client has it already."""

    def __init__(
        self, caching: Caching, media: str, if_none_match: str, accept_encoding: str
    ) -> None:
        self._caching = caching
        self._media = media
        self._if_none_match = if_none_match
        self._accept_encoding = accept_encoding
        self._identity = b""
        self._versions: dict[Entity, int] | None = None
        self._holds: str | None = None

    async def still_holds(
        self,
        operation: Versioned,
        text: str,
        name: str | None,
        variables: Mapping[str, Any] | None,
        extensions: object,
    ) -> bool:
        """Whether the client's copy is what the operation would answer, as far as that is known.

        Asked before the operation is executed, in its snapshot; Unavailable as any statement.
        """
        coding = negotiate_coding(self._accept_encoding)
        self._identity = self._caching.identify(
            self._media, coding, today(operation.now), text, name, variables or {}, extensions
        )
        if not self._if_none_match:
            return False
        known = self._caching.recall(self._identity)
        if known is None or not self._matches(known.etag):
            return False
        # What was asked of Panoptes has no current version, so that it is asked again.
        if await operation.current_versions(known.versions) != known.versions:
            return False
        self._holds = known.etag
        return True

    def executed(self, versions: Mapping[Entity, int]) -> None:
        """Note what the answer depends on: it was executed without an error."""
        self._versions = dict(versions)

    def respond(self, answer: Mapping[str, Any]) -> Response | None:
        """The response, 304 if the client has the answer; None for what nobody may keep."""
        if self._holds is not None:
            return _not_modified(self._holds)
        if self._versions is None or "errors" in answer or "data" not in answer:
            return None
        body = orjson.dumps(answer)
        etag = entity_tag(self._media, coding_for(self._accept_encoding, body), body)
        self._caching.remember(self._identity, Tagged(etag, self._versions))
        if self._matches(etag):
            return _not_modified(etag)
        return raw_json_response(body, EXECUTED.json, self._media, {**_PUBLIC, "ETag": etag})

    def _matches(self, etag: str) -> bool:
        return has_already(self._if_none_match, etag)


def _not_modified(etag: str) -> Response:
    return Response(status_code=HTTPStatus.NOT_MODIFIED, headers={**_PUBLIC, "ETag": etag})
