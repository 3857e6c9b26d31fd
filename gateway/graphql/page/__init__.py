"""The page that a browser gets from the endpoint: files of our own, no other host involved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from importlib.resources import files
from typing import Any

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

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
_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
_SAFE = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}
_PLACE_OF_EXAMPLES = "{{ examples }}"


@dataclass(frozen=True)
class Example:
    """An operation that the page offers to load."""

    title: str
    query: str
    variables: dict[str, Any] = field(default_factory=dict)


class Page:
    """The page with its examples; it asks nothing but its own files and the endpoint."""

    def __init__(self, examples: Sequence[Example] = ()) -> None:
        folder = files(__name__)
        # A data block is no script to the browser; "<" is escaped so that nothing can end it.
        block = orjson.dumps([asdict(example) for example in examples]).replace(b"<", b"\\u003c")
        html = (folder / "index.html").read_text("utf-8")
        self._html = html.replace(_PLACE_OF_EXAMPLES, block.decode()).encode()
        self._assets = {name: (folder / name).read_bytes() for name in _MEDIA_TYPES}

    def document(self) -> Response:
        """The page itself."""
        return Response(
            self._html,
            media_type="text/html",
            headers={
                "Content-Security-Policy": _POLICY,
                "Cache-Control": "no-cache",
                "Vary": "Accept",
                **_SAFE,
            },
        )

    async def asset(self, request: Request) -> Response:
        """One of the page's files, by the ``name`` in the path."""
        name = request.path_params["name"]
        if name not in self._assets:
            raise HTTPException(404, f"The page has no file {name}.")
        content = self._assets[name]
        headers = {"Cache-Control": "no-cache", "ETag": f'"{sha256(content).hexdigest()}"', **_SAFE}
        if request.headers.get("if-none-match") == headers["ETag"]:
            return Response(status_code=304, headers=headers)
        return Response(content, media_type=_MEDIA_TYPES[name], headers=headers)
