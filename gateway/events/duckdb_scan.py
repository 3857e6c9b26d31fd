"""DuckDB scan of a file: it reads plain rows as events, and leaves others to the readers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import duckdb

from gateway.events.event import Batch

#: A file with more rows that are not plain is read row by row.
MOST_OTHERS = 10_000


class DuckDbScan(ABC):
    """Scan in which DuckDB reads most rows of a file as events."""

    #: SQL of its rows: their ``position``, and their events. Rows that are not plain are missing,
    #: or have no ``id``.
    plain: str
    parameters: dict[str, Any]
    #: How many rows there are, and the position of the first.
    rows: int
    first: int
    #: So many rows share a transaction of an import.
    batch_rows: int
    #: Whether DuckDB must read with one thread, and keep the order: it numbers rows as they come.
    in_order = False
    #: Columns of ``plain`` for :meth:`others`.
    more: tuple[str, ...] = ()

    @abstractmethod
    def others(
        self, duck: duckdb.DuckDBPyConnection, taken: str, before: int
    ) -> Sequence[tuple[int, Batch]] | None:
        """Rows that are not plain: positions, ascending, and the events of each.

        ``taken`` is SQL over the rows of ``plain``, with ``before`` added to their positions. None
        if they cannot be read apart with certainty, or are too many.
        """
