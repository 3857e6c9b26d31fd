"""``POST /kinesis``: intake of the Zooniverse's event stream, as in ERAS."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from gateway.errors import Forbidden, GatewayError
from gateway.events.event import Batch
from gateway.http.body import check_json, read_body
from gateway.http.client_address import Network, client_address
from gateway.http.media import JSON
from gateway.http.response import json_response
from gateway.ingestion.intake import Intake
from gateway.rest.credentials import StreamCredentials
from gateway.rest.refused import refused
from gateway.rest.wrong_passwords import WrongPasswords
from gateway.telemetry.record import record_of


class KinesisEndpoint:
    """ASGI application for POST to one path; ``body_limit`` is in bytes.

    ``read`` parses a body into a batch, or raises. The address of a client behind
    ``trusted_proxies`` is the one that these forward.
    """

    def __init__(
        self,
        intake: Intake,
        read: Callable[[bytes], Batch],
        credentials: StreamCredentials,
        wrong_passwords: WrongPasswords,
        body_limit: int,
        trusted_proxies: Sequence[Network],
    ) -> None:
        self._intake = intake
        self._read = read
        self._credentials = credentials
        self._wrong_passwords = wrong_passwords
        self._body_limit = body_limit
        self._trusted_proxies = trusted_proxies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            response = await self._respond(request)
        except ClientDisconnect:
            return
        await response(scope, receive, send)

    async def _respond(self, request: Request) -> Response:
        try:
            # First: without credentials, the body is not read.
            await self._admit(request)
            check_json(request, undeclared=JSON)
            body = await read_body(request, self._body_limit)
            # In a thread: megabytes of events would hold up everyone else's answers.
            batch = await asyncio.to_thread(self._read, body)
            await self._intake.take(batch)
            record_of(request.scope).has_written = True
            return _report(batch)
        except GatewayError as error:
            return refused(error, record_of(request.scope))

    async def _admit(self, request: Request) -> None:
        """Forbidden without the credentials; TooManyTries after too many wrong ones."""
        sent = request.headers.getlist("authorization")
        address = client_address(request.scope, self._trusted_proxies)
        if sent:
            await self._wrong_passwords.check(address)
        if self._credentials.admit(sent):
            return
        if sent:
            await self._wrong_passwords.count(address)
        raise Forbidden("The stream's credentials are missing or wrong.")


def _report(batch: Batch) -> Response:
    """204 if every event was stored or ignored by its type, else 207 with the rejected ones."""
    if not batch.rejects:
        return Response(status_code=204)
    errors = [
        {"position": reject.position, "id": reject.event_id, "reason": reject.reason}
        for reject in batch.rejects
    ]
    content = {"errors": errors, "taken": len(batch), "ignored": batch.ignored}
    return json_response(content, 207)
