"""Root endpoint: the status for machines, a page with the operations for people."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from hashlib import sha256
from html import escape
from importlib.resources import files

from starlette.requests import Request
from starlette.responses import Response

from gateway.http.media import HTML, JSON, negotiate
from gateway.http.response import json_response
from gateway.rest.eras.rows import Json
from gateway.rest.reading import ReadEndpoint
from gateway.rest.sentence import DescribeError


class WelcomeEndpoint(ReadEndpoint):
    """Answers ``status`` to machines, and a page of the OpenAPI operations to browsers.

    With a ``home``, browsers get that, and the small page only with ``?page=small``.
    """

    def __init__(
        self,
        status: Json,
        description: Json,
        describe_error: DescribeError,
        home: Callable[[], Response] | None = None,
    ) -> None:
        super().__init__(describe_error)
        self._home = home
        self._status = status
        folder = files(__name__)
        style = (folder / "welcome.css").read_text("utf-8")
        parts = {
            "style": style,
            "version": escape(description["info"]["version"]),
            "operations": "\n".join(_operations(description)),
        }
        html = (folder / "welcome.html").read_text("utf-8")
        for name, part in parts.items():
            html = html.replace(f"{{{{ {name} }}}}", part)
        self._html = html.encode()
        self._headers = {
            "Content-Security-Policy": _policy(style),
            "Cache-Control": "no-cache",
            "Vary": "Accept",
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
        }

    async def respond(self, request: Request) -> Response:
        if negotiate(request.headers.get("accept"), (JSON, HTML)) == HTML:
            if self._home is not None and request.query_params.get("page") != "small":
                return self._home()
            return Response(self._html, media_type=HTML, headers=self._headers)
        return json_response(self._status, 200)


def _policy(style: str) -> str:
    """The policy: only our own style sheets and images; the page has no script."""
    digest = b64encode(sha256(style.encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'self' 'sha256-{digest}'; img-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def _operations(description: Json) -> list[str]:
    return [
        f"<details><summary><code>{method.upper()} {escape(path)}</code> "
        f"{escape(operation['summary'])}</summary>{_parameters(operation)}</details>"
        for path, methods in description["paths"].items()
        for method, operation in methods.items()
    ]


def _parameters(operation: Json) -> str:
    entries = [
        f"<dt><code>{escape(one['name'])}</code></dt><dd>{escape(one['description'])}</dd>"
        for one in operation.get("parameters", ())
    ]
    return f"<dl>{''.join(entries)}</dl>" if entries else "<p>Takes no parameters.</p>"
