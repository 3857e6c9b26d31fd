"""CKAN action endpoint: requests and responses in the shapes of CKAN."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, ClassVar

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from gateway.errors import (
    Forbidden,
    GatewayError,
    InvalidArgument,
    NotFound,
    Unauthenticated,
)
from gateway.http.body import check_json, decode_json, read_body
from gateway.http.cors import with_cors
from gateway.http.media import JSON
from gateway.http.refusals import BadRequest, MethodNotAllowed
from gateway.http.response import headers_for, json_response
from gateway.rest.eras.query import read_query
from gateway.rest.refused import STATUSES
from gateway.telemetry.record import record_of

#: Path prefixes: with the version of the API, and without, as CKAN's own client sends it.
BASES = ("/api/3/action", "/api/action")
_METHODS = ("GET", "HEAD", "POST")


class UnknownAction(NotFound):
    """No action has this name."""

    def __init__(self, name: str) -> None:
        GatewayError.__init__(self, f"There is no action {name[:80]!r}.")


class ActionEndpoint(ABC):
    """An ASGI application for GET and POST; bodies have up to ``body_limit`` bytes."""

    name: ClassVar[str]
    #: The parameters of a GET, each a text; those in ``as_json`` are JSON texts.
    parameters: ClassVar[Sequence[str]] = ()
    as_json: ClassVar[Sequence[str]] = ()

    def __init__(self, body_limit: int) -> None:
        self._body_limit = body_limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            response = await self._respond(request)
        except ClientDisconnect:
            return
        await response(scope, receive, send)

    async def _respond(self, request: Request) -> Response:
        help_url = _help_url(request, self.name)
        try:
            if request.method not in _METHODS:
                raise MethodNotAllowed("An action is asked by GET or POST.", _METHODS)
            result = await self.result(request)
        except GatewayError as error:
            record_of(request.scope).note_error(error.code, error)
            return _failed(help_url, error)
        return json_response({"help": help_url, "success": True, "result": result}, 200)

    @abstractmethod
    async def result(self, request: Request) -> Any:
        """Execute the action and return its result; a GatewayError on failure."""

    async def given(self, request: Request) -> Mapping[str, Any]:
        """The arguments of the action by name, from the query string or the body."""
        if request.method != "POST":
            given: dict[str, Any] = read_query(request.scope["query_string"], self.parameters)
            for name in given.keys() & set(self.as_json):
                try:
                    given[name] = decode_json(given[name], name)
                except BadRequest as error:
                    raise InvalidArgument(name, error.message) from None
            return given
        check_json(request, undeclared=JSON)
        body = decode_json(await read_body(request, self._body_limit), "The body")
        if not isinstance(body, dict):
            raise BadRequest("The body must be a JSON object.")
        return body


def routes_to_action(endpoint: ActionEndpoint, path: str = "") -> list[Route]:
    """The routes of an action, with CORS for pages of any site: they need a key of their own."""
    app = with_cors(endpoint, methods=_METHODS)
    return [Route(f"{base}/{path or endpoint.name}", app) for base in BASES]


def _help_url(request: Request, name: str) -> str:
    url = request.url.replace(path="", query="")
    # Only the link in the client's own answer depends on it, so the header need not be trusted.
    if "https" in request.headers.get("x-forwarded-proto", "").lower().split(",", 1)[0]:
        url = url.replace(scheme="https")
    return f"{str(url).rstrip('/')}{BASES[0]}/help_show?name={name}"


def _failed(help_url: str, error: GatewayError) -> Response:
    """Error response in CKAN's shape; with the error's code if CKAN has no such error."""
    answer: dict[str, Any] = {"help": help_url, "success": False}
    if isinstance(error, InvalidArgument):
        failed = {error.argument: error.message, "__type": "Validation Error"}
        return json_response(answer | {"error": failed}, 409)
    if isinstance(error, Forbidden | Unauthenticated):
        failed = {"message": error.message, "__type": "Authorization Error"}
        return json_response(answer | {"error": failed}, 403)
    status = 404 if isinstance(error, NotFound) else STATUSES[error.code]
    failed = {"message": error.message, "__type": f"{HTTPStatus(status).phrase} Error"}
    coded = {"message": error.message, "extensions": error.extensions}
    answer |= {"error": failed, "errors": [coded]}
    return json_response(answer, status, headers=headers_for(error))
