"""``stats-gateway import --bulk``: fill a database that has no events yet."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

import duckdb
from sqlalchemy import Connection, select
from sqlalchemy.exc import DBAPIError

from gateway.cli.import_progress import ImportProgress
from gateway.cli.import_summary import RejectsFile, Summary
from gateway.cli.running import CommandFailed, opened_with_retry
from gateway.db import Database
from gateway.db.tables import forgotten_user
from gateway.directory.workflow_projects import WORKFLOW_PROJECTS
from gateway.errors import Unavailable, UnreadableFile
from gateway.events.exports import Origin
from gateway.events.forms import EXPORTS
from gateway.events.source import Source
from gateway.ingestion.bulk.load import BulkLoad, RollupsDiffer
from gateway.ingestion.bulk.reading import BulkReader, Taken
from gateway.ingestion.bulk.spool import Spool, connect
from gateway.ingestion.export import Export
from gateway.reasons import reason_of
from gateway.rollups.half_loaded import begin_bulk_load
from gateway.settings import Settings

T = TypeVar("T")

#: Memory for DuckDB: the minimum and the default.
LEAST_MEGABYTES, MEGABYTES = 200, 400


@dataclass(frozen=True, slots=True)
class BulkOptions:
    """Options of a bulk load."""

    #: For its temporary files, in a folder of their own there; None for the system's.
    folder: Path | None = None
    #: Memory limit of DuckDB.
    memory_megabytes: int = MEGABYTES
    #: Whether all rollups are recounted before the commit.
    verify: bool = True


def bulk_import(
    settings: Settings,
    sources: Sequence[tuple[Source, Origin]],
    rejects: RejectsFile,
    summary: Summary,
    options: BulkOptions,
    *,
    move: bool,
) -> None:
    """Fill a database with the events of all sources, and verify it.

    A damaged file ends the reading: events before the damage are stored, then UnreadableFile.
    After an interruption the database is half loaded, and the same command starts over.
    """
    with (
        ImportProgress([source for source, _ in sources]) as progress,
        _folder(options) as folder,
        connect(folder, options.memory_megabytes) as duck,
        asyncio.Runner() as runner,
        _database(runner, settings) as database,
    ):

        def write(work: Callable[[Connection], T]) -> T:
            return runner.run(_write(database, work))

        rows = [0] * len(sources)

        def on_taken(position: int, piece: Taken) -> None:
            source, batch = sources[position][0], piece.batch
            plain = 0 if piece.plain is None else piece.plain.rows
            rows[position] += len(batch) + plain + len(batch.rejects) + batch.ignored
            rejects.write(source.name, batch.rejects)
            summary.add_taken(source.name, piece)
            progress.show(position, source, summary.events)

        write(begin_bulk_load)
        spool = Spool(duck, folder)
        reader = BulkReader(duck, spool, write, write(_erased))
        load = BulkLoad(duck, folder, progress.say, verify=options.verify)
        damage = None
        try:
            with _disk_errors(folder):
                try:
                    _read(settings, sources, reader, on_taken, write, move=move)
                except UnreadableFile as error:
                    damage = error
                progress.say("Packing what was read")
                spool.finish()
                summary.add_deduplicated(write(load.store))
        except RollupsDiffer as error:
            raise CommandFailed(
                f"{error.rows:,} rows of the rollups differ from the events, so nothing was "
                "stored, and the database is half loaded. Run the same command with --no-verify, "
                "then stats-gateway rebuild, and report this as a defect."
            ) from error
        finally:
            # The database's thread may still be running.
            load.stop()
            spool.close()
        if damage is not None:
            raise damage
    summary.notes += [
        f"{source.name} has no rows: nothing was stored from it."
        for (source, _), count in zip(sources, rows, strict=True)
        if not count
    ]


def _read(
    settings: Settings,
    sources: Sequence[tuple[Source, Origin]],
    reader: BulkReader,
    on_taken: Callable[[int, Taken], None],
    write: Callable[[Callable[[Connection], dict[int, int]]], dict[int, int]],
    *,
    move: bool,
) -> None:
    now = datetime.now(UTC)
    for position, (source, origin) in enumerate(sources):
        origin.workflow_projects.update(write(_workflow_projects))
        export = Export(origin.project_id, move=move) if source.form in EXPORTS else None
        for piece in reader.read(source, export, now, settings.groups_per_event):
            on_taken(position, piece)


def _erased(connection: Connection) -> frozenset[int]:
    return frozenset(connection.execute(select(forgotten_user.c.user_id)).scalars())


def _workflow_projects(connection: Connection) -> dict[int, int]:
    return {row[0]: row[1] for row in connection.execute(WORKFLOW_PROJECTS)}


async def _write(database: Database, work: Callable[[Connection], T]) -> T:
    try:
        return await database.write(work)
    except DBAPIError as error:
        raise Unavailable(f"The database refused the bulk load: {reason_of(error)}.") from error


@contextmanager
def _folder(options: BulkOptions) -> Iterator[Path]:
    try:
        made = TemporaryDirectory(prefix="stats-gateway-bulk-", dir=options.folder)
    except OSError as error:
        raise CommandFailed(f"No folder can be made to work in: {reason_of(error)}.") from error
    with made as name:
        yield Path(name)


@contextmanager
def _disk_errors(folder: Path) -> Iterator[None]:
    """Raise CommandFailed for errors of DuckDB and of the disk."""
    try:
        yield
    except (duckdb.Error, OSError) as error:
        raise CommandFailed(
            f"The bulk load failed at its work in {folder.parent}: {reason_of(error)}. The "
            "database is half loaded: run the same command again, with more memory or another "
            "folder."
        ) from error


@contextmanager
def _database(runner: asyncio.Runner, settings: Settings) -> Iterator[Database]:
    """Open the database, with a timeout long enough for the one transaction."""
    stack = AsyncExitStack()
    opened = opened_with_retry(settings.database_url, may_make=True)
    database = runner.run(stack.enter_async_context(opened))
    try:
        yield database
    finally:
        runner.run(stack.aclose())
