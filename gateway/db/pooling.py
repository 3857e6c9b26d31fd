"""Connection poolers: detect one that gives each transaction another connection.

Then no session keeps what was set or prepared in it: prepared statements are gone, and limits of
time fall upon others.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

_SERVER_PROCESS = "SELECT pg_catalog.pg_backend_pid()"
#: A pooler without a free connection lets the second one wait: then each has its own.
_SECONDS = 2


class SharedSessions(Exception):
    """The error for a pooler in transaction or statement mode."""


async def refuse_shared_sessions(connect: Callable[[], Awaitable[Any]]) -> None:
    """SharedSessions if it is certain that transactions change connections.

    With a pooler in between, the process that serves a session is not the one that greeted it.
    """
    first = await connect()
    try:
        process = await first.fetchval(_SERVER_PROCESS)
        if process == first.get_server_pid():
            return
        try:
            async with asyncio.timeout(_SECONDS):
                second = await connect()
                try:
                    other = await second.fetchval(_SERVER_PROCESS)
                finally:
                    second.terminate()
        except TimeoutError:
            return
        again = await first.fetchval(_SERVER_PROCESS)
    finally:
        first.terminate()
    if process == other or process != again:
        raise SharedSessions
