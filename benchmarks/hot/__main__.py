"""A group page that everybody looks at: the gateway as it is served, beside the floor.

    python -m benchmarks.hot [EVENTS] [--rounds N] [--seconds S] [--warm-up S] [--only TEXT]

Imports the events (default: 2,000,000) into PostgreSQL and into SQLite. A volunteer with a token
asks for the page again and again, by POST, with default settings. Measured are answers that are
cached, plain and by gzip; the same while a second gateway stores 250 events a second about other
groups, and while the page's own group changes each second; and the first look of other viewers,
each of whom asks once, beside PostGraphile.
"""

from __future__ import annotations

import argparse
import gzip
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory

import orjson

from benchmarks.client import ask, http_request
from benchmarks.contest import Costs, Entry, Pace, measure, take_turns
from benchmarks.gateway import Gateway
from benchmarks.hot.writing import SETTINGS, Stream
from benchmarks.peers import missing, node_server, required
from benchmarks.postgres.database import (
    CONNECTIONS,
    GROUP,
    VIEWER,
    Loaded,
    loaded_database,
    loaded_file,
)
from benchmarks.postgres.pages import PAGES
from benchmarks.servers import Server, asgi_server
from benchmarks.table import Table

EVENTS = 2_000_000
US, GZIP, FLOOR, FIRST, POSTGRAPHILE = "us", "us, gzip", "the floor", "us", "PostGraphile"
PAGE = next(page for page in PAGES if page.operation == "group")
_OTHER_GROUP = 50
#: Who look once each. They end after some ten seconds: measure with few rounds.
_FIRST_VIEWER, _VIEWERS = 10_000_000, 15_000
#: The writer beside, by what is printed of it.
BESIDE: dict[str, Stream | None] = {
    "nobody writes": None,
    "250 events a second about other groups": Stream(250, _OTHER_GROUP),
    "its own group changes each second": Stream(1, GROUP),
}


def main(words: list[str] | None = None) -> None:
    """Measure and print tables in Markdown."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("events", type=int, nargs="?", default=EVENTS)
    Pace.add_options(parser)
    parser.add_argument("--only", default="", help="tables whose title contains this")
    given = parser.parse_args(words)
    pace = Pace.given(given)
    reason = missing()
    if reason:
        if required():
            raise SystemExit(reason)
        print(reason, file=sys.stderr)
    databases: dict[str, Callable[[int], AbstractContextManager[Loaded]]] = {
        "PostgreSQL": loaded_database,
        "SQLite": loaded_file,
    }
    for name, loaded in databases.items():
        if given.only not in f"{name} {FIRST}" and given.only not in name:
            continue
        with loaded(given.events) as database:
            for table in hot(name, database, pace):
                print(f"{table}\n", flush=True)
            if name == "PostgreSQL" and reason is None:
                print(f"{first_looks(database, pace)}\n", flush=True)


def hot(name: str, database: Loaded, pace: Pace) -> Iterator[Table]:
    """The cached page beside the floor, and again beside each writer."""
    with _served(database) as (gateway, server, writer), TemporaryDirectory() as folder:
        token = gateway.headers(VIEWER)
        request = http_request("/graphql", PAGE.question.body, token)
        zipped = http_request("/graphql", PAGE.question.body, {**token, "Accept-Encoding": "gzip"})
        ready = Path(folder, "ready")
        ready.write_bytes(orjson.dumps(orjson.loads(ask(server.port, request))["data"]))
        floor = asgi_server("benchmarks.hot.floor:application", {"READY": str(ready)})
        with floor as beside:
            entries = [
                Entry(US, server, request),
                Entry(GZIP, server, zipped, decode=gzip.decompress),
                Entry(FLOOR, beside, request),
            ]
            behind = database.usage if name == "PostgreSQL" else None
            for title, stream in BESIDE.items():
                with nullcontext() if stream is None else stream.stored_by(writer):
                    if stream is None:
                        costs = measure(entries, pace, behind)
                    else:  # the floor's answer does not change
                        costs = take_turns(entries, pace, behind)
                for us in (US, GZIP):
                    table = Table(name, [us, FLOOR], behind=name if behind else None)
                    table.add(f"{PAGE.question.name}, {title}", costs)
                    yield table


def first_looks(database: Loaded, pace: Pace) -> Table:
    """Viewers who ask once each, at a page that others have asked for, beside PostGraphile."""
    table = Table("PostgreSQL", [FIRST, POSTGRAPHILE], behind="PostgreSQL")
    environment = {
        "DATABASE_URL": database.url,
        "CONNECTIONS": str(CONNECTIONS),
        "VIEWER": str(VIEWER),
    }
    with (
        _served(database) as (gateway, server, _),
        node_server("postgres/postgraphile.js", environment) as peer,
    ):
        # Signing a token takes as long as answering: it is done before.
        looks = [
            http_request("/graphql", PAGE.question.body, gateway.headers(viewer))
            for viewer in range(_FIRST_VIEWER, _FIRST_VIEWER + _VIEWERS)
        ]
        beside = http_request("/graphql", PAGE.postgraphile.body)
        entries = [
            Entry(FIRST, server, iter(looks)),
            Entry(POSTGRAPHILE, peer, beside, PAGE.shape),
        ]
        costs: Costs = take_turns(entries, pace, database.usage)
        table.add("first look of another viewer", costs)
    return table


@contextmanager
def _served(database: Loaded) -> Iterator[tuple[Gateway, Server, Server]]:
    """A gateway to measure, and a second one that stores the stream."""
    with ExitStack() as stack:
        gateway = Gateway(Path(stack.enter_context(TemporaryDirectory())))
        settings: Mapping[str, str] = {"database_connections": str(CONNECTIONS)}
        server = stack.enter_context(gateway.serve(database.url, settings))
        writer = stack.enter_context(gateway.serve(database.url, SETTINGS))
        yield gateway, server, writer


if __name__ == "__main__":
    main()
