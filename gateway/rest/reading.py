"""An endpoint that is only read: by GET, from pages of any site, with errors in one sentence."""

from __future__ import annotations

from abc import ABC, abstractmethod

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from gateway.http.browsers import readable_by_pages
from gateway.http.refusals import MethodNotAllowed
from gateway.rest.sentence import DescribeError, refused_in_a_sentence
from gateway.telemetry.record import record_of


class ReadEndpoint(ABC):
    """An ASGI application; ``describe`` says which errors are shown as they are."""

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
        """The response to a GET; errors are answered by the caller."""


def route_to(path: str, endpoint: ReadEndpoint) -> Route:
    """A route to an endpoint that pages may read."""
    return Route(path, readable_by_pages(endpoint))
