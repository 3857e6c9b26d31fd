"""``stats-gateway import``: store the events of files."""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import Callable, Iterator, MutableMapping, Sequence
from contextlib import AsyncExitStack, closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from gateway.cli.import_progress import ImportProgress
from gateway.cli.import_summary import RejectsFile, Summary
from gateway.cli.running import database_option, opened
from gateway.db import Database
from gateway.directory.learn import learn
from gateway.directory.workflow_projects import WORKFLOW_PROJECTS
from gateway.errors import GatewayError, Unavailable
from gateway.events.event import Batch
from gateway.events.exports import Origin
from gateway.events.ids import LARGEST_ID
from gateway.events.opening import STANDARD_INPUT, open_source
from gateway.events.source import Source
from gateway.rollups.ingest import Outcome, apply_batch
from gateway.settings import Settings, load_settings

#: What a shell reports of a command that Ctrl-C ended.
INTERRUPTED = 130


@click.command("import")
@click.argument("files", nargs=-1, required=True, metavar="FILE…")
@click.option(
    "--project-id",
    type=click.IntRange(1, LARGEST_ID),
    metavar="N",
    help="The project that exports are of; they do not say it themselves. Without it, a workflow "
    "that is known already tells its project, and Talk's comment export by its name.",
)
@click.option(
    "--project-name", metavar="NAME", help="What that project is called; needs --project-id."
)
@database_option
@click.option(
    "--rejects",
    "rejects_path",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where to write what was refused, as CSV.  [default: <first FILE>.rejects.csv here]",
)
def import_command(
    files: tuple[str, ...],
    project_id: int | None,
    project_name: str | None,
    database_url: str | None,
    rejects_path: Path | None,
) -> None:
    """Store the events of FILEs; each is counted once, however often it is imported.

    A FILE is a classification export (CSV), Talk's comment export (.tar.gz or JSON), stream
    events (one JSON object a line), or a table in the columns of ERAS's classification_events or
    comment_events (Parquet or CSV); texts may be gzip'd. Its content tells, not its name; - is
    standard input.

    A row that cannot be counted is refused, reported with its line and its reason, and stops
    nothing: the exit status is 0. It is 1 if rows were refused and no other was there, and 2 if
    a file is none of these; all are looked at before the first is stored. After Ctrl-C (exit
    status 130) what is stored stays, and the same command goes on.
    """
    if project_name is not None and project_id is None:
        raise click.UsageError("--project-name needs --project-id.")
    settings = load_settings(database_url=database_url)
    first = "stdin" if files[0] == STANDARD_INPUT else Path(files[0]).name
    rejects = RejectsFile(rejects_path or Path(f"{first}.rejects.csv"))
    summary = Summary()
    try:
        with closing(rejects):
            _import(settings, files, Origin(project_id, project_name, {}), rejects, summary)
    except KeyboardInterrupt:
        click.echo(
            f"Interrupted: what was stored stays ({summary.events:,} events were read); "
            "the same command goes on.",
            err=True,
        )
        sys.exit(INTERRUPTED)
    if summary.failed:
        sys.exit(1)


def _import(
    settings: Settings,
    files: Sequence[str],
    origin: Origin,
    rejects: RejectsFile,
    summary: Summary,
) -> None:
    """Store the files and print the summary, also of what was stored before an error."""
    sources = [open_source(file, origin) for file in files]
    rows = [0] * len(sources)
    try:
        with ImportProgress(sources) as progress:

            def committed(position: int, batch: Batch, outcome: Outcome) -> None:
                source = sources[position]
                rows[position] += len(batch) + len(batch.rejects) + batch.ignored
                rejects.write(source.name, batch.rejects)
                summary.add(source.name, batch, outcome)
                progress.show(position, source, summary.events)

            _store(settings, sources, origin.workflow_projects, committed)
    except GatewayError:
        if summary.events:
            _print(summary, sources, rejects)
        raise
    summary.notes += [
        f"{source.name} has no rows: nothing of it was stored."
        for source, count in zip(sources, rows, strict=True)
        if not count
    ]
    _print(summary, sources, rejects)


def _store(
    settings: Settings,
    sources: Sequence[Source],
    known: MutableMapping[int, int],
    committed: Callable[[int, Batch, Outcome], None],
) -> None:
    """Store all sources, batch by batch, and tell ``committed`` of each.

    ``known`` is kept to what the directory knows of workflows' projects as each source begins:
    an earlier one may have told what a later one leaves out.

    The event loop runs for the database alone: reading a slow pipe outside of it can be
    interrupted at any time.
    """
    now = datetime.now(UTC)
    with _uncollected(), asyncio.Runner() as runner, _opened(settings, runner) as database:
        for position, source in enumerate(sources):
            known.update(runner.run(_workflow_projects(database)))
            with closing(source.batches(now, most_groups=settings.groups_per_event)) as batches:
                for batch in batches:
                    committed(position, batch, runner.run(_write(database, source.name, batch)))


async def _write(database: Database, name: str, batch: Batch) -> Outcome:
    """Store a batch and what it tells the directory in one transaction."""

    def work(connection: Connection) -> Outcome:
        outcome = apply_batch(connection, batch)
        learn(connection, batch.names)
        return outcome

    try:
        return await database.write(work)
    except DBAPIError as error:
        raise Unavailable(f"The database refused events of {name}: {error.orig}.") from error


async def _workflow_projects(database: Database) -> dict[int, int]:
    async with database.read() as snapshot:
        return {row[0]: row[1] for row in await snapshot.fetch(WORKFLOW_PROJECTS)}


@contextmanager
def _opened(settings: Settings, runner: asyncio.Runner) -> Iterator[Database]:
    """The database, for work that the runner's loop does a step at a time."""
    stack = AsyncExitStack()
    database = runner.run(stack.enter_async_context(opened(settings, may_make=True)))
    try:
        yield database
    finally:
        runner.run(stack.aclose())


@contextmanager
def _uncollected() -> Iterator[None]:
    """Look for no cycles: events hold none, and looking takes a fifth of an import's time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _print(summary: Summary, sources: Sequence[Source], rejects: RejectsFile) -> None:
    summary.notes += [remark for source in sources for remark in source.remarks]
    for line in summary.lines(rejects.path):
        click.echo(line)
