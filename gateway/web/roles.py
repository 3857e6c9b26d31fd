"""Signing in by role at short addresses: for the demo on one's own machine, and nothing else.

No setting switches it on. Each role is somebody who was made up, and whoever can ask this machine
as itself may be any of them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from gateway.errors import Forbidden
from gateway.http.loopback_host import is_loopback
from gateway.http.response import SECRET, json_response, refusal_response, status_response

_PATH = "/demo/{role}"


class RoleToken(NamedTuple):
    """A role of the demo: its name, what it may see, and its token."""

    name: str
    sees: str
    token: str


def role_routes(
    roles: Sequence[RoleToken], page: Callable[[Request], Awaitable[Response]] | None
) -> list[Route]:
    """The addresses of the roles; none without roles.

    GET answers with the ``page`` of the application, which then asks for the token by POST. Without
    pages it leads to the page of the endpoint, which does the same.
    """
    if not roles:
        return []
    tokens = {role.name: role.token for role in roles}

    async def show(request: Request) -> Response:
        name = request.path_params["role"]
        if name not in tokens:
            return status_response(HTTPStatus.NOT_FOUND)
        if page is not None:
            return await page(request)
        return RedirectResponse(f"../graphql#role={name}", HTTPStatus.SEE_OTHER)

    async def sign_in(request: Request) -> Response:
        token = tokens.get(request.path_params["role"])
        if token is None:
            return status_response(HTTPStatus.NOT_FOUND)
        if not _is_own_page(request):
            error = Forbidden("Only the pages of this server sign in here.")
            return refusal_response(error, HTTPStatus.FORBIDDEN)
        return json_response({"token": token}, HTTPStatus.OK, headers=SECRET)

    return [Route(_PATH, show, methods=["GET"]), Route(_PATH, sign_in, methods=["POST"])]


def _is_own_page(request: Request) -> bool:
    """Whether a page of this very server asks, under a name that is this machine's to itself.

    Every browser sends the origin of a page with a POST. A page of another site that has pointed
    its domain at this machine (DNS rebinding) is betrayed by the host.
    """
    headers = request.headers
    return (
        is_loopback(request.url.hostname or "")
        and headers.get("origin") == f"http://{headers.get('host')}"
        and headers.get("sec-fetch-site", "same-origin") == "same-origin"
    )
