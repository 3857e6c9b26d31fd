"""Read the sources of a bulk load: names are stored at once, events go to the spool."""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

import duckdb
from sqlalchemy import Connection

from gateway.directory.store_names import store_names
from gateway.directory.workflow_projects import Followed, follow
from gateway.errors import UnreadableFile
from gateway.events.csv_table import CsvTable
from gateway.events.duckdb_scan import DuckDbScan
from gateway.events.event import Batch, Classification, Names
from gateway.events.names import merge_names, name_workflow
from gateway.events.parquet import ParquetTable
from gateway.events.source import Source
from gateway.ingestion.bulk.spool import Spool
from gateway.ingestion.export import Export
from gateway.ingestion.ingest_source import Transaction
from gateway.rollups.erasure import anonymised

#: Ids whose names are stored in one transaction.
_NAMES_AT_ONCE = 50_000
_MOST_VOLUNTEERS = 1_000_000


@dataclass(slots=True)
class Taken:
    """Piece of a source whose events are in the spool."""

    #: Its events, rejects and names, but for those of ``plain``.
    batch: Batch
    followed: Followed = field(default_factory=Followed)
    plain: PlainRows | None = None


@dataclass(slots=True)
class PlainRows:
    """Statistics of the rows that DuckDB has read itself."""

    rows: int
    anonymous: int = 0
    #: The earliest and the latest event, in microseconds.
    first: int = 0
    last: int = 0
    projects: set[int] = field(default_factory=set)
    workflows: set[int] = field(default_factory=set)
    #: Of more than a million, some.
    volunteers: set[int] = field(default_factory=set)


class BulkReader:
    """Reader of sources one after the other, in their order.

    ``write`` runs work in one writing transaction; the events of ``erased`` users are anonymous.
    """

    def __init__(
        self,
        duck: duckdb.DuckDBPyConnection,
        spool: Spool,
        write: Transaction,
        erased: Collection[int],
    ) -> None:
        self._duck = duck
        self._spool = spool
        self._write = write
        self._erased = erased

    def read(
        self, source: Source, export: Export | None, now: datetime, most_groups: int
    ) -> Generator[Taken, None, None]:
        """Read a source to its end.

        Events before a damage of the file are taken, with their names; then UnreadableFile.
        """
        if isinstance(source, ParquetTable | CsvTable) and (scan := source.scan(now, most_groups)):
            taken = self._take_scan(source, scan)
            if taken is not None:
                yield taken
                return
        batches = source.batches(now, most_groups=most_groups)
        try:
            if export is not None:
                yield from self._read_export(batches, export)
            else:
                yield from self._read_events(batches)
        finally:
            batches.close()

    def _read_events(self, batches: Iterator[Batch]) -> Iterator[Taken]:
        names, damage = Names(), None
        try:
            for batch in batches:
                merge_names(names, batch.names)
                if len(names.users) + len(names.workflows) > _NAMES_AT_ONCE:
                    self._write(partial(_store_names, names=names))
                    names = Names()
                yield self._take(batch, None)
        except UnreadableFile as error:
            damage = error
        self._write(partial(_store_names, names=names))
        if damage is not None:
            raise damage

    def _read_export(self, batches: Iterator[Batch], export: Export) -> Iterator[Taken]:
        damage = None
        try:
            for batch in batches:
                resolved, followed = self._write(partial(_name_export, batch=batch, export=export))
                export.note(resolved)
                taken = self._take(resolved, export)
                taken.followed = followed
                yield taken
        except UnreadableFile as error:
            damage = error
        self._write(export.finish)
        if damage is not None:
            raise damage

    def _take(self, batch: Batch, export: Export | None) -> Taken:
        stored = anonymised(batch, self._erased)
        batch.classifications, batch.comments = stored.classifications, stored.comments
        self._spool.add(batch, export)
        return Taken(batch)

    def _take_scan(self, source: ParquetTable | CsvTable, scan: DuckDbScan) -> Taken | None:
        """Let DuckDB read the plain rows; None, and nothing is taken, if that is not worth it.

        Also if the file is damaged: reading it row by row finds where.
        """
        try:
            rows, before = self._spool.add_scan(scan)
        except duckdb.Error:
            return None
        others = scan.others(self._duck, rows, before)
        if others is None:
            self._spool.give_up()
            return None
        batch = Batch()
        events = self._add_others(batch, others)
        rows = self._spool.end_scan(scan, len(others), events)
        plain = self._sums(rows, scan.rows - len(others))
        self._store_plain_names(rows, plain)
        self._write(partial(_store_names, names=batch.names))
        source.finished()
        return Taken(batch, plain=plain)

    def _add_others(
        self, batch: Batch, others: Sequence[tuple[int, Batch]]
    ) -> list[tuple[int, Classification]]:
        """Add rows that are not plain to a batch; returns their events with their positions."""
        positions: list[int] = []
        for position, one in others:
            positions += [position] * len(one.classifications)
            batch.classifications += one.classifications
            batch.rejects += one.rejects
            batch.left_out.update(one.left_out)
            merge_names(batch.names, one.names)
        batch.classifications = anonymised(batch, self._erased).classifications
        return [*zip(positions, batch.classifications, strict=True)]

    def _sums(self, rows: str, taken: int) -> PlainRows:
        sums = PlainRows(taken)
        if not taken:
            return sums
        erased = "user_id IN (SELECT unnest($erased::BIGINT[]))"
        ((sums.anonymous, sums.first, sums.last),) = self._duck.execute(
            f"SELECT count(*) FILTER (user_id IS NULL OR {erased}),"
            f" min(event_time), max(event_time) FROM {rows}",
            {"erased": sorted(self._erased)},
        ).fetchall()
        for column, ids in (("project_id", sums.projects), ("workflow_id", sums.workflows)):
            found = self._duck.execute(f"SELECT DISTINCT {column} FROM {rows}")
            ids.update(one for (one,) in found.fetchall())
        return sums

    def _store_plain_names(self, rows: str, sums: PlainRows) -> None:
        """Store the ids of users, projects and workflows in plain rows."""
        with self._duck.cursor() as cursor:
            cursor.execute(f"SELECT DISTINCT user_id FROM {rows} WHERE user_id IS NOT NULL")
            while found := cursor.fetchmany(_NAMES_AT_ONCE):
                users = [user_id for (user_id,) in found]
                self._write(partial(_store_names, names=Names(users=dict.fromkeys(users))))
                if len(sums.volunteers) < _MOST_VOLUNTEERS:
                    sums.volunteers |= {*users} - {*self._erased}
        names = Names()
        projects = self._duck.execute(
            f"SELECT DISTINCT project_id FROM {rows} WHERE project_id <> 0"
        ).fetchall()
        names.projects.update((one, None) for (one,) in projects)
        workflows = self._duck.execute(
            "SELECT workflow_id, nullif(project_id, 0), max(coalesce(updated_at, event_time))"
            f" FROM {rows} GROUP BY ALL"
        ).fetchall()
        for workflow_id, project_id, at in workflows:
            name_workflow(names, workflow_id, project_id, None, at)
        self._write(partial(_store_names, names=names))


def _store_names(connection: Connection, names: Names) -> None:
    store_names(connection, names)


def _name_export(connection: Connection, batch: Batch, export: Export) -> tuple[Batch, Followed]:
    resolved, followed = follow(connection, batch, export.project_id, move=export.move)
    store_names(connection, resolved.names, export.newest_with(resolved), note_again=False)
    return resolved, followed
