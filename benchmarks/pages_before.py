"""What pages cost that nothing is cached of, beside the same pages at another commit, in turns.

    python -m benchmarks.pages_before [EVENTS] [--before COMMIT] [--only TEXT]
                                      [--rounds N] [--seconds S] [--warm-up S]

Imports that many events (default: 200,000) into two PostgreSQL servers: into one with the sources
of the other commit, into one with those of HEAD. Both are served without caches. Each page is
asked as the benchmarks of its commit ask it, and what it answers may differ.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.client import http_request
from benchmarks.contest import Entry, Pace, take_turns
from benchmarks.gateway import CACHE_OFF, Gateway
from benchmarks.generate import generate
from benchmarks.postgres.database import CONNECTIONS, VIEWER
from benchmarks.servers import Server
from benchmarks.sources import extracted
from benchmarks.table import Table
from tests.postgres import running_postgres

EVENTS = 200_000
#: The last commit before execution and caching were rebuilt.
BEFORE = "4853e4a"
NOW, THEN = "now", "before"
#: Of a commit: what puts names, groups and views beside the events, and its pages by name.
_PREPARE = """
import asyncio, sys
from benchmarks.postgres.database import _prepare
asyncio.run(_prepare(sys.argv[1]))
"""
_PAGES = """
import json
from benchmarks.postgres.pages import PAGES
print(json.dumps({page.operation: page.question.body.decode() for page in PAGES}))
"""
_IMPORT = "from gateway.cli import main; main()"


class Version:
    """The sources of a commit in a folder of their own."""

    def __init__(self, commit: str, folder: Path) -> None:
        self._folder = extracted(commit, folder)

    @property
    def environment(self) -> Mapping[str, str]:
        """With which Python finds the packages of this commit, and of no other."""
        return {"PYTHONPATH": str(self._folder), "PYTHONSAFEPATH": "1"}

    def run(self, program: str, *words: str) -> str:
        """What a program prints that is given in Python."""
        return subprocess.run(
            [sys.executable, "-c", program, *words],
            env={**os.environ, **self.environment},
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        ).stdout


def main(words: list[str] | None = None) -> None:
    """Measure and print a table in Markdown."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("events", type=int, nargs="?", default=EVENTS)
    parser.add_argument("--before", default=BEFORE, metavar="COMMIT")
    parser.add_argument("--only", default="", help="pages whose name contains this")
    Pace.add_options(parser)
    given = parser.parse_args(words)
    table = Table("cold pages over PostgreSQL", [NOW, THEN])
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        generate(given.events, folder / "events.parquet")
        gateway = Gateway(folder)
        token = gateway.headers(VIEWER)
        servers: dict[str, Server] = {}
        bodies: dict[str, Mapping[str, str]] = {}
        for name, commit in ((NOW, "HEAD"), (THEN, given.before)):
            version = Version(commit, folder / name)
            url = stack.enter_context(running_postgres()).get_uri()
            version.run(_IMPORT, "import", f"{folder}/events.parquet", "--database-url", url)
            version.run(_PREPARE, url)
            settings = {**CACHE_OFF, "database_connections": str(CONNECTIONS)}
            serving = gateway.serve(url, settings, version.environment)
            servers[name] = stack.enter_context(serving)
            bodies[name] = json.loads(version.run(_PAGES))
        for page in bodies[NOW]:
            if page not in bodies[THEN] or given.only not in page:
                continue
            entries = [
                Entry(name, server, http_request("/graphql", bodies[name][page].encode(), token))
                for name, server in servers.items()
            ]
            table.add(page, take_turns(entries, Pace.given(given)))
    print(table)


if __name__ == "__main__":
    main()
