"""HTTP caching of public answers: stored by anyone, and revalidated every time.

Only what an anonymous viewer gets by GET or HEAD, without an error, has an ETag; a cache that
stores it must revalidate it each time (``no-cache``), so that a group turned private is so at
once. Other answers are not stored.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Self

from starlette.requests import Request

from gateway.auth.viewer import Viewer
from gateway.http.response import NO_STORE
from gateway.http.validators import etag_matches

SAFE_METHODS = ("GET", "HEAD")
#: The header lines that an answer depends on. The CORS middleware adds Origin.
VARY = "Authorization, Accept, X-CKAN-API-Key, EDX-API-Key, Consistency-Token"
_PUBLIC = {"Cache-Control": "public, no-cache", "Vary": VARY}


class Conditions(NamedTuple):
    """Conditions of a response: of the viewer, and header lines of the request."""

    media: str
    #: Whether caches may store an answer without errors.
    is_public: bool
    accept_encoding: str
    if_none_match: str

    @classmethod
    def of(cls, request: Request, viewer: Viewer, media: str) -> Self:
        """The conditions of a request that is answered in a media type."""
        accepted, condition = (
            ", ".join(request.headers.getlist(name))
            for name in ("accept-encoding", "if-none-match")
        )
        is_public = viewer.is_anonymous and request.method in SAFE_METHODS
        return cls(media, is_public, accepted, condition)

    def headers(self, etag: str | None) -> Mapping[str, str]:
        """The headers of an answer; it has a tag if it is public."""
        return NO_STORE if etag is None else {**_PUBLIC, "ETag": etag}

    def etag_matches(self, etag: str | None) -> bool:
        """Whether the client has the answer with this tag: it gets a 304."""
        return etag is not None and etag_matches(self.if_none_match, etag)
