"""Pages over PostgreSQL: the gateway as it is served, beside other ways to build the same.

    python -m benchmarks.postgres [EVENTS] [--rounds N] [--seconds S] [--warm-up S] [--only TEXT]

Generates and imports the events (default: 10,000,000) into a PostgreSQL server of its own, then
prints a table in Markdown: under each server what a request costs it, and before that how many
times as much it costs us. Answers are compared before anything is measured.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import orjson

from benchmarks.client import http_request
from benchmarks.contest import Entry, Pace, measure
from benchmarks.gateway import CACHE_OFF, FACTS_KEPT, Gateway
from benchmarks.peers import missing, node_server, required
from benchmarks.postgres.database import CONNECTIONS, VIEWER, Loaded, loaded_database
from benchmarks.postgres.pages import PAGES, Page
from benchmarks.servers import Server, asgi_server
from benchmarks.table import Table

EVENTS = 10_000_000
#: The gateway's settings by its column.
OURS: dict[str, Mapping[str, str]] = {
    "us, cache off": CACHE_OFF,
    "us, entity cache": FACTS_KEPT,
    "us, response cache": {},
}
#: Over REST no answers are kept.
OVER_REST = ["us, cache off", "us, entity cache"]
MERCURIUS, POSTGRAPHILE, FLOOR = "Mercurius", "PostGraphile", "the floor"


def main(words: list[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("events", type=int, nargs="?", default=EVENTS)
    Pace.add_options(parser)
    parser.add_argument("--only", default="", help="pages whose name contains this")
    given = parser.parse_args(words)
    reason = missing()
    if reason:
        if required():
            raise SystemExit(reason)
        print(reason, file=sys.stderr)
    pages = [page for page in PAGES if given.only in page.question.name]
    with loaded_database(given.events) as database:
        for table in compete(
            database,
            pages,
            Pace.given(given),
            in_node=reason is None,
        ):
            print(f"{table}\n")


def compete(database: Loaded, pages: list[Page], pace: Pace, *, in_node: bool) -> list[Table]:
    """Start the servers side by side and measure each page, over GraphQL and over REST.

    A table for each of our columns beside the others, and one of our columns over REST.
    """
    peers = [MERCURIUS, POSTGRAPHILE] if in_node else []
    graphql = [Table("PostgreSQL", [us, *peers, FLOOR], behind="PostgreSQL") for us in OURS]
    rest = Table("REST", OVER_REST, behind="PostgreSQL")
    with ExitStack() as stack:
        gateway = Gateway(Path(stack.enter_context(TemporaryDirectory())))
        connections = {"database_connections": str(CONNECTIONS)}
        servers = {
            name: stack.enter_context(gateway.serve(database.url, {**connections, **settings}))
            for name, settings in OURS.items()
        }
        token = gateway.headers(VIEWER)
        for name in (*peers, FLOOR):
            servers[name] = stack.enter_context(_peer(name, database))
        for page in pages:
            entries = [_entry(name, server, page, token) for name, server in servers.items()]
            costs = measure(entries, pace, database.usage)
            for table in graphql:
                table.add(page.question.name, costs)
            for path in page.rest:
                request = http_request(path, headers=token)
                entries = [Entry(name, servers[name], request) for name in OVER_REST]
                rest.add(f"`{path}`", measure(entries, pace, database.usage))
    return [*graphql, rest]


def _entry(name: str, server: Server, page: Page, token: Mapping[str, str]) -> Entry:
    if name == POSTGRAPHILE:
        request = http_request("/graphql", page.postgraphile.body)
        return Entry(name, server, request, page.shape)
    if name == FLOOR:
        body = orjson.dumps(page.question.variables)
        return Entry(name, server, http_request(f"/{page.operation}", body))
    # The peers are told who asks; only the gateway verifies it.
    headers = {"X-Viewer": str(VIEWER)} if name == MERCURIUS else dict(token)
    return Entry(name, server, http_request("/graphql", page.question.body, headers))


def _peer(name: str, database: Loaded) -> AbstractContextManager[Server]:
    environment = {
        "DATABASE_URL": database.url,
        "CONNECTIONS": str(CONNECTIONS),
        "VIEWER": str(VIEWER),
    }
    if name == FLOOR:
        return asgi_server("benchmarks.postgres.floor:application", environment)
    return node_server(f"postgres/{name.lower()}.js", environment)


if __name__ == "__main__":
    main()
