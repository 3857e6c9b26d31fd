"""The floor: dictionaries that are ready, written by orjson, over the same HTTP server.

No server that builds its answers can be faster than one that has them.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from benchmarks.memory.operation import MemoryOperation, Store
from benchmarks.memory.questions import QUESTIONS
from resolvers.schema import schema


class Floor:
    """Looks the answer up by the query and its variables."""

    def __init__(self) -> None:
        self._ready: dict[tuple[str, bytes], dict[str, Any]] = {}

    async def make_ready(self, store: Store) -> None:
        """Let Strawberry answer once."""
        for one in QUESTIONS:
            result = await schema.execute(
                one.query, one.variables, context_value=MemoryOperation(store)
            )
            self._ready[one.query, orjson.dumps(one.variables)] = {"data": result.data}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = orjson.loads(await Request(scope, receive).body())
        body = orjson.dumps(self._ready[asked["query"], orjson.dumps(asked["variables"])])
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def application() -> Starlette:
    """The application; the file with the data is named by ``DATA``."""
    floor = Floor()

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        await floor.make_ready(Store(Path(os.environ["DATA"])))
        yield

    return Starlette(routes=[Route("/graphql", floor)], lifespan=lifespan)
