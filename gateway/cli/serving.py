"""``stats-gateway serve``: start the HTTP server."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress

import click
import uvicorn
from starlette.applications import Starlette
from uvicorn.config import STARTUP_FAILURE

from gateway.app import server_app
from gateway.auth.configuration import configured_tokens
from gateway.auth.owner import Owner
from gateway.cli.running import database_option, opened, run
from gateway.cli.stopping import leave_sigterm_to_server
from gateway.cli.whole_number import WholeNumber
from gateway.cli.workers import Workers
from gateway.db.bulk_tables import HALF_LOADED, SENTENCE
from gateway.db.faults import DatabaseFault, Fault
from gateway.errors import SettingsError, Unavailable
from gateway.graphql.configuration import check_trusted_documents, configured_budget
from gateway.http.configuration import configured_proxies
from gateway.http.connections import SLOTS_FOR_PROBES
from gateway.http.protocol import Protocol
from gateway.reasons import reason_of
from gateway.services import pages_that_fit
from gateway.settings import PREFIX, Settings, load_settings, unknown_settings
from gateway.telemetry.configuration import check_telemetry
from gateway.telemetry.lines import chosen_format, logging_config
from gateway.telemetry.metrics_port import metrics_ports
from gateway.web.pages import MakePages
from gateway.web.roles import RoleToken
from gateway.web.sign_in import configured_sign_in
from resolvers.schema import graphql_schema

if sys.platform != "win32":
    import resource

logger = logging.getLogger(__name__)

#: Faults that may end by themselves; all others need a person.
_TEMPORARY_FAULTS = (Fault.AWAY, Fault.BUSY)
#: How long the database may take before the server starts without it.
_DATABASE_TIMEOUT_SECONDS = 3
#: Open files beside connections: probes without a slot, the database, logs, libraries.
_OTHER_FILES = SLOTS_FOR_PROBES + 200


@click.command()
@click.option("--host", metavar="ADDRESS", help=f"Address to listen on.  [env: {PREFIX}HOST]")
@click.option(
    "--port",
    type=WholeNumber(0, 65535),
    help=f"Port to listen on; 0 picks a free one.  [env: {PREFIX}PORT]",
)
@click.option(
    "--workers",
    type=WholeNumber(1, 256),
    help=f"Number of server processes.  [env: {PREFIX}WORKERS]",
)
@database_option
def serve(
    host: str | None, port: int | None, workers: int | None, database_url: str | None
) -> None:
    """Serve GraphQL and the REST resources over HTTP."""
    options = {"host": host, "port": port, "workers": workers, "database_url": database_url}
    settings = load_settings(**options)
    port = _checked_port(settings)

    def print_url() -> None:
        click.echo(f"stats-gateway is at {endpoint_url(settings.host, port)}")

    if settings.workers > 1:
        # Worker processes start from nothing but the environment.
        for name, value in options.items():
            if value is not None:
                os.environ[PREFIX + name.upper()] = str(value)
        config = _config("gateway.app:from_environment", settings, port)
    else:
        config = _config(lambda: server_app(lambda: settings), settings, port)
    # From here on log lines have the format of the settings.
    for sentence in unknown_settings(os.environ):
        logger.warning("%s", sentence)
    if settings.workers > 1:
        processes = Workers(config, [config.bind_socket()], print_url)
        processes.run()
        if processes.exit_status:
            sys.exit(processes.exit_status)
    else:
        _run(_NotifyingServer(config, print_url))


def serve_here(
    settings: Settings,
    make_pages: MakePages | None = None,
    owner: Owner | None = None,
    on_started: Callable[[], None] | None = None,
    roles: Sequence[RoleToken] = (),
) -> None:
    """Serve from this process alone, with settings that need not be in the environment.

    ``make_pages`` builds the pages beside it, ``owner`` sees everything, ``on_started`` is called
    once the server accepts requests, and anyone may sign in as one of the ``roles``.
    """
    port = _checked_port(settings)

    def app() -> Starlette:
        return server_app(lambda: settings, make_pages, owner, roles)

    _run(_NotifyingServer(_config(app, settings, port), on_started))


class _NotifyingServer(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, on_started: Callable[[], None] | None) -> None:
        super().__init__(config)
        self._on_started = on_started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started and self._on_started is not None:
            self._on_started()


def _checked_port(settings: Settings) -> int:
    """Check all that can be checked before the start; returns the port to listen on."""
    port = free_port(settings.host, settings.port)
    if settings.metrics_port is not None:
        for metrics_port in metrics_ports(settings.metrics_port, settings.workers):
            free_port(settings.metrics_host, metrics_port)
    run(_prepare(settings))
    allow_files(settings.connections + _OTHER_FILES)
    return port


def _run(server: uvicorn.Server) -> None:
    """Serve until a signal stops the server."""
    leave_sigterm_to_server()
    with suppress(KeyboardInterrupt):
        server.run()
    if not server.started:
        sys.exit(STARTUP_FAILURE)


def _config(app: str | Callable[[], Starlette], settings: Settings, port: int) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        factory=True,
        host=settings.host,
        port=port,
        workers=settings.workers,
        access_log=False,
        server_header=False,
        http=Protocol,
        ws="none",
        timeout_keep_alive=settings.keep_alive_seconds,
        # The gateway itself reads forwarded addresses, of the settings' proxies alone.
        proxy_headers=False,
        log_config=logging_config(chosen_format(settings.log_format), settings.log_level),
        timeout_graceful_shutdown=settings.shutdown_timeout_seconds,
    )


async def _prepare(settings: Settings) -> None:
    """Migrate once, before several workers would, and raise configuration errors early.

    If the database is away or busy, the workers wait for it.
    """
    configured_tokens(settings)
    configured_proxies(settings)
    configured_budget(settings, lambda: 0)
    configured_sign_in(settings)
    check_trusted_documents(settings, graphql_schema, pages_that_fit(settings)[1])
    check_telemetry(settings)
    try:
        async with (
            asyncio.timeout(_DATABASE_TIMEOUT_SECONDS),
            opened(settings, may_make=True) as database,
            database.read() as snapshot,
        ):
            half_loaded = bool(await snapshot.fetch(HALF_LOADED))
    except TimeoutError:
        click.echo("The database is busy: the server starts and waits for the database.", err=True)
    except DatabaseFault as error:
        if error.fault not in _TEMPORARY_FAULTS:
            raise
        click.echo(f"{error.for_operators} The server starts and waits for the database.", err=True)
    else:
        if half_loaded:
            raise Unavailable(SENTENCE)


def allow_files(number: int) -> None:
    """Raise the limit of open files of this process and its workers, within the hard limit.

    Each connection is one, and many systems start with a limit of 1,024.
    """
    if sys.platform == "win32":
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = number if hard == resource.RLIM_INFINITY else min(number, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def free_port(host: str, port: int) -> int:
    """Check a port, or find a free one for 0; SettingsError if it cannot be listened on."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.create_server((host, port), family=family) as probe:
            free: int = probe.getsockname()[1]
            return free
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno and error.errno > 0 else reason_of(error)
        raise SettingsError(f"Cannot listen on port {port} of {host}: {reason}.") from None


def endpoint_url(host: str, port: int) -> str:
    """URL of the GraphQL endpoint, as one types it into a browser."""
    url_host = f"[{host}]" if ":" in host else host
    return f"http://{url_host}:{port}/graphql"
