"""What the smallest installation takes: until it answers, and in memory.

    python -m benchmarks.startup [--rounds N]

Makes the demo as ``make demo`` does, then starts ``stats-gateway serve`` over its database, beside
uvicorn with a Starlette application of one route. A round starts each once; medians are printed.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import NamedTuple

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from benchmarks.client import ask, http_request
from benchmarks.question import page
from benchmarks.servers import free_port, started

ROUNDS = 5
#: Group 2 of the demo shows everything to anyone.
PAGE = page("group page", "group", {"id": "2"})
US, REFERENCE = "stats-gateway serve", "uvicorn and Starlette alone"


class Start(NamedTuple):
    """One start of a server."""

    seconds: float
    resident_mebibytes: float
    #: After a page was asked for again and again.
    resident_after: float


def main(words: list[str] | None = None) -> None:
    """Measure and print a table in Markdown."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    rounds = parser.parse_args(words).rounds
    with TemporaryDirectory() as folder:
        demo = make_demo(Path(folder))
        serve = [gateway_command(), "serve", "--database-url", f"sqlite:///{folder}/demo/demo.db"]
        alone = [sys.executable, "-m", "uvicorn", f"{__spec__.name}:application", "--factory"]
        asked = http_request("/graphql", PAGE.body)
        starts: dict[str, list[Start]] = {US: [], REFERENCE: []}
        for _ in range(rounds):
            starts[US].append(measured_start(serve, "/readyz", asked))
            starts[REFERENCE].append(measured_start(alone, "/", http_request("/")))
    print("| server | seconds until it answers | resident MiB then | after 100 pages |")
    print("| --- | ---: | ---: | ---: |")
    for name, runs in starts.items():
        seconds, then, after = (median(values) for values in zip(*runs, strict=True))
        print(f"| {name} | {seconds:.2f} | {then:.0f} | {after:.0f} |")
    print(f"| the demo, its imports included | {demo:.1f} | | |")


def application() -> Starlette:
    """The reference: what any service on this ground takes."""

    async def alive(_: Request) -> Response:
        return JSONResponse({"status": "alive"})

    return Starlette(routes=[Route("/", alive)])


def gateway_command() -> str:
    return str(Path(sys.executable).with_name("stats-gateway"))


def make_demo(
    folder: Path,
    gateway: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
) -> float:
    """Seconds from nothing to the first answer; ``gateway`` is the command, if not our own."""
    port, begun = free_port(), time.perf_counter()
    options = ["demo", "--directory", str(folder / "demo"), "--port", str(port)]
    command = [*(gateway or [gateway_command()]), *options]
    with started(command, port, environment, deadline_seconds=600):
        ask(port, http_request("/readyz"))
        return time.perf_counter() - begun


def measured_start(
    command: Sequence[str],
    ready: str,
    asked: bytes,
    environment: Mapping[str, str] | None = None,
    *,
    times: int = 100,
) -> Start:
    """Start a server once, until it answers at ``ready``; then ask it so many times."""
    port, begun = free_port(), time.perf_counter()
    with started([*command, "--port", str(port)], port, environment) as server:
        ask(port, http_request(ready))
        seconds = time.perf_counter() - begun
        then = server.resident_mebibytes()
        for _ in range(times):
            ask(port, asked)
        return Start(seconds, then, server.resident_mebibytes())


if __name__ == "__main__":
    main()
