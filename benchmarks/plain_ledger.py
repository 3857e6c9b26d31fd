"""A copy of the ledger's table of classifications, and nothing beside it: no rollup, no version."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from itertools import chain, count, islice
from typing import Any

import asyncpg

from gateway.db.tables import classification
from gateway.events.event import Classification
from gateway.rollups.ledger import ledger_rows

_COLUMNS = [column.name for column in classification.columns]
_REPLACED = ", ".join(f"{name} = excluded.{name}" for name in _COLUMNS[1:])
_SETTLED = f"ON CONFLICT (id) DO UPDATE SET {_REPLACED}"


class PlainLedger(ABC):
    """Takes the same rows as the ledger."""

    @staticmethod
    @contextmanager
    def beside(url: str) -> Iterator[PlainLedger]:
        """One in the same database, filled with what the ledger holds."""
        ledger = _Sqlite(url) if url.startswith("sqlite") else _Postgres(url)
        try:
            yield ledger
        finally:
            ledger.close()

    def insert(self, events: Sequence[Classification]) -> float:
        """Seconds until they are committed."""
        rows = ledger_rows(events)
        begun = time.perf_counter()
        self.write(rows)
        return time.perf_counter() - begun

    @abstractmethod
    def write(self, rows: list[tuple[Any, ...]]) -> None:
        """Insert the rows, or replace those that are there, in one transaction."""

    @abstractmethod
    def close(self) -> None: ...


class _Sqlite(PlainLedger):
    def __init__(self, url: str) -> None:
        self._connection = sqlite3.connect(url.removeprefix("sqlite:///"))
        columns = ", ".join(_COLUMNS[1:])
        self._connection.executescript(
            f"PRAGMA synchronous = FULL;"
            f"CREATE TABLE plain (id INTEGER PRIMARY KEY, {columns});"
            f"INSERT INTO plain SELECT * FROM classification;"
        )

    def write(self, rows: list[tuple[Any, ...]]) -> None:
        with self._connection:
            places = ", ".join("?" * len(_COLUMNS))
            self._connection.executemany(f"INSERT INTO plain VALUES ({places}) {_SETTLED}", rows)

    def close(self) -> None:
        self._connection.close()


class _Postgres(PlainLedger):
    def __init__(self, url: str) -> None:
        self._runner = asyncio.Runner()
        # A statement for a thousand rows is long, and prepared once all the same.
        self._connection = self._runner.run(
            asyncpg.connect(url, max_cacheable_statement_size=1_000_000)
        )
        self._runner.run(
            self._connection.execute(
                "CREATE TABLE plain (LIKE classification INCLUDING ALL);"
                "INSERT INTO plain SELECT * FROM classification;"
            )
        )

    def write(self, rows: list[tuple[Any, ...]]) -> None:
        statement = f"INSERT INTO plain VALUES {_places(len(rows))} {_SETTLED}"
        self._runner.run(self._connection.execute(statement, *chain.from_iterable(rows)))

    def close(self) -> None:
        self._runner.run(self._connection.close())
        self._runner.close()


@lru_cache(maxsize=2)
def _places(rows: int) -> str:
    """``($1, …), …``: a parenthesis for each row."""
    numbers = (f"${number}" for number in count(1))
    return ", ".join(f"({', '.join(islice(numbers, len(_COLUMNS)))})" for _ in range(rows))
