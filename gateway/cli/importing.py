"""``stats-gateway import``: store the events of files."""

from __future__ import annotations

import gc
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import click

from gateway.cli.bulk_import import LEAST_MEGABYTES, MEGABYTES, BulkOptions, bulk_import
from gateway.cli.database_thread import database_thread
from gateway.cli.import_progress import ImportProgress
from gateway.cli.import_summary import RejectsFile, Summary
from gateway.cli.links import pages_are_built, path_of_projects, root_url
from gateway.cli.running import database_option
from gateway.cli.stopping import INTERRUPTED
from gateway.cli.whole_number import WholeNumber
from gateway.db import Database
from gateway.db.url import PostgresUrl, SqliteUrl, read_database_url
from gateway.directory.workflow_projects import WORKFLOW_PROJECTS
from gateway.errors import GatewayError, UnreadableFile
from gateway.events.event import Batch
from gateway.events.exports import Origin
from gateway.events.forms import EXPORTS
from gateway.events.ids import LARGEST_ID
from gateway.events.opening import STANDARD_INPUT, open_source
from gateway.events.source import Source
from gateway.ingestion.export import Export
from gateway.ingestion.ingest import Ingested
from gateway.ingestion.ingest_source import ingest_source
from gateway.settings import Settings, load_settings


@click.command("import")
@click.argument("files", nargs=-1, required=True, metavar="FILE…")
@click.option(
    "--project-id",
    type=WholeNumber(1, LARGEST_ID),
    metavar="N",
    help="The id of the project that the exports come from, which classification exports do "
    "not contain. Without this option, the project is taken from workflows that are "
    "already known and from the name of a Talk comment export.",
)
@click.option(
    "--project-name", metavar="NAME", help="The name of that project; requires --project-id."
)
@click.option(
    "--move",
    is_flag=True,
    help="Move events of these exports that are stored under another project, and their "
    "workflows, to this project, unless the directory says otherwise.",
)
@database_option
@click.option(
    "--rejects",
    "rejects_path",
    type=click.Path(dir_okay=False, path_type=Path),
    help="CSV file for the rejected rows.  [default: <first FILE>.rejects.csv here]",
)
@click.option(
    "--bulk",
    is_flag=True,
    help="Fill a database that has no events yet: with less CPU time, all at once, and "
    "verified at the end.",
)
@click.option(
    "--bulk-folder",
    type=click.Path(exists=True, file_okay=False, writable=True, path_type=Path),
    metavar="FOLDER",
    help="Where --bulk keeps files while it works, about as large as the database.  [default: the "
    "system's folder for temporary files]",
)
@click.option(
    "--bulk-memory",
    type=WholeNumber(LEAST_MEGABYTES, 1_000_000),
    default=MEGABYTES,
    metavar="MB",
    help="What --bulk may sort and add up in, beside some 300 MB of its own; more is in files.  "
    f"[default: {MEGABYTES}]",
)
@click.option(
    "--no-verify",
    is_flag=True,
    help="Do not verify a bulk load at its end; stats-gateway verify does it later.",
)
def import_command(
    files: tuple[str, ...],
    project_id: int | None,
    project_name: str | None,
    move: bool,  # noqa: FBT001 (a flag of the command line)
    database_url: str | None,
    rejects_path: Path | None,
    bulk: bool,  # noqa: FBT001
    bulk_folder: Path | None,
    bulk_memory: int,
    no_verify: bool,  # noqa: FBT001
) -> None:
    """Store the events of FILEs. Importing a file again changes nothing.

    A FILE is a classification export (CSV), Talk's comment export (.tar.gz or JSON), stream
    events (one JSON object a line), or a table in the columns of ERAS's classification_events or
    comment_events (Parquet or CSV). CSV and JSON may be compressed: .gz, .bz2, .xz, or .zip with
    one file. The format is recognised by the content, not by the name. - is standard input.

    A row that cannot be counted is rejected and reported with its line and the reason; all other
    rows are stored, and the exit status is 0. It is 1 if all rows were rejected, and 2 if a file
    has another format; the formats of all files are checked before the first row is stored.
    Ctrl-C (exit status 130) and SIGTERM (143) keep what is stored; run the same command again to
    continue.

    With --bulk all files are read first, and then everything is stored at once. Interrupted, the
    database is half loaded: run the same command again, which starts it over.
    """
    if project_name is not None and project_id is None:
        raise click.UsageError("--project-name requires --project-id.")
    settings = load_settings(database_url=database_url)
    origin = Origin(project_id, project_name, {})
    summary = Summary()
    try:
        of_origin = [(file, origin) for file in files]
        options = BulkOptions(bulk_folder, bulk_memory, verify=not no_verify) if bulk else None
        import_files(settings, of_origin, rejects_path, summary, move=move, bulk=options)
    except KeyboardInterrupt:
        click.echo(
            "Interrupted, and the database is half loaded: run the same command again, which "
            "starts it over."
            if bulk
            else f"Interrupted after {summary.events:,} events, which stay stored: run the same "
            "command again to continue.",
            err=True,
        )
        sys.exit(INTERRUPTED)
    if summary.failed:
        sys.exit(1)
    if summary.projects:
        has_pages = settings.pages and pages_are_built()
        path = path_of_projects(summary.projects, has_pages=has_pages)
        click.echo(
            f"While stats-gateway serve runs with this database, look at it at "
            f"{root_url(settings.host, settings.port)}{path}"
        )


def import_files(
    settings: Settings,
    files: Sequence[tuple[str, Origin]],
    rejects_path: Path | None,
    summary: Summary,
    *,
    move: bool = False,
    bulk: BulkOptions | None = None,
) -> None:
    """Import files, each with its origin, and print a summary.

    ``summary`` is filled also if the import is interrupted. With ``bulk`` it is a bulk load.
    A UsageError if the report of rejects would be written over something.
    """
    first = "stdin" if files[0][0] == STANDARD_INPUT else Path(files[0][0]).name
    rejects = RejectsFile(rejects_path or Path(f"{first}.rejects.csv"))
    _check_nothing_is_overwritten(rejects.path, [file for file, _ in files], settings.database_url)
    with closing(rejects):
        if bulk is None:
            _import(settings, files, rejects, summary, move=move)
        else:
            _import_bulk(settings, files, rejects, summary, bulk, move=move)


def _check_nothing_is_overwritten(rejects: Path, files: Sequence[str], database_url: str) -> None:
    """UsageError if the report of rejects would overwrite an input file or the database."""
    database = read_database_url(database_url)
    inputs = [Path(file) for file in files if file != STANDARD_INPUT]
    inputs += [Path(database.path)] if isinstance(database, SqliteUrl) else []
    for path in inputs:
        try:
            same = rejects.samefile(path)
        except OSError:
            same = rejects.absolute() == path.absolute()
        if same:
            raise click.UsageError(
                f"What is refused would be written over {path}: name another file with --rejects."
            )


def _import(
    settings: Settings,
    files: Sequence[tuple[str, Origin]],
    rejects: RejectsFile,
    summary: Summary,
    *,
    move: bool,
) -> None:
    """Import the files and print the summary, also of events stored before an error."""
    sources = [open_source(file, origin) for file, origin in files]
    rows = [0] * len(sources)
    try:
        with ImportProgress(sources) as progress:

            def committed(position: int, ingested: Ingested, bytes_read: int) -> None:
                source, batch = sources[position], ingested.batch
                rows[position] += len(batch) + len(batch.rejects) + batch.ignored
                rejects.write(source.name, batch.rejects)
                summary.add(source.name, ingested)
                progress.show(position, source, summary.events, bytes_read)

            origins = [origin for _, origin in files]
            _store(settings, list(zip(sources, origins, strict=True)), committed, move=move)
    except GatewayError:
        if summary.events:
            _print(summary, sources, rejects)
        raise
    summary.notes += [
        f"{source.name} has no rows: nothing was stored from it."
        for source, count in zip(sources, rows, strict=True)
        if not count
    ]
    _print(summary, sources, rejects)


def _import_bulk(
    settings: Settings,
    files: Sequence[tuple[str, Origin]],
    rejects: RejectsFile,
    summary: Summary,
    bulk: BulkOptions,
    *,
    move: bool,
) -> None:
    """Import the files by a bulk load and print the summary."""
    sources = [open_source(file, origin) for file, origin in files]
    origins = [origin for _, origin in files]
    of_origin = list(zip(sources, origins, strict=True))
    try:
        with _uncollected():
            bulk_import(settings, of_origin, rejects, summary, bulk, move=move)
    except UnreadableFile:
        if summary.events:
            _print(summary, sources, rejects)
        raise
    _print(summary, sources, rejects)


def _store(
    settings: Settings,
    sources: Sequence[tuple[Source, Origin]],
    committed: Callable[[int, Ingested, int], None],
    *,
    move: bool,
) -> None:
    """Store all sources, batch by batch; ``committed`` is called with each and its end in bytes.

    Known projects of workflows are read as each source begins: an earlier source may contain what
    a later one needs.

    While PostgreSQL stores a batch the next is read, but not from a pipe, which may be slow while
    stored batches are to be reported at once. SQLite stores in this process, where reading in
    parallel would only contend for the interpreter: it costs a tenth of the CPU time in vain.
    """
    now = datetime.now(UTC)
    beside = isinstance(read_database_url(settings.database_url), PostgresUrl)
    with _uncollected(), database_thread(settings) as storing:
        for position, (source, origin) in enumerate(sources):
            projects = storing.begin(_workflow_projects(storing.database)).result()
            origin.workflow_projects.update(projects)
            export = Export(origin.project_id, move=move) if source.form in EXPORTS else None
            begin = partial(storing.begin_writing, name=source.name)
            ends = deque[int]()
            with closing(source.batches(now, most_groups=settings.groups_per_event)) as batches:
                for ingested in ingest_source(
                    _with_ends(source, batches, ends),
                    export,
                    begin,
                    ahead=beside and source.total_bytes is not None,
                ):
                    committed(position, ingested, ends.popleft())


def _with_ends(source: Source, batches: Iterable[Batch], ends: deque[int]) -> Iterator[Batch]:
    """Yield the batches, and add to ``ends`` how far the source was read for each, in bytes."""
    for batch in batches:
        ends.append(source.bytes_read)
        yield batch


async def _workflow_projects(database: Database) -> dict[int, int]:
    async with database.read() as snapshot:
        return {row[0]: row[1] for row in await snapshot.fetch(WORKFLOW_PROJECTS)}


@contextmanager
def _uncollected() -> Iterator[None]:
    """Disable garbage collection: events have no cycles, and it takes a fifth of the time."""
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
