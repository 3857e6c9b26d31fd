"""One gateway, with the stream alone, with quiet connections, and with both."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from math import ceil
from statistics import mean, median
from typing import NamedTuple

import orjson
import uvloop

from benchmarks.client import ask
from benchmarks.live.data import Batch
from benchmarks.live.freshness import Inexact, Stored
from benchmarks.live.pages import Page
from benchmarks.live.streams import Posted, Watching, post, watching
from benchmarks.servers import Server

#: A frame within so many seconds of the commit is in time.
IN_TIME = 1.5
_SETTLE_SECONDS = 120.0


class Load(NamedTuple):
    """How much is measured; the last part is that with both, connections and ingestion."""

    events_a_second: float
    seconds: float
    last_seconds: float
    #: Before each part that has events.
    warm_up_seconds: float

    def batches(self, size: int) -> int:
        """How many batches of this size are posted at most."""
        seconds = 2 * self.warm_up_seconds + self.seconds + self.last_seconds
        return ceil(self.events_a_second * seconds / size) + 4


@dataclass
class Part:
    """A part of the run; CPU of the gateway's process as a part of a core."""

    seconds: float = 0.0
    cpu: float = 0.0
    posted: list[Posted] = field(default_factory=list)
    #: MiB, every second.
    resident: list[float] = field(default_factory=list)

    @property
    def batch_seconds(self) -> float:
        """How long the gateway takes for a batch."""
        return mean(one.seconds for one in self.posted)


@dataclass
class Figures:
    """What came of it: with ingestion alone, quiet connections alone, and both."""

    alone: Part
    quiet: Part
    both: Part
    frames: int
    #: Of each frame, in seconds.
    delays: list[float]

    @property
    def memory(self) -> float:
        """MiB beyond those of the same process without connections."""
        return max(self.both.resident) - max(self.alone.resident)

    @property
    def growth(self) -> float:
        """MiB from a third of the time with both to its end."""
        resident = self.both.resident
        some = len(resident) // 10 + 1
        third = len(resident) // 3
        return median(resident[-some:]) - median(resident[third : third + some])

    @property
    def frames_a_second(self) -> float:
        """All connections together."""
        return self.frames / self.both.seconds

    @property
    def events_a_second(self) -> float:
        """What was stored beside the connections."""
        return sum(len(one.batch.events) for one in self.both.posted) / self.both.seconds

    @property
    def slower(self) -> float:
        """The time of a batch beside the connections, as a multiple of that without."""
        return self.both.batch_seconds / self.alone.batch_seconds

    @property
    def in_time(self) -> float:
        """The part of the frames that came in time."""
        return sum(one <= IN_TIME for one in self.delays) / max(1, len(self.delays))


def measure(
    server: Server,
    batches: Iterator[Batch],
    pages: Sequence[Page],
    headers: Sequence[dict[str, str]],
    load: Load,
) -> Figures:
    """Open a connection for each page, with these headers; Inexact if a frame is not true."""
    figures, streams = uvloop.run(_measure(server, batches, pages, headers, load))
    _compare(server, pages, streams)
    return figures


async def _measure(
    server: Server,
    batches: Iterator[Batch],
    pages: Sequence[Page],
    headers: Sequence[dict[str, str]],
    load: Load,
) -> tuple[Figures, list[Watching]]:
    rate, seconds = load.events_a_second, load.seconds
    await post(server.port, batches, rate, load.warm_up_seconds)
    async with _part(server, "ingestion alone") as alone:
        alone.posted = await post(server.port, batches, rate, seconds)
    begun = time.monotonic()
    asked = [page.subscription(more) for page, more in zip(pages, headers, strict=True)]
    async with watching(server.port, asked) as streams:
        _say(f"{len(streams)} streams opened in {time.monotonic() - begun:.1f} s")
        async with _part(server, "connections alone") as quiet:
            await asyncio.sleep(seconds)
        warm = await post(server.port, batches, rate, load.warm_up_seconds)
        frames = _frames(streams)
        async with _part(server, "both") as both:
            both.posted = await post(server.port, batches, rate, load.last_seconds)
        frames = _frames(streams) - frames
        posted = [*warm, *both.posted]
        # Many may watch the same page.
        stored = {
            id(page): Stored(page, one.numbers[0], posted) for page, one in _first(pages, streams)
        }
        expected = [stored[id(page)] for page in pages]
        await _settled(streams, expected)
    pairs = zip(streams, expected, strict=True)
    delays = [delay for one, numbers in pairs for delay in numbers.delays(one.times, one.numbers)]
    return Figures(alone, quiet, both, frames, delays), streams


def _first(pages: Sequence[Page], streams: Sequence[Watching]) -> Iterator[tuple[Page, Watching]]:
    seen = set()
    for page, one in zip(pages, streams, strict=True):
        if id(page) not in seen:
            seen.add(id(page))
            yield page, one


def _frames(streams: Sequence[Watching]) -> int:
    return sum(len(one.times) for one in streams)


async def _settled(streams: Sequence[Watching], expected: Sequence[Stored]) -> None:
    """Wait for the last frame of each."""
    until = time.monotonic() + _SETTLE_SECONDS
    while missing := sum(
        one.numbers[-1] != numbers.last for one, numbers in zip(streams, expected, strict=True)
    ):
        if over := next((one.error for one in streams if one.error is not None), None):
            raise over
        if time.monotonic() > until:
            raise Inexact(f"{missing} streams do not show what was stored.")
        await asyncio.sleep(0.1)


def _compare(server: Server, pages: Sequence[Page], streams: Sequence[Watching]) -> None:
    """Inexact unless each last frame is what a query answers."""
    answers = {}
    for page, one in zip(pages, streams, strict=True):
        if id(page) not in answers:
            answers[id(page)] = orjson.loads(ask(server.port, page.query()))["data"]
        if one.page != answers[id(page)]:
            raise Inexact(f"{one.page!r:.300} is not {answers[id(page)]!r:.300}")


@asynccontextmanager
async def _part(server: Server, name: str) -> AsyncIterator[Part]:
    part = Part()
    sampling = asyncio.create_task(_sample(server, part))
    begun, used = time.monotonic(), server.cpu_seconds()
    try:
        yield part
    finally:
        sampling.cancel()
    part.seconds = time.monotonic() - begun
    part.cpu = (server.cpu_seconds() - used) / part.seconds
    part.resident.append(server.resident_mebibytes())
    _say(f"{name}: {part.cpu:.1%} of a core, {part.resident[-1]:.0f} MiB")


async def _sample(server: Server, part: Part) -> None:
    while True:
        part.resident.append(server.resident_mebibytes())
        await asyncio.sleep(1)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
