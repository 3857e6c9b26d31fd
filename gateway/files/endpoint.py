"""File endpoint: one kind of file, for requests with credentials in a header, or none."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect, Request
from starlette.types import Message, Receive, Scope, Send

from gateway.auth.viewer import Viewer
from gateway.files.kinds import FileKind
from gateway.files.response import refused
from gateway.files.serving import MEDIA, Files, RequestedFile
from gateway.http.media import negotiate
from gateway.http.refusals import MethodNotAllowed, NotAcceptable
from gateway.rest.eras.query import read_query
from gateway.telemetry.record import Result, record_of

#: Finds the viewer of header lines, and refuses one who was erased.
Identify = Callable[[Iterable[tuple[str, str]]], Awaitable[Viewer]]


class Endpoint(ABC):
    """ASGI application for some HTTP methods; errors get the JSON body of file downloads."""

    methods: tuple[str, ...]

    def __init__(self, files: Files) -> None:
        self._files = files

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        begun = False

        async def sending(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        with suppress(ClientDisconnect):
            try:
                if request.method not in self.methods:
                    methods = " or ".join(self.methods)
                    raise MethodNotAllowed(f"This address accepts only {methods}.", self.methods)
                await self.respond(request, sending)
            except ClientDisconnect:
                raise
            except Exception as error:
                if begun:
                    raise
                record = record_of(scope)
                response = refused(error, self._files.describe, record)
                record.end()
                record.result = Result.FAILED if response.status_code >= 500 else Result.REFUSED
                await response(scope, receive, send)

    @abstractmethod
    async def respond(self, request: Request, send: Send) -> None:
        """Send the response; an error raised before anything is sent becomes the response."""


class FileEndpoint(Endpoint):
    """Endpoint that responds with a file of one kind."""

    methods = ("GET", "HEAD")

    def __init__(self, kind: FileKind, files: Files, identify: Identify) -> None:
        super().__init__(files)
        self._kind = kind
        self._identify = identify

    async def respond(self, request: Request, send: Send) -> None:
        media = acceptable(request.headers.get("accept"))
        viewer = await self._identify(request.headers.items())
        file = requested_file(self._kind, request.path_params, request.scope["query_string"], media)
        await self._files.serve(file, viewer, request, send)


def acceptable(accept: str | None) -> str:
    """Media type of a file by the Accept header; NotAcceptable if that allows neither."""
    media = negotiate(accept, MEDIA)
    if media is None:
        raise NotAcceptable(f"The Accept header must allow {' or '.join(MEDIA)}.")
    return media


def requested_file(kind: FileKind, path: dict[str, str], query: bytes, media: str) -> RequestedFile:
    """Requested file of a path and a query string; ArgumentError or BadRequest if it is none."""
    sent = parse_qsl(query.decode("latin-1"), keep_blank_values=True)
    names = {name.partition("[")[0] for name, _ in sent}
    variables = kind.variables(path, read_query(query, names))
    return RequestedFile(kind, path, variables, media)
