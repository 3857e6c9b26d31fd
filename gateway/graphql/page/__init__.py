"""Small page for browsers: serves files of our own, from no other host."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from gateway.graphql.endpoint.html import Example, with_examples, with_relative_links
from gateway.http.coding import coding_for
from gateway.http.documents import SAFE_HEADERS, html_response
from gateway.http.validators import entity_tag, etag_matches

_MEDIA_TYPES = {
    "icon.svg": "image/svg+xml",
    "page.css": "text/css",
    "editor.js": "text/javascript",
    "endpoint.js": "text/javascript",
    "highlight.js": "text/javascript",
    "layout.js": "text/javascript",
    "page.js": "text/javascript",
    "schema.js": "text/javascript",
}
_POLICY = ("script-src 'self'", "style-src 'self'", "img-src 'self'", "connect-src 'self'")


class Page:
    """The page with its examples; it requests only its own files and the endpoint."""

    def __init__(self, examples: Sequence[Example] = ()) -> None:
        folder = files(__name__)
        self._html = with_examples((folder / "index.html").read_text("utf-8"), examples)
        self._assets = {name: (folder / name).read_bytes() for name in _MEDIA_TYPES}

    def document(self, *, inside: bool = False) -> Response:
        """The page itself; ``inside`` is whether its address ends with a slash."""
        return html_response(with_relative_links(self._html, inside=inside), _POLICY)

    async def asset(self, request: Request) -> Response:
        """One of the page's files, by the ``name`` in the path."""
        name = request.path_params["name"]
        if name not in self._assets:
            raise HTTPException(404, f"The page has no file {name}.")
        content = self._assets[name]
        media = _MEDIA_TYPES[name]
        accepted = ", ".join(request.headers.getlist("accept-encoding"))
        etag = entity_tag(media, coding_for(accepted, content), content)
        headers = {"Cache-Control": "no-cache", "ETag": etag, **SAFE_HEADERS}
        if etag_matches(", ".join(request.headers.getlist("if-none-match")), etag):
            return Response(status_code=304, headers=headers)
        return Response(content, media_type=media, headers=headers)
