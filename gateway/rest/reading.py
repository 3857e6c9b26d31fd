"""Read-only endpoints: GET with CORS for all sites, and errors as one sentence."""

from __future__ import annotations

from abc import ABC, abstractmethod

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from gateway.http.cors import with_cors
from gateway.http.refusals import MethodNotAllowed
from gateway.rest.sentence import DescribeError, refused_in_a_sentence
from gateway.telemetry.record import record_of


class ReadEndpoint(ABC):
    """ASGI application for GET; ``describe`` gives message and code of an error."""

    def __init__(self, describe: DescribeError) -> None:
        self._describe = describe

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self._respond_or_refuse(Request(scope))
        await response(scope, receive, send)

    async def _respond_or_refuse(self, request: Request) -> Response:
        try:
            if request.method not in ("GET", "HEAD"):
                raise MethodNotAllowed("This address accepts only GET requests.", ("GET", "HEAD"))
            return await self.respond(request)
        except Exception as error:
            return refused_in_a_sentence(error, self._describe, record_of(request.scope))

    @abstractmethod
    async def respond(self, request: Request) -> Response:
        """Respond to a GET; the caller answers errors."""


def route_to(path: str, endpoint: ReadEndpoint) -> Route:
    """A route to an endpoint, with CORS for all sites."""
    return Route(path, with_cors(endpoint))
