"""A thousand connections with live answers, beside the stream, on one gateway.

    python -m benchmarks.live [EVENTS] [--postgres] [--connections N] [--events-a-second N]
        [--seconds S] [--warm-up S] [--soak S] [--only TEXT] [--quick]

Imports that many events (default: 1,000,000). Each table is of a gateway of its own: one process,
to which events of the stream are posted, 50 at once. First they are alone, then there are the
connections alone (server-sent events, of different visitors or of volunteers with tokens), then
both. ``--soak`` is how long the last table's gateway has both. What a figure should be stands
beside it.

The delay of a frame begins when the client is told of the oldest commit that no frame before
shows. The benchmark fails if a frame shows a state that the page never had, or a last frame
differs from what a query answers.

Settings are the defaults but for two: there are places for all connections, of which a tenth is not
for streams, and the client is a trusted proxy, so that it can be as many visitors.
"""

from __future__ import annotations

import argparse
import resource
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import NamedTuple

from benchmarks.gateway import Gateway
from benchmarks.live.data import BATCH, SETTINGS, Data, data
from benchmarks.live.measuring import IN_TIME, Figures, Load, measure
from benchmarks.live.pages import Page, changing, different, same

EVENTS, CONNECTIONS, RATE, SECONDS, WARM_UP, SOAK = 1_000_000, 1_000, 278, 30, 10, 600
_QUICK = ["20_000", "--connections", "20", "--seconds", "1", "--warm-up", "0.5", "--soak", "2"]
_FIRST_VOLUNTEER = 10_000_000
_MEGABYTES = 1024**2 / 1_000_000

#: What is measured, by its name in ``Scenario.targets``.
FIGURES: dict[str, tuple[str, Callable[[Figures], str]]] = {
    "alone": ("CPU of ingestion alone, % of a core", lambda of: f"{100 * of.alone.cpu:.1f}"),
    "quiet": ("CPU of connections alone, % of a core", lambda of: f"{100 * of.quiet.cpu:.1f}"),
    "cpu": ("CPU of both, % of a core", lambda of: f"{100 * of.both.cpu:.1f}"),
    "memory": ("memory of the connections, MB", lambda of: f"{of.memory * _MEGABYTES:.1f}"),
    "growth": ("growth of memory, MB", lambda of: f"{of.growth * _MEGABYTES:.1f}"),
    "frames": ("frames a second", lambda of: f"{of.frames_a_second:,.0f}"),
    "in_time": (f"frames within {IN_TIME} s of the commit, %", lambda of: f"{of.in_time:.2%}"[:-1]),
    "delay": ("delay of frames, median s", lambda of: f"{median(of.delays):.2f}"),
    "longest": ("delay of frames, longest s", lambda of: f"{max(of.delays):.2f}"),
    "rate": ("events a second that were stored", lambda of: f"{of.events_a_second:.0f}"),
    "batch": ("time of a batch, ms", lambda of: f"{1000 * of.both.batch_seconds:.1f}"),
    "slower": ("time of a batch, times that of ingestion alone", lambda of: f"{of.slower:.2f}"),
}


class Scenario(NamedTuple):
    """What is watched by whom, and what is to come of it."""

    title: str
    pages: Callable[[int], Sequence[Page]]
    targets: Mapping[str, str]
    by_volunteers: bool = False
    is_soak: bool = False


_ONE_PAGE = {"cpu": "at most 20", "memory": "at most 40", "in_time": "at least 99"}
SCENARIOS = (
    Scenario("one page, visitors", same, _ONE_PAGE),
    Scenario("one page, volunteers with tokens", same, _ONE_PAGE, by_volunteers=True),
    Scenario("different pages", different, {"cpu": "at most 40"}),
    Scenario("different pages that all change", changing, {"slower": "at most 2"}),
    Scenario("one page for long", same, {**_ONE_PAGE, "growth": "none"}, is_soak=True),
)


def main(words: list[str] | None = None) -> None:
    """Measure and print tables in Markdown."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("events", type=int, nargs="?", default=EVENTS)
    parser.add_argument("--postgres", action="store_true", help="instead of SQLite")
    parser.add_argument("--connections", type=int, default=CONNECTIONS)
    parser.add_argument("--events-a-second", type=float, default=RATE)
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of each measure")
    parser.add_argument("--warm-up", type=float, default=WARM_UP, help="seconds before each")
    parser.add_argument("--soak", type=float, default=SOAK, help="seconds of the last table")
    parser.add_argument("--only", default="", help="tables whose title contains this")
    parser.add_argument("--quick", action="store_true", help="short, over little data")
    given = parser.parse_args(words)
    if given.quick:
        kept = [f"--only={given.only}", *(["--postgres"] if given.postgres else [])]
        given = parser.parse_args([*_QUICK, *kept])
    wanted = [one for one in SCENARIOS if given.only in one.title]
    loads = {
        one.title: Load(
            given.events_a_second,
            given.seconds,
            given.soak if one.is_soak else given.seconds,
            given.warm_up,
        )
        for one in wanted
    }
    _allow_files(2 * given.connections + 1_000)
    batches = sum(load.batches(BATCH) for load in loads.values())
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        database = stack.enter_context(data(given.events, batches, postgres=given.postgres))
        gateway = Gateway(folder)
        for scenario in wanted:
            print(f"{scenario.title}:", file=sys.stderr, flush=True)
            number = given.connections
            figures = _measured(gateway, database, scenario, number, loads[scenario.title])
            name = "PostgreSQL" if given.postgres else "SQLite"
            print(f"| {name}, {number:,} connections, {scenario.title} | | target |")
            print("| --- | ---: | ---: |")
            for key, (what, shown) in FIGURES.items():
                print(f"| {what} | {shown(figures)} | {scenario.targets.get(key, '')} |")
            print(flush=True)


def _measured(
    gateway: Gateway, database: Data, scenario: Scenario, number: int, load: Load
) -> Figures:
    settings = {
        **SETTINGS,
        "connections": str(2 * number),
        "trusted_proxies": "127.0.0.1",
        "log_level": "warning",
    }
    who = range(number)
    headers = [{"X-Forwarded-For": f"198.18.{one // 250}.{one % 250}"} for one in who]
    if scenario.by_volunteers:
        headers = [gateway.headers(_FIRST_VOLUNTEER + one) for one in who]
    with gateway.serve(database.url, settings) as server:
        return measure(server, database.batches, scenario.pages(number), headers, load)


def _allow_files(number: int) -> None:
    """Each connection is one file, of this process too."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = number if hard == resource.RLIM_INFINITY else min(number, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


if __name__ == "__main__":
    main()
