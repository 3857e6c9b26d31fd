"""The web application, where it was built: ``make web`` puts its files into ``bundle`` here.

Its sources are in ``web/`` at the root of the repository. A gateway that was installed without
them answers at its root as it always did, and has no other pages.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Scope

from gateway.http.documents import BuiltFiles, html_response
from gateway.http.media import HTML, negotiate
from gateway.http.response import status_response
from gateway.http.slashes import had_trailing_slash
from gateway.settings import Settings
from gateway.web.sign_in import configured_sign_in

_BUNDLE = Path(__file__).parent / "bundle"
#: The schema that pages are built for, in a clone. A package comes with its own pages.
_SCHEMA = Path(__file__).parents[2] / "schema.graphql"
#: Addresses below the root at which there is a page.
_PAGES = (
    "/groups",
    "/groups/{id:int}",
    "/groups/{id:int}/contributors",
    "/projects/{id:int}",
    "/me",
    "/me/certificate",
    "/certificates/{code}",
    "/sign-in",
)
#: Those whose address is a secret of some: no search engine lists it, and no cache has it.
_UNLISTED = frozenset({"/certificates/{code}", "/sign-in"})
_POLICY = (
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "font-src 'self'",
)
_HEADERS = {"Cross-Origin-Opener-Policy": "same-origin"}
_UNLISTED_HEADERS = {**_HEADERS, "Cache-Control": "no-store", "X-Robots-Tag": "noindex"}


def built_application(settings: Settings, bundle: Path = _BUNDLE) -> WebApplication | None:
    """The application; None if it was not built."""
    return WebApplication(settings, bundle) if (bundle / "index.html").is_file() else None


class WebApplication:
    """One document for all pages, whose script reads the address; and the document's files.

    ``manifest`` is the file of the operations that the pages send.
    """

    def __init__(self, settings: Settings, bundle: Path) -> None:
        self.manifest = bundle / "persisted-documents.json"
        self._html = (bundle / "index.html").read_bytes()
        self._files = BuiltFiles(bundle / "web", "The web application")
        sign_in = configured_sign_in(settings)
        # No request goes to any other host, whatever a page is made to do.
        connect = " ".join(("connect-src 'self'", *(sign_in.origins if sign_in else ())))
        self._policy = (*_POLICY, connect)

    def is_built_for(self, schema: Path = _SCHEMA) -> bool:
        """Whether it was built for this file of the schema, or there is no such file."""
        try:
            digest = sha256(schema.read_bytes()).hexdigest()
        except FileNotFoundError:
            return True
        built_for = self.manifest.with_name("schema.sha256")
        return built_for.is_file() and built_for.read_text("ascii") == digest

    def home(self) -> Response:
        """The document at the root itself."""
        return html_response(self._html, self._policy, _HEADERS)

    def routes(self) -> list[Route]:
        """The pages below the root, and the files."""
        return [
            *page_routes(self.page),
            Route("/web/{name}", self._files.respond, methods=["GET"]),
        ]

    async def page(self, request: Request) -> Response:
        """The document for the page at an address below the root."""
        if negotiate(request.headers.get("accept"), (HTML,)) is None:
            return status_response(HTTPStatus.NOT_ACCEPTABLE)
        html = relative_to_root(self._html, request.scope)
        unlisted = request.scope["route"].path in _UNLISTED
        headers = _UNLISTED_HEADERS if unlisted else _HEADERS
        if "join_token" in request.query_params:
            # An older join link: caches keep what they store by its address.
            headers = {**headers, "Cache-Control": "no-store"}
        return html_response(html, self._policy, headers)


def page_routes(endpoint: Callable[[Request], Awaitable[Response]]) -> list[Route]:
    """A route for each address of a page below the root."""
    return [Route(path, endpoint, methods=["GET"]) for path in _PAGES]


def relative_to_root(html: bytes, scope: Scope) -> bytes:
    """The document for a page below the root, whose links begin with ``./`` as at the root.

    They stay relative: the root need not be the root of the host.
    """
    path = scope["path"].removeprefix(scope.get("root_path", ""))
    depth = path.count("/") - 1 + had_trailing_slash(scope)
    return html.replace(b'="./', b'="' + b"../" * depth)
