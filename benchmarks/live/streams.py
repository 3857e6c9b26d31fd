"""The client: connections that watch pages, and one that posts the stream, on one event loop."""

from __future__ import annotations

import asyncio
import re
import time
from array import array
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, NamedTuple

import httptools
import orjson

from benchmarks.client import UnexpectedResponse
from benchmarks.live.data import Batch

_NUMBER = re.compile(rb'"totalCount":(\d+)')
_FRAME, _END = b"event: next\ndata: ", b"\n\n"
#: Connections that are opened at once.
_AT_ONCE = 20


class Watching(asyncio.Protocol):
    """One stream: when its frames came, the number in each, and the last of them whole."""

    def __init__(self, request: bytes) -> None:
        loop = asyncio.get_running_loop()
        self.first: asyncio.Future[None] = loop.create_future()
        self.lost: asyncio.Future[None] = loop.create_future()
        self.times, self.numbers = array("d"), array("q")
        self.last = b""
        self.heartbeats = 0
        self.error: BaseException | None = None
        self._request = request
        self._parser = httptools.HttpResponseParser(self)
        self._buffer = b""

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except Exception as error:
            self._fail(error.__cause__ or error.__context__ or error)

    def on_body(self, part: bytes) -> None:
        self._buffer += part
        *blocks, self._buffer = self._buffer.split(_END)
        for block in blocks:
            if block == b":":
                self.heartbeats += 1
            else:
                self._read(block)

    def _read(self, block: bytes) -> None:
        frame = block.removeprefix(_FRAME)
        number = _NUMBER.search(frame)
        if number is None or b'"errors":' in frame:
            raise UnexpectedResponse(f"{self._parser.get_status_code()}: {block[:500]!r}")
        self.times.append(time.monotonic())
        self.numbers.append(int(number[1]))
        self.last = frame
        if not self.first.done():
            self.first.set_result(None)

    @property
    def page(self) -> Any:
        """What the last frame says."""
        return orjson.loads(self.last)["data"]["live"]

    def connection_lost(self, error: Exception | None) -> None:
        self._fail(error or UnexpectedResponse(f"The stream ended: {self._buffer[:500]!r}"))
        self.lost.set_result(None)

    def _fail(self, error: BaseException) -> None:
        self.transport.abort()
        self.error = self.error or error
        if not self.first.done():
            self.first.set_exception(error)


def _itself(one: Watching) -> Watching:
    return one


@asynccontextmanager
async def watching(port: int, requests: Sequence[bytes]) -> AsyncIterator[list[Watching]]:
    """A stream for each request, once all have their first frame; all are closed at the end."""
    loop = asyncio.get_running_loop()
    opened: list[Watching] = []
    try:
        for start in range(0, len(requests), _AT_ONCE):
            some = [Watching(one) for one in requests[start : start + _AT_ONCE]]
            for one in some:
                await loop.create_connection(partial(_itself, one), "127.0.0.1", port)
                opened.append(one)
            await asyncio.gather(*(one.first for one in some))
        yield opened
    finally:
        for one in opened:
            one.transport.abort()
        await asyncio.gather(*(one.lost for one in opened))


class Posted(NamedTuple):
    """A batch that is stored: when that was told, and how long it took."""

    batch: Batch
    at: float
    seconds: float


async def post(
    port: int, batches: Iterator[Batch], events_a_second: float, seconds: float
) -> list[Posted]:
    """Post batches one after the other: as many events a second, or as are taken."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    posted: list[Posted] = []
    begun = due = time.monotonic()
    try:
        while due < begun + seconds and time.monotonic() < begun + seconds:
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            batch, sent = next(batches), time.monotonic()
            writer.write(batch.request)
            head = await reader.readuntil(b"\r\n\r\n")
            now = time.monotonic()
            if b" 204 " not in head[:20]:
                raise UnexpectedResponse(f"{head!r}")
            posted.append(Posted(batch, now, now - sent))
            due += len(batch.events) / events_a_second
        await asyncio.sleep(max(0.0, begun + seconds - time.monotonic()))
    finally:
        writer.close()
    return posted
