"""Database thread: the database runs in a thread of its own, while the main thread reads files.

Ctrl-C interrupts the main thread, whether it reads, maybe from a slow pipe, or waits for the
database.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Future
from contextlib import AsyncExitStack, contextmanager
from typing import Any, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from gateway.cli.running import opened
from gateway.db import Database
from gateway.errors import Unavailable
from gateway.reasons import reason_of
from gateway.settings import Settings

T = TypeVar("T")


class DatabaseThread:
    """Database in another thread: starts work there, and returns futures of the results."""

    def __init__(self, database: Database, loop: asyncio.AbstractEventLoop) -> None:
        self.database = database
        self._loop = loop

    def begin(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Start a coroutine."""
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def begin_writing(self, work: Callable[[Connection], T], name: str) -> Future[T]:
        """Start a writing transaction with events from ``name``; Unavailable if it is refused."""
        return self.begin(_write(self.database, work, name))


@contextmanager
def database_thread(settings: Settings) -> Iterator[DatabaseThread]:
    """Open the database in a new thread; unfinished work is cancelled at the end."""
    with _running_loop() as loop:
        stack = AsyncExitStack()
        entering = stack.enter_async_context(opened(settings, may_make=True))
        try:
            database = asyncio.run_coroutine_threadsafe(entering, loop).result()
            yield DatabaseThread(database, loop)
        finally:
            asyncio.run_coroutine_threadsafe(_closed(stack), loop).result()


@contextmanager
def _running_loop() -> Iterator[asyncio.AbstractEventLoop]:
    """An event loop that runs in another thread."""
    with asyncio.Runner() as runner:
        loop = runner.get_loop()
        thread = threading.Thread(target=loop.run_forever, name="database")
        thread.start()
        try:
            yield loop
        finally:
            loop.call_soon_threadsafe(loop.stop)
            thread.join()


async def _closed(stack: AsyncExitStack) -> None:
    """Close the database when nobody uses it any more."""
    using = asyncio.all_tasks() - {asyncio.current_task()}
    for task in using:
        task.cancel()
    await asyncio.gather(*using, return_exceptions=True)
    await stack.aclose()


async def _write(database: Database, work: Callable[[Connection], T], name: str) -> T:
    """Do work in one transaction."""
    try:
        return await database.write(work)
    except DBAPIError as error:
        raise Unavailable(
            f"The database refused events from {name}: {reason_of(error)}."
        ) from error
