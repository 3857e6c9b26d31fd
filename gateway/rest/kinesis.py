"""``POST /kinesis``: the Zooniverse's stream of events, as ERAS takes it."""

from __future__ import annotations

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from gateway.errors import Forbidden, GatewayError
from gateway.events.event import Batch
from gateway.http.body import check_json, read_body
from gateway.http.media import JSON
from gateway.http.response import json_response
from gateway.rest.credentials import StreamCredentials
from gateway.rest.intake import Intake
from gateway.rest.refused import refused


class KinesisEndpoint:
    """An ASGI application for POST to one path; ``body_limit`` is in bytes."""

    def __init__(self, intake: Intake, credentials: StreamCredentials, body_limit: int) -> None:
        self._intake = intake
        self._credentials = credentials
        self._body_limit = body_limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            response = await self._respond(request)
        except ClientDisconnect:
            return
        await response(scope, receive, send)

    async def _respond(self, request: Request) -> Response:
        try:
            # First of all: a stranger's body is not even read.
            if not self._credentials.admit(request.headers.getlist("authorization")):
                raise Forbidden("The stream's credentials are missing or wrong.")
            check_json(request, undeclared=JSON)
            body = await read_body(request, self._body_limit)
            return _report(await self._intake.take(body))
        except GatewayError as error:
            return refused(error)


def _report(batch: Batch) -> Response:
    """204 if every event was taken or is of a type that is ignored, else 207 and which were not."""
    if not batch.rejects:
        return Response(status_code=204)
    errors = [
        {"position": reject.position, "id": reject.event_id, "reason": reject.reason}
        for reject in batch.rejects
    ]
    content = {"errors": errors, "taken": len(batch), "ignored": batch.ignored}
    return json_response(content, 207)
