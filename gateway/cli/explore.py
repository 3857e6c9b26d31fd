"""``stats-gateway explore``: import files and show their charts, on this machine alone."""

from __future__ import annotations

import gc
import os
import secrets
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType

import click

from gateway.auth.owner import Owner
from gateway.cli.browser import open_privately
from gateway.cli.explored import is_export, origins_of
from gateway.cli.import_summary import Summary
from gateway.cli.importing import import_files
from gateway.cli.links import pages_are_built, path_of_projects, root_url
from gateway.cli.page_build import page_build
from gateway.cli.running import CommandFailed, opened, run
from gateway.cli.serving import free_port, serve_here
from gateway.cli.stopping import INTERRUPTED
from gateway.cli.whole_number import WholeNumber
from gateway.directory.projects import PROJECT_NAMES
from gateway.events.ids import LARGEST_ID
from gateway.events.opening import STANDARD_INPUT
from gateway.settings import PREFIX, Settings, load_settings

_HOST = "127.0.0.1"


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE…")
@click.option(
    "--project-id",
    type=WholeNumber(1, LARGEST_ID),
    metavar="N",
    help="The project of all classification exports among the files. Without this option each "
    "is a project of its own.",
)
@click.option(
    "--project-name", metavar="NAME", help="The name of that project, instead of the file's."
)
@click.option("--keep", is_flag=True, help="Keep the database beside the first FILE, as NAME.db.")
@click.option(
    "--database",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="PATH",
    help="Keep the database in this file. One that is there is added to.",
)
@click.option(
    "--port",
    type=WholeNumber(0, 65535),
    default=0,
    show_default=True,
    help="Port to listen on; 0 picks a free one.",
)
@click.option("--no-browser", is_flag=True, help="Print the link, and open no browser.")
def explore(
    files: tuple[str, ...],
    project_id: int | None,
    project_name: str | None,
    keep: bool,  # noqa: FBT001 (a flag of the command line)
    database: Path | None,
    port: int,
    no_browser: bool,  # noqa: FBT001
) -> None:
    """Import FILEs and show their charts in the browser, on this machine alone.

    FILEs are what `stats-gateway import` takes. They are stored in a temporary file, which is
    deleted at the end, unless --keep or --database says otherwise. The link that is printed signs
    in whoever has it as somebody who sees everything.
    """
    stored_in = database or (_beside(files[0]) if keep else None)
    with _cleanup_on_signals(), TemporaryDirectory(prefix="stats-gateway-explore-") as name:
        folder = Path(name)
        settings = _settings(stored_in or folder / "explored.db", free_port(_HOST, port))
        summary = _import(settings, files, project_id, project_name)
        _serve(settings, summary, folder, stored_in, in_browser=not no_browser)


def _beside(file: str) -> Path:
    if file == STANDARD_INPUT:
        raise click.UsageError("--keep requires the name of a file: use --database.")
    return Path(file).with_name(f"{Path(file).name.partition('.')[0]}.db")


def _settings(database: Path, port: int) -> Settings:
    """Settings of the environment, restricted to this machine."""
    has_log_level = f"{PREFIX}LOG_LEVEL" in os.environ
    return load_settings(
        host=_HOST,
        port=port,
        workers=1,
        database_url=f"sqlite:///{database.absolute()}",
        loopback_hosts_only=True,
        # The link stays visible in the terminal until the end.
        log_level=None if has_log_level else "warning",
    )


def _import(
    settings: Settings, files: Sequence[str], project_id: int | None, name: str | None
) -> Summary:
    # Before there is a database: a file that cannot be imported leaves none.
    is_export_of = {file: is_export(file) for file in files}
    known = run(_known_projects(settings))
    origins = origins_of(is_export_of, project_id, name, known)
    summary = Summary()
    try:
        import_files(settings, list(zip(is_export_of, origins, strict=True)), None, summary)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    if summary.failed:
        sys.exit(1)
    if not summary.projects:
        raise CommandFailed("There is nothing to look at: no event belongs to a project.")
    return summary


async def _known_projects(settings: Settings) -> dict[str, int]:
    async with opened(settings, may_make=True) as database, database.read() as snapshot:
        rows = await snapshot.fetch(PROJECT_NAMES)
    return {row.display_name or f"\0{row.id}": row.id for row in rows}


def _serve(
    settings: Settings, summary: Summary, folder: Path, stored_in: Path | None, *, in_browser: bool
) -> None:
    token = secrets.token_urlsafe(32)
    build = page_build() if settings.pages else None
    has_pages = settings.pages and (build is not None or pages_are_built())
    path = path_of_projects(summary.projects, has_pages=has_pages)
    link = f"{root_url(settings.host, settings.port)}{path}#token={token}"

    def on_started() -> None:
        end = f"It stays in {stored_in}." if stored_in else "What was imported is deleted then."
        click.echo(
            f"\nOpen this link, and keep it to yourself: it shows everything.\n\n  {link}\n\n"
            f"Press Ctrl-C to stop. {end}\n"
        )
        if in_browser:
            open_privately(link, folder)

    serve_here(settings, build, Owner(token), on_started)
    # The server freezes loaded objects; DuckDB warns of objects that are never collected.
    gc.unfreeze()


@contextmanager
def _cleanup_on_signals() -> Iterator[None]:
    """Clean up on SIGTERM and SIGHUP, which would end the process at once."""

    def end(number: int, _: FrameType | None) -> None:
        sys.exit(128 + number)

    def raise_sigterm(_: int, __: FrameType | None) -> None:
        # A server takes this as a request to stop, and passes it on when it has stopped.
        signal.raise_signal(signal.SIGTERM)

    handlers: dict[str, Callable[[int, FrameType | None], None]] = {
        "SIGTERM": end,
        "SIGHUP": raise_sigterm,
    }
    before = {
        name: signal.signal(getattr(signal, name), handler)
        for name, handler in handlers.items()
        if hasattr(signal, name)
    }
    try:
        yield
    finally:
        for name, earlier in before.items():
            signal.signal(getattr(signal, name), earlier)
