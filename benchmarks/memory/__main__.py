"""Execution and HTTP with the data in memory, beside other GraphQL servers.

    python -m benchmarks.memory [--only TEXT] [--servers NAME,…]
                                [--rounds N] [--seconds S] [--warm-up S]

Prints a table in Markdown: under each server what a request costs it, and before that how many
times as much it costs us. Answers are compared before anything is measured.
"""

from __future__ import annotations

import argparse
import sys
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.client import http_request
from benchmarks.contest import Entry, Pace, measure
from benchmarks.memory.data import write_data
from benchmarks.memory.questions import QUESTIONS
from benchmarks.peers import missing, node_server, required
from benchmarks.servers import Server, asgi_server
from benchmarks.table import Table

IN_PYTHON = {
    "us": "benchmarks.memory.ours:application",
    "plain Strawberry": "benchmarks.memory.plain:application",
    "the floor": "benchmarks.memory.floor:application",
}
IN_NODE = {
    "Mercurius": "memory/mercurius.js",
    "GraphQL Yoga": "memory/yoga.js",
    "Apollo Server": "memory/apollo.js",
}
ORDER = ("us", "plain Strawberry", "Mercurius", "GraphQL Yoga", "Apollo Server", "the floor")


def main(words: list[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    Pace.add_options(parser)
    parser.add_argument("--only", default="", help="questions whose name contains this")
    parser.add_argument("--servers", default=",".join(ORDER), help="names, comma-separated")
    given = parser.parse_args(words)
    wanted = {"us", *given.servers.split(",")}
    reason = missing()
    if reason:
        if required() and wanted & IN_NODE.keys():
            raise SystemExit(reason)
        print(reason, file=sys.stderr)
        wanted -= IN_NODE.keys()
    names = [name for name in ORDER if name in wanted]
    print(compete(names, Pace.given(given), given.only))


def compete(names: list[str], pace: Pace, only: str = "") -> Table:
    """Start the servers side by side and measure each question."""
    table = Table("data in memory", names)
    with ExitStack() as stack, TemporaryDirectory() as folder:
        file = Path(folder, "data.json")
        write_data(file)
        servers = {name: stack.enter_context(_server(name, file)) for name in names}
        for question in QUESTIONS:
            if only not in question.name:
                continue
            request = http_request("/graphql", question.body)
            entries = [Entry(name, server, request) for name, server in servers.items()]
            table.add(question.name, measure(entries, pace))
    return table


def _server(name: str, file: Path) -> AbstractContextManager[Server]:
    environment = {"DATA": str(file)}
    if name in IN_PYTHON:
        return asgi_server(IN_PYTHON[name], environment)
    return node_server(IN_NODE[name], environment)


if __name__ == "__main__":
    main()
