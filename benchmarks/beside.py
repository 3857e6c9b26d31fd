"""How long everybody else waits beside the heaviest operations that the limits admit.

    python -m benchmarks.beside [--rounds N] [--clients N]

Serves the demo's database with one process, asks each operation by clients at once (default: four),
as an anonymous visitor, and meanwhile asks for ``/livez`` every ten milliseconds. Printed is how
long that took.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import httpx

from benchmarks.servers import free_port, started
from benchmarks.startup import gateway_command, make_demo

CLIENTS = 4
_PAUSE_SECONDS = 0.01
_DAYS = 240

_BUCKETS = "buckets(period: DAY, fillGaps: true)"
_FILLED = f"classifications(range: {{ start: $start }}) {{ {_BUCKETS} {{ %s }} }}"
_ALL = "startsOn count timeSpent"

#: Group 2 of the demo shows everything to anyone; asked for a thousand times it is a thousand. So
#: is a volunteer of the demo, whose own statistics are refused.
_GROUPS = ["2"] * 1000
_USERS = ["1304710"] * 1000
_REFERENCES = [{"__typename": "UserGroup", "id": "2"}] * 1000

OPERATIONS: dict[str, str] = {
    "1,000 charts": "query ($start: Date, $groups: [ID!]!) { userGroupsByIds(ids: $groups) { "
    + _FILLED % _ALL
    + " } }",
    "1,000 charts, by `_entities`": "query ($start: Date, $references: [_Any!]!) { "
    "_entities(representations: $references) { ... on UserGroup { " + _FILLED % _ALL + " } } }",
    "charts without a start, stopped": "query ($groups: [ID!]!) { userGroupsByIds(ids: $groups) { "
    f"classifications {{ {_BUCKETS} {{ {_ALL} }} }} }} }}",
    "40,000 refusals": "query ($users: [ID!]!) { usersByIds(ids: $users) { "
    + " ".join(f"c{n}: classifications {{ totalCount }}" for n in range(40))
    + " } }",
}


def main(words: list[str] | None = None) -> None:
    """Measure and print a table in Markdown."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--clients", type=int, default=CLIENTS)
    given = parser.parse_args(words)
    variables = {
        "start": (datetime.now(UTC).date() - timedelta(days=_DAYS)).isoformat(),
        "groups": _GROUPS,
        "references": _REFERENCES,
        "users": _USERS,
    }
    print(f"| {given.clients} at once | seconds each | /livez, median ms | /livez, longest ms |")
    print("| --- | ---: | ---: | ---: |")
    with TemporaryDirectory() as folder:
        make_demo(Path(folder))
        port = free_port()
        url = f"sqlite:///{folder}/demo/demo.db"
        serve = [gateway_command(), "serve", "--database-url", url, "--port", str(port)]
        with started(serve, port):
            for name, query in OPERATIONS.items():
                asked = {key: value for key, value in variables.items() if f"${key}:" in query}
                base = f"http://127.0.0.1:{port}"
                _measure(base, name, query, asked, given.clients, given.rounds)


def _measure(
    base: str, name: str, query: str, variables: Mapping[str, Any], count: int, rounds: int
) -> None:
    waits: list[float] = []
    seconds: list[float] = []
    # Clients in processes of their own: none keeps another, or the one who watches, waiting.
    with (
        ProcessPoolExecutor(count, get_context("spawn")) as clients,
        httpx.Client(base_url=base, timeout=60) as probe,
    ):
        for _ in range(rounds):
            asked = [clients.submit(_ask, base, query, variables) for _ in range(count)]
            waits += _watch(probe, asked)
            seconds += [one.result() for one in asked]
    middle, longest = 1000 * median(waits), 1000 * max(waits)
    print(f"| {name} | {median(seconds):.1f} | {middle:.0f} | {longest:.0f} |", flush=True)


def _ask(base: str, query: str, variables: Mapping[str, Any]) -> float:
    begun = time.perf_counter()
    body = {"query": query, "variables": variables}
    httpx.post(f"{base}/graphql", json=body, timeout=120).raise_for_status()
    return time.perf_counter() - begun


def _watch(probe: httpx.Client, asked: list[Future[float]]) -> list[float]:
    waits = []
    while not all(one.done() for one in asked):
        begun = time.perf_counter()
        probe.get("/livez").raise_for_status()
        waits.append(time.perf_counter() - begun)
        time.sleep(_PAUSE_SECONDS)
    return waits


if __name__ == "__main__":
    main()
