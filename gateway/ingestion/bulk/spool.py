"""The spool: events of a bulk load as Parquet aside, in the order in which they arrived."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from itertools import count, repeat
from pathlib import Path
from typing import Any, BinaryIO

import duckdb

from gateway.events.event import Batch, Classification, Comment
from gateway.events.straight import Straight
from gateway.ingestion.bulk.lines import as_lines, lines_of, quoted, quoted_pattern
from gateway.ingestion.export import Export
from gateway.rollups.ledger import encode_groups

#: The columns of the ledger, and how DuckDB keeps them.
COLUMNS = {
    "classification": {
        "id": "BIGINT",
        "event_time": "BIGINT",
        "updated_at": "BIGINT",
        "user_id": "BIGINT",
        "project_id": "BIGINT",
        "workflow_id": "BIGINT",
        "session_ms": "BIGINT",
        "group_ids": "BIGINT[]",
    },
    "comment": {
        "id": "BIGINT",
        "event_time": "BIGINT",
        "updated_at": "BIGINT",
        "user_id": "BIGINT",
        "project_id": "BIGINT",
    },
}
#: What is known of an arrival beside its event: its place, the batch it came with, and which
#: import said its project (0: none, the event itself).
ARRIVAL = {"position": "BIGINT", "batch": "BIGINT", "export": "INTEGER"}
#: The codes of ``export``.
OWN_WORD, KEPT, MOVED = 0, 1, 2

_MOST_TEXT = 64 << 20
_THREADS = 2
#: Half the size of what others can read.
_PARQUET = "(FORMAT parquet, PARQUET_VERSION v2)"


def connect(folder: Path, memory_megabytes: int) -> duckdb.DuckDBPyConnection:
    """A DuckDB of our own: bounded in memory, the rest of it in files of ``folder``."""
    duck = duckdb.connect(
        config={
            "memory_limit": f"{memory_megabytes}MB",
            "threads": _THREADS,
            "temp_directory": str(folder / "spilled"),
            "preserve_insertion_order": False,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        }
    )
    # Of its own it draws one of each statement that takes two seconds.
    duck.execute("SET enable_progress_bar = false")
    return duck


class Spool:
    """Takes batches, or rows that DuckDB reads itself; both share one order of arrival."""

    def __init__(self, duck: duckdb.DuckDBPyConnection, folder: Path) -> None:
        self._duck = duck
        self._folder = folder
        self._numbers = count(1)
        self._texts: dict[str, BinaryIO] = {}
        self._files: dict[str, list[Path]] = {table: [] for table in COLUMNS}
        self._position = 0
        self._batch = 0

    def add(self, batch: Batch, export: Export | None) -> None:
        """Take the events of a batch, as they are to be stored."""
        code = _code(export)
        for events in (batch.classifications, batch.comments):
            positions = range(self._position + 1, self._position + len(events) + 1)
            self._write(events, positions, [self._batch] * len(events), code)
            self._position += len(events)
        self._batch += 1

    def add_straight(self, straight: Straight) -> tuple[str, int]:
        """Take the plain rows of a file.

        Returns SQL over the rows that were taken, and what was added to their positions.
        """
        file, before = self._new_file("classification"), self._position
        columns = ", ".join((*COLUMNS["classification"], *straight.more))
        try:
            with _in_order(self._duck) if straight.in_order else nullcontext():
                self._duck.execute(
                    f"COPY (SELECT position + {before} AS position,"
                    f" {self._batch} + (position - {straight.first}) // {straight.batch_rows}"
                    f" AS batch, {OWN_WORD}::INTEGER AS export, {columns}"
                    f" FROM ({straight.plain})) TO {quoted(file)} {_PARQUET}",
                    straight.parameters,
                )
        except duckdb.Error:
            self.give_up()
            raise
        return f"read_parquet({quoted_pattern(file)})", before

    def give_up(self) -> None:
        """Forget the rows that were taken straight last."""
        self._files["classification"].pop().unlink(missing_ok=True)

    def end_straight(
        self, straight: Straight, others: int, events: Sequence[tuple[int, Classification]]
    ) -> str:
        """Take the events of the file's other rows, by their positions in it.

        Returns SQL over the plain rows alone. What follows is of other batches.
        """
        before, file = self._position, self._files["classification"][-1]
        if others and straight.more:
            alone = self._new_file("classification")
            source = f"read_parquet({quoted_pattern(file)})"
            self._duck.execute(
                f"COPY (FROM {source} WHERE id IS NOT NULL) TO {quoted(alone)} {_PARQUET}"
            )
            self._files["classification"].remove(file)
            file.unlink()
            file = alone
        self._write(
            [event for _, event in events],
            [before + position for position, _ in events],
            [
                self._batch + (position - straight.first) // straight.batch_rows
                for position, _ in events
            ],
            OWN_WORD,
        )
        self._position += straight.first + straight.rows
        self._batch += straight.rows // straight.batch_rows + 1
        return f"read_parquet({quoted_pattern(file)})"

    def finish(self) -> None:
        """Define the views ``classification_copy`` and ``comment_copy``: all arrivals."""
        for table, columns in COLUMNS.items():
            self._pack(table)
            said = {**ARRIVAL, **columns}
            if files := self._files[table]:
                source = f"read_parquet([{', '.join(map(quoted_pattern, files))}])"
                chosen = ", ".join(said)
            else:
                source = "range(0)"
                chosen = ", ".join(f"NULL::{kind} AS {name}" for name, kind in said.items())
            self._duck.execute(
                f"CREATE OR REPLACE VIEW {table}_copy AS SELECT {chosen} FROM {source}"
            )

    def close(self) -> None:
        """Write no more."""
        while self._texts:
            self._texts.popitem()[1].close()

    def _write(
        self,
        events: Sequence[Classification] | Sequence[Comment],
        positions: Sequence[int],
        batches: Sequence[int],
        code: int,
    ) -> None:
        if not events:
            return
        columns: list[tuple[Any, ...]] = [*zip(*events, strict=True)]
        table = "classification" if isinstance(events[0], Classification) else "comment"
        if table == "classification":
            columns[-1] = (*map(encode_groups, columns[-1]),)
        rows = zip(positions, batches, repeat(code), *columns, strict=False)
        if table not in self._texts:
            self._texts[table] = (self._folder / f"{table}.csv").open("wb")
        self._texts[table].write(as_lines([*rows]))
        if self._texts[table].tell() > _MOST_TEXT:
            self._pack(table)

    def _pack(self, table: str) -> None:
        """Make Parquet of the text so far."""
        if (text := self._texts.pop(table, None)) is None:
            return
        text.close()
        path = Path(text.name)
        columns = {**ARRIVAL, **COLUMNS[table]}
        pack(self._duck, path, columns, self._new_file(table))

    def _new_file(self, table: str) -> Path:
        file = self._folder / f"{table}-{next(self._numbers)}.parquet"
        self._files[table].append(file)
        return file


@contextmanager
def _in_order(duck: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Let DuckDB keep the order of rows, which one thread does."""
    duck.execute("SET threads = 1")
    duck.execute("SET preserve_insertion_order = true")
    try:
        yield
    finally:
        duck.execute(f"SET threads = {_THREADS}")
        duck.execute("SET preserve_insertion_order = false")


def pack(duck: duckdb.DuckDBPyConnection, text: Path, columns: dict[str, str], file: Path) -> None:
    """Make a Parquet file of lines, and delete these."""
    duck.execute(f"COPY (FROM {lines_of(text, columns)}) TO {quoted(file)} {_PARQUET}")
    text.unlink()


def _code(export: Export | None) -> int:
    if export is None:
        return OWN_WORD
    return MOVED if export.move else KEPT
