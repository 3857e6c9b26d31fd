"""The floor: ready bytes, found by what is asked and written by orjson, over uvicorn alone."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import orjson
from starlette.types import Receive, Scope, Send

from benchmarks.postgres.pages import PAGES


class Floor:
    """Finds the answer by the query and its variables: there is one, in the file ``READY``."""

    def __init__(self) -> None:
        data = orjson.Fragment(Path(os.environ["READY"]).read_bytes())
        question = next(page for page in PAGES if page.operation == "group").question
        self._ready = {(question.query, orjson.dumps(question.variables)): data}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        message = await receive()
        sent = message["body"]
        while message.get("more_body"):
            message = await receive()
            sent += message["body"]
        asked = orjson.loads(sent)
        ready = self._ready[asked["query"], orjson.dumps(asked["variables"])]
        body = orjson.dumps({"data": ready})
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


async def _lifespan(receive: Receive, send: Send) -> None:
    while (message := await receive())["type"] != "lifespan.shutdown":
        done: dict[str, Any] = {"type": f"{message['type']}.complete"}
        await send(done)
    await send({"type": "lifespan.shutdown.complete"})


def application() -> Floor:
    """The application; nothing but uvicorn is around it."""
    return Floor()
