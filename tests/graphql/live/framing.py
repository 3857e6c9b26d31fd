"""The first frame of a subscription."""

from __future__ import annotations

import asyncio
from typing import Any

import orjson

from gateway.auth.viewer import ANONYMOUS, Viewer
from gateway.graphql.documents.request import GraphQLRequest
from gateway.graphql.live.live_answers import LiveAnswers
from gateway.graphql.live.stream import LiveStream
from gateway.telemetry.record import RequestRecord
from tests.graphql.cached_gateway import Gateway

#: Asks for the same by a query and by a subscription; errors have the same places in both.
BOTH = "query Q { ...Page } subscription S { live { ...Page } }"


async def frame(
    gateway: Gateway,
    text: str | None,
    viewer: Viewer = ANONYMOUS,
    variables: dict[str, Any] | None = None,
    *,
    record: RequestRecord | None = None,
    **asked: Any,
) -> dict[str, Any]:
    """What a subscription is answered first, or the errors that refuse it."""
    request = GraphQLRequest(text, variables, **asked)
    async with LiveAnswers(gateway.executor.live, gateway.changes, lambda: gateway.now, 60) as live:
        opened = await live.open(request, viewer, (), record or RequestRecord("", "POST"))
        if not isinstance(opened, LiveStream):
            return decoded(orjson.dumps(opened))
        try:
            async with asyncio.timeout(60):
                return decoded(await anext(opened))
        finally:
            opened.close()


def decoded(text: bytes) -> dict[str, Any]:
    """An answer, whose errors are in no order: whose field is first depends on what is cached."""
    answer: dict[str, Any] = orjson.loads(text)
    if "errors" in answer:
        answer["errors"].sort(key=_place)
    return answer


def below(key: str, answer: dict[str, Any]) -> dict[str, Any]:
    """The answer of a query, as the subscription's."""
    framed = dict(answer)
    if answer.get("data") is not None:
        framed["data"] = {key: answer["data"]}
    if "errors" in answer:
        framed["errors"] = [
            {**error, "path": [key, *error["path"]]} if "path" in error else error
            for error in answer["errors"]
        ]
        framed["errors"].sort(key=_place)
    return framed


def _place(error: dict[str, Any]) -> bytes:
    return orjson.dumps([error.get("locations"), error.get("path"), error])
