"""The load: keep-alive connections that ask the same again and again, for a while.

One client for all servers, and a small one, so that on a machine of two cores it does not take
from the server what it measures: sockets of asyncio, httptools (which uvicorn brings) to find the
end of a response, nothing decoded. Tools made for load would have to be installed apart.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import repeat
from typing import Any

import httptools
import uvloop


class UnexpectedResponse(Exception):
    """The server did not answer with the status asked for and a body of the same size as before."""


@dataclass
class Load:
    """What came back: seconds of each response, in the order of their arrival."""

    status: int
    body: bytes = b""
    latencies: list[float] = field(default_factory=list)


def http_request(
    path: str, body: bytes | None = None, headers: dict[str, str] | None = None
) -> bytes:
    """The bytes of a request, for JSON unless headers say otherwise; a POST if it has a body."""
    lines = [f"{'GET' if body is None else 'POST'} {path} HTTP/1.1", "Host: 127.0.0.1"]
    given = {"Accept": "application/json", **(headers or {})}
    lines += [f"{name}: {value}" for name, value in given.items()]
    if body is not None:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + (body or b"")


#: One request that is sent again and again, or one after another.
Requests = bytes | Iterator[bytes]


def ask(port: int, request: Requests) -> bytes:
    """The body of one response."""
    return load(port, request, concurrency=1, seconds=0).body


def load(
    port: int, requests: Requests, *, concurrency: int, seconds: float, status: int = 200
) -> Load:
    """Keep ``concurrency`` requests under way for that long; each connection sends at least one.

    UnexpectedResponse for another status than this one.
    """
    following = repeat(requests) if isinstance(requests, bytes) else requests
    return uvloop.run(_load(port, following, concurrency, seconds, status))


async def _load(
    port: int, requests: Iterator[bytes], concurrency: int, seconds: float, status: int
) -> Load:
    loop = asyncio.get_running_loop()
    done = Load(status)
    connections = [
        (await loop.create_connection(lambda: _Connection(requests, done), "127.0.0.1", port))[1]
        for _ in range(concurrency)
    ]
    until = time.perf_counter() + seconds
    for connection in connections:
        connection.start(until)
    await asyncio.gather(*(connection.finished for connection in connections))
    return done


class _Connection(asyncio.Protocol):
    def __init__(self, requests: Iterator[bytes], done: Load) -> None:
        self.finished: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._requests = requests
        self._done = done
        self._parser = httptools.HttpResponseParser(self)
        self._body: list[bytes] = []

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def start(self, until: float) -> None:
        self._until = until
        self._send()

    def _send(self) -> None:
        request = next(self._requests)
        self._sent = time.perf_counter()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except Exception as error:
            self._fail(error.__cause__ or error.__context__ or error)

    def on_body(self, part: bytes) -> None:
        self._body.append(part)

    def on_message_complete(self) -> None:
        now = time.perf_counter()
        body, self._body = b"".join(self._body), []
        status = self._parser.get_status_code()
        expected = len(self._done.body) or len(body)
        if status != self._done.status or len(body) != expected:
            self._fail(UnexpectedResponse(f"{status}, {len(body)} bytes: {body[:500]!r}"))
            return
        self._done.body = body
        self._done.latencies.append(now - self._sent)
        if now < self._until:
            self._send()
        else:
            self._transport.close()

    def _fail(self, error: BaseException) -> None:
        if not self.finished.done():
            self.finished.set_exception(error)
        self._transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.finished.done():
            if error is None and self._done.latencies and time.perf_counter() >= self._until:
                self.finished.set_result(None)
            else:
                gone = error or UnexpectedResponse("The server closed the connection.")
                self.finished.set_exception(gone)
