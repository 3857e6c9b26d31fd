"""Side connection to a SQLite file."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

from sqlalchemy import Dialect, Select

from gateway.db.compiled import Rows, compile_statement
from gateway.db.side_connection import SideConnection
from gateway.db.sqlite_file import FileConnection, FileIdentity, connect, identity_of
from gateway.errors import Unavailable

_CACHE_KIB = 2048


class SqliteSideConnection(SideConnection):
    """``PRAGMA data_version`` tells in the event loop whether another connection has committed.

    It waits for no lock: a file that is locked has to be asked in the thread, which then fails.
    """

    def __init__(self, path: str, dialect: Dialect, timeout_seconds: float) -> None:
        self._path = path
        self._dialect = dialect
        self._timeout = timeout_seconds
        self._connection: FileConnection | None = None
        #: At the last statement; None before the first, and after one that failed.
        self._data_version: int | None = None
        self.source: FileIdentity | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="sqlite-side")
        self._running: asyncio.Future[tuple[int, Rows]] | None = None
        self._closed = False

    def is_unchanged(self) -> bool:
        connection = self._connection
        if connection is None or self._data_version is None or self._running is not None:
            return False
        try:
            return (
                _data_version(connection) == self._data_version
                and identity_of(self._path) == self.source
            )
        except (sqlite3.Error, OSError):
            return False

    async def fetch(self, statement: Select[Any], parameters: Mapping[str, Any]) -> Rows:
        compiled = compile_statement(statement, self._dialect)
        arguments = compiled.arguments(parameters)
        self._data_version = None
        try:
            async with asyncio.timeout(self._timeout):
                if self._running is not None:
                    # It was given up, but a thread cannot be stopped.
                    await asyncio.wait([self._running])
                self._running = running = asyncio.get_running_loop().run_in_executor(
                    self._thread, self._fetch, compiled.text, arguments
                )
                running.add_done_callback(self._ended)
                self._data_version, rows = await asyncio.shield(running)
        except (TimeoutError, asyncio.CancelledError):
            self._interrupt()
            raise
        return compiled.values(rows)

    def _interrupt(self) -> None:
        connection = self._connection
        if connection is not None:
            # The thread may just have closed it.
            with suppress(sqlite3.Error):
                connection.interrupt()

    def _fetch(self, text: str, arguments: Sequence[Any]) -> tuple[int, Rows]:
        """Read the data version, no later than the rows, and the rows; runs in the thread."""
        try:
            if self._connection is not None and identity_of(self._path) != self.source:
                self._drop()
            if self._connection is None:
                self._connection = self._opened()
            version = _data_version(self._connection)
            return version, self._connection.execute(text, arguments).fetchall()
        except BaseException:
            self._drop()
            raise

    def _opened(self) -> FileConnection:
        identity = identity_of(self._path)
        connection = connect(self._path, timeout=0)
        try:
            connection.execute("PRAGMA query_only = ON")
            connection.execute(f"PRAGMA cache_size = {-_CACHE_KIB}")
            if identity_of(self._path) != identity:
                raise Unavailable("The file was replaced while it was opened.")
        except BaseException:
            connection.close()
            raise
        self.source = identity
        return connection

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _ended(self, running: asyncio.Future[tuple[int, Rows]]) -> None:
        if self._running is running:
            self._running = None
        if not running.cancelled():
            running.exception()
        if self._closed:
            self._drop()

    async def close(self) -> None:
        self._closed = True
        self._thread.shutdown(wait=False, cancel_futures=True)
        if self._running is None:
            self._drop()


def _data_version(connection: sqlite3.Connection) -> int:
    (version,) = connection.execute("PRAGMA data_version").fetchone()
    return int(version)
