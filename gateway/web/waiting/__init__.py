"""The page in place of those that are still being built, or that could not be."""

from __future__ import annotations

from html import escape
from http import HTTPStatus
from importlib.resources import files

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.http.documents import SAFE_HEADERS, html_response
from gateway.http.media import HTML, negotiate
from gateway.http.response import status_response
from gateway.web import page_routes, relative_to_root

_POLICY = ("script-src 'self'", "style-src 'self'", "img-src 'self'", "connect-src 'self'")
_MEDIA_TYPES = {"waiting.css": "text/css", "waiting.js": "text/javascript"}
_SECONDS = 3
_WAITING = ("The pages are being built", "This page opens by itself when they are ready.")
_FAILED = "There are no pages"
_SCRIPT = '<script type="module" src="./web/waiting.js"></script>'


class WaitingPage:
    """One document for all pages: 503, with ``Retry-After`` for as long as it is worth waiting.

    It looks again by itself, and keeps the address with its fragment.
    """

    def __init__(self) -> None:
        folder = files(__name__)
        self._template = (folder / "waiting.html").read_text("utf-8")
        self._files = {name: (folder / name).read_bytes() for name in _MEDIA_TYPES}
        self._headers = {"Retry-After": str(_SECONDS)}
        self._html = self._filled(*_WAITING, _SCRIPT)

    def fail(self, sentence: str) -> None:
        """From now on say that there will be no pages, and why, in a sentence."""
        self._headers = {}
        self._html = self._filled(_FAILED, sentence, "")

    def home(self) -> Response:
        """The document at the root itself."""
        return self._response(self._html)

    def routes(self) -> list[Route]:
        """The pages below the root."""
        return page_routes(self.page)

    def file_routes(self) -> list[Route]:
        """The document's files, which it still needs when the pages are there."""
        return [Route(f"/web/{name}", self._file, methods=["GET"]) for name in self._files]

    def _filled(self, title: str, text: str, script: str) -> bytes:
        html = self._template
        for name, value in {"title": escape(title), "text": escape(text), "script": script}.items():
            html = html.replace(f"{{{{ {name} }}}}", value)
        return html.encode()

    def _response(self, html: bytes) -> Response:
        response = html_response(html, _POLICY, {**self._headers, "Cache-Control": "no-store"})
        response.status_code = HTTPStatus.SERVICE_UNAVAILABLE
        return response

    async def page(self, request: Request) -> Response:
        """The document for the page at an address below the root."""
        if negotiate(request.headers.get("accept"), (HTML,)) is None:
            return status_response(HTTPStatus.NOT_ACCEPTABLE)
        return self._response(relative_to_root(self._html, request.scope))

    async def _file(self, request: Request) -> Response:
        name = request.scope["path"].rpartition("/")[2]
        return Response(
            self._files[name],
            media_type=_MEDIA_TYPES[name],
            headers={"Cache-Control": "no-cache", **SAFE_HEADERS},
        )
