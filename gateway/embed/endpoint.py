"""Embed endpoint: answers an address with an image or a document."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from http import HTTPStatus
from typing import Any, NamedTuple

import orjson
from graphql import OperationType
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from gateway.auth.viewer import ANONYMOUS
from gateway.calendar import today
from gateway.embed.figures import Figures
from gateway.embed.page import POLICY, refusal_document
from gateway.embed.parameters import EmbedOptions, Preset
from gateway.embed.subjects import Kind, Measure
from gateway.errors import NotFound
from gateway.graphql.documents.request import GraphQLRequest
from gateway.graphql.endpoint.batch import note_answers
from gateway.graphql.endpoint.statuses import status_of
from gateway.graphql.execution.executor import Executor
from gateway.graphql.masking import ErrorMask
from gateway.http.coding import coding_for
from gateway.http.connection import while_connected
from gateway.http.documents import SAFE_HEADERS
from gateway.http.media import GRAPHQL, HTML
from gateway.http.refusals import MethodNotAllowed
from gateway.http.response import NO_STORE, headers_for, json_response
from gateway.http.slashes import had_trailing_slash
from gateway.http.validators import entity_tag, etag_matches
from gateway.json_bytes import json_bytes
from gateway.telemetry.record import Result, record_of

SVG = "image/svg+xml"
#: An image is drawn and nothing else, also where it is opened as a document.
_POLICY_OF_IMAGES = "default-src 'none'; sandbox"
#: Any page may embed it, also a page with cross-origin isolation.
_ANYWHERE = {
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "cross-origin",
    **SAFE_HEADERS,
}
#: As for public answers of the API: a group that turns private is gone at once.
_PUBLIC = {"Cache-Control": "public, no-cache", "Vary": "Consistency-Token"}
_METHODS = ("GET", "HEAD")
#: Codes that are answered as NOT_FOUND: what is not public looks as if it did not exist.
_HIDDEN = frozenset({"NOT_FOUND", "FORBIDDEN", "UNAUTHENTICATED"})
_QUERIES = frozenset({OperationType.QUERY})


class Form(NamedTuple):
    """Form of an embed: how its address is read, and how the answer is rendered.

    ``render`` gets a link to the page of the subject, if there are pages.
    """

    media: str
    read: Callable[[Kind, Mapping[str, str], bytes, int], EmbedOptions]
    request: Callable[[EmbedOptions], GraphQLRequest]
    figures: Callable[[EmbedOptions, Mapping[str, Any]], Figures]
    render: Callable[[Figures, EmbedOptions, str | None], bytes]


class EmbedEndpoint:
    """An ASGI application for one form of one kind of subject. No credential is read."""

    def __init__(
        self,
        kind: Kind,
        form: Form,
        executor: Executor,
        mask: ErrorMask,
        clock: Callable[[], datetime],
        *,
        has_pages: bool,
    ) -> None:
        self._kind = kind
        self._form = form
        self._executor = executor
        self._mask = mask
        self._clock = clock
        self._has_pages = has_pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        # The client has gone.
        with suppress(ClientDisconnect):
            response = await self._respond(request)
            await response(scope, receive, send)

    async def _respond(self, request: Request) -> Response:
        record = record_of(request.scope)
        record.viewer = ANONYMOUS.kind
        try:
            if request.method not in _METHODS:
                raise MethodNotAllowed("This address accepts only GET requests.", _METHODS)
            return await self._answer(request)
        except ClientDisconnect:
            raise
        except Exception as error:
            formatted = self._mask.unexpected(error)
            record.note_error(formatted["extensions"]["code"], error)
            refusal = self._refused(formatted, headers_for(error))
            record.result = Result.FAILED if refusal.status_code >= 500 else Result.REFUSED
            return refusal
        finally:
            record.end()

    async def _answer(self, request: Request) -> Response:
        form, record = self._form, record_of(request.scope)
        query_string = request.scope["query_string"]
        options = form.read(self._kind, request.path_params, query_string, today(self._clock()))
        executing = self._executor.execute(form.request(options), ANONYMOUS, _QUERIES, record)
        answer = await while_connected(request.receive, executing)
        note_answers(record, answer)
        record.begin("serialise")
        text = json_bytes(answer) if answer.entry is None else answer.entry.body
        content = orjson.loads(text)
        if "errors" in content:
            error = content["errors"][0]
            if error["extensions"]["code"] in _HIDDEN:
                raise NotFound(self._kind.noun, options.subject_id)
            return self._refused(error, {})
        link = self._link(request.scope, options) if self._has_pages else None
        return self._success(
            request, form.render(form.figures(options, content["data"]), options, link)
        )

    def _success(self, request: Request, body: bytes) -> Response:
        accepted, condition = (
            ", ".join(request.headers.getlist(name))
            for name in ("accept-encoding", "if-none-match")
        )
        media = self._form.media
        etag = entity_tag(media, coding_for(accepted, body), body)
        headers = {
            "Content-Security-Policy": POLICY if media == HTML else _POLICY_OF_IMAGES,
            "ETag": etag,
            **_PUBLIC,
            **_ANYWHERE,
        }
        if etag_matches(condition, etag):
            return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
        return Response(body, media_type=media, headers=headers)

    def _refused(self, error: Mapping[str, Any], headers: Mapping[str, str]) -> Response:
        """The refusal: as a document for a frame, as JSON in place of an image."""
        status = status_of(error["extensions"]["code"], GRAPHQL)
        if self._form.media != HTML:
            formatted = {"message": error["message"], "extensions": error["extensions"]}
            return json_response({"errors": [formatted]}, status, headers={**_ANYWHERE, **headers})
        own = {"Content-Security-Policy": POLICY, **_ANYWHERE, **NO_STORE, **headers}
        return Response(refusal_document(error), status, own, HTML)

    def _link(self, scope: Scope, options: EmbedOptions) -> str:
        """Relative link to the page of the subject; the root need not be that of the host."""
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        up = "../" * (path.count("/") - 1 + had_trailing_slash(scope))
        chosen = []
        if options.preset is not Preset.ALL:
            chosen.append(f"range={options.preset.value}")
        if options.measure is not Measure.CLASSIFICATIONS:
            chosen.append(f"show={options.measure.value}")
        query_string = f"?{'&'.join(chosen)}" if chosen else ""
        return f"{up}{self._kind.page.format(id=options.subject_id)}{query_string}"
