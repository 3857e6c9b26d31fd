"""Ticket endpoints: one issues a ticket for credentials, the other sends the file for a ticket."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.routing import compile_path
from starlette.types import Send

from gateway.auth.authenticator import Authenticator
from gateway.auth.credentials import CREDENTIAL_HEADERS
from gateway.auth.viewer import Viewer
from gateway.errors import NotFound, Unauthenticated
from gateway.files.endpoint import Endpoint, Identify, acceptable, requested_file
from gateway.files.kinds import FileKind
from gateway.files.response import private_json
from gateway.files.serving import MEDIA, Files, RequestedFile
from gateway.files.tickets import Pass, Tickets
from gateway.http.body import check_json, decode_json, read_body
from gateway.http.consistency_headers import note_seen, tokens_of
from gateway.http.consistent_reads import LONGEST_TOKENS, ConsistentReads
from gateway.http.refusals import BadRequest
from gateway.telemetry.record import Result, record_of

DOWNLOAD_PATH = "/files/downloads"
TICKETS_PATH = "/files/tickets"
#: Of the body, and of the path in it: all proxies accept URLs of that length.
LONGEST_BODY = 16_384
LONGEST_PATH = 8_000
#: The same as other requests that write a row.
_COST = 10

#: Charges a cost to a viewer, or an address; RateLimited if too little is left.
Spend = Callable[[Viewer, str, int], Awaitable[None]]
#: Raises if the viewer's credentials ended since.
CheckViewer = Callable[[Viewer], Awaitable[None]]


class NoSuchTicket(NotFound):
    """Error: the ticket is unknown, used, or older than a minute; one error for all of these."""

    def __init__(self) -> None:
        super().__init__("ticket", None, "address")


class _Paths:
    """Router: finds the kind of a path."""

    def __init__(self, kinds: Sequence[FileKind]) -> None:
        self._patterns = [(compile_path(kind.path)[0], kind) for kind in kinds]

    def requested(self, address: str, media: str) -> RequestedFile:
        """Requested file of a path with its query; NotFound, or an error of the query."""
        path, _, query = address.partition("?")
        for pattern, kind in self._patterns:
            found = pattern.fullmatch(path)
            if found:
                return requested_file(kind, found.groupdict(), query.encode(), media)
        raise NotFound("file", None, "path")


class TicketEndpoint(Endpoint):
    """Endpoint that issues a ticket: POST a path and a media type, get the path of one download."""

    methods = ("POST",)

    def __init__(
        self,
        kinds: Sequence[FileKind],
        files: Files,
        identify: Identify,
        authenticator: Authenticator,
        tickets: Tickets,
        spend: Spend | None,
    ) -> None:
        super().__init__(files)
        self._paths = _Paths(kinds)
        self._identify = identify
        self._authenticator = authenticator
        self._tickets = tickets
        self._spend = spend

    async def respond(self, request: Request, send: Send) -> None:
        check_json(request)
        headers = request.headers.items()
        viewer = await self._identify(headers)
        grant = self._authenticator.grant(headers, viewer)
        record = record_of(request.scope)
        record.viewer = viewer.kind
        if grant is None:
            raise Unauthenticated(
                "A ticket needs credentials; without them, read the file at its own address."
            )
        content = decode_json(await read_body(request, LONGEST_BODY), "The request body")
        path, accept = _read(content)
        media = acceptable(accept)
        self._paths.requested(path, media)
        if self._spend is not None:
            await self._spend(viewer, record.client, _COST)
        # The browser cannot send the header with the download either.
        seen = tokens_of(request.scope)
        if seen is not None and len(seen) > LONGEST_TOKENS:
            seen = None
        ticket = await self._tickets.issue(Pass(viewer, path, media, grant.until, seen))
        record.result = Result.OK
        content = {
            "path": f"{DOWNLOAD_PATH}?ticket={ticket.text}",
            "expiresAt": datetime.fromtimestamp(ticket.expires_at / 1_000_000, UTC).isoformat(),
        }
        await private_json(content, HTTPStatus.CREATED)(request.scope, request.receive, send)


class DownloadEndpoint(Endpoint):
    """Endpoint that sends the file of a ticket, which is used up even if the download fails."""

    # A HEAD request must not use up the ticket.
    methods = ("GET",)

    def __init__(
        self,
        kinds: Sequence[FileKind],
        files: Files,
        check: CheckViewer,
        tickets: Tickets,
        reads: ConsistentReads,
    ) -> None:
        super().__init__(files)
        self._paths = _Paths(kinds)
        self._check = check
        self._tickets = tickets
        self._reads = reads

    async def respond(self, request: Request, send: Send) -> None:
        if not CREDENTIAL_HEADERS.isdisjoint(request.headers.keys()):
            raise BadRequest("A ticket stands for its viewer alone: send no credentials with it.")
        sent = parse_qs(request.scope["query_string"].decode("latin-1")).get("ticket", [])
        if len(sent) != 1:
            raise BadRequest("The address needs exactly one ticket.")
        granted = await self._tickets.use(sent[0])
        if granted is None:
            raise NoSuchTicket
        await self._check(granted.viewer)
        file = self._paths.requested(granted.path, granted.media)
        if granted.seen is not None:
            record = record_of(request.scope)
            seen = await self._reads.route(granted.seen, granted.viewer, record)
            note_seen(request.scope, seen)
        await self._files.serve(file, granted.viewer, request, send)


def _read(content: Any) -> tuple[str, str]:
    if not isinstance(content, dict):
        raise BadRequest("The request body must be a JSON object.")
    path, accept = content.get("path"), content.get("accept", MEDIA[0])
    if not isinstance(path, str) or not isinstance(accept, str):
        raise BadRequest("The request needs a path, and may have accept: both are texts.")
    if len(path) > LONGEST_PATH:
        raise BadRequest(f"The path is longer than {LONGEST_PATH:,} characters.")
    return path, accept
