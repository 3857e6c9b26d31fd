"""Side connection to PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import asyncpg
from sqlalchemy import Dialect, Select

from gateway.db.compiled import Rows, compile_statement
from gateway.db.side_connection import SideConnection

#: The server gives up first, so that a statement that waits for a lock costs no connection.
_SERVER_FIRST_SECONDS = 0.25

#: Connects with these further parameters of the session.
Connect = Callable[[dict[str, str]], Awaitable[Any]]


class PostgresSideConnection(SideConnection):
    """A side connection that cannot tell without a statement whether anything was committed."""

    def __init__(self, connect: Connect, dialect: Dialect, timeout_seconds: float) -> None:
        self._connect = connect
        self._dialect = dialect
        self._timeout = timeout_seconds
        self._connection: Any = None

    def is_unchanged(self) -> bool:
        return False

    async def fetch(self, statement: Select[Any], parameters: Mapping[str, Any]) -> Rows:
        compiled = compile_statement(statement, self._dialect)
        arguments = compiled.arguments(parameters)
        loop = asyncio.get_running_loop()
        seconds = self._timeout + _SERVER_FIRST_SECONDS
        ends = loop.time() + seconds
        try:
            connection = self._connection
            if connection is None or connection.is_closed():
                async with asyncio.timeout(seconds):
                    limit = str(int(self._timeout * 1000))
                    connection = await self._connect({"statement_timeout": limit})
                    self._connection = connection
                seconds = max(0.0, ends - loop.time())
            rows: Rows = await connection.fetch(compiled.text, *arguments, timeout=seconds)
        except asyncpg.QueryCanceledError:
            raise
        except BaseException:
            self._give_up()
            raise
        return compiled.values(rows)

    def _give_up(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.terminate()

    async def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is None:
            return
        try:
            await connection.close(timeout=self._timeout)
        except Exception:
            connection.terminate()
