"""Letting pages of other sites ask what is served here (CORS).

Cookies are neither read nor allowed, so that a page sees no more than its own token shows: there
is nothing that a strange page could do in somebody's name.
"""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp

from gateway.http.response import json_response

#: How long a browser need not ask again whether it may ask.
_PREFLIGHT_SECONDS = 7200


def readable_by_pages(
    app: ASGIApp,
    origins: Sequence[str] = ("*",),
    methods: Sequence[str] = ("GET", "HEAD"),
    shown: Sequence[str] = ("Retry-After", "X-Request-Id"),
) -> ASGIApp:
    """The application for pages of these origins, with any header: Authorization above all.

    ``shown`` are the headers of responses that they may look at. By default as ERAS does it:
    pages of any origin, by GET and HEAD.
    """
    return _Pages(
        app,
        allow_origins=origins,
        allow_methods=methods,
        allow_headers=["*"],
        expose_headers=shown,
        max_age=_PREFLIGHT_SECONDS,
    )


class _Pages(CORSMiddleware):
    def preflight_response(self, request_headers: Headers) -> Response:
        response = super().preflight_response(request_headers)
        if response.status_code == HTTPStatus.OK:
            return response
        # Starlette's own is plain text; every refusal here is JSON of one shape.
        error = {
            "message": "Web pages of this origin may not send this request: ask the operator "
            "to allow the origin.",
            "extensions": {"code": "FORBIDDEN"},
        }
        vary = {"Vary": response.headers["vary"]}
        return json_response({"errors": [error]}, HTTPStatus.FORBIDDEN, headers=vary)
