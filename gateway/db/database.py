"""Database interface: snapshots to read from, and transactions to write in.

Reading: ``async with database.read() as snapshot`` is one answer's view: every statement in it
sees the same committed state. Writing: ``await database.write(work)`` runs synchronous ``work``
in one transaction under the writer lock, again from the start if the database asks for it.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import asynccontextmanager, contextmanager, nullcontext
from functools import partial
from types import TracebackType
from typing import Any, ClassVar, NamedTuple, Self, TypeVar

from sqlalchemy import Connection, Dialect, Executable, Select
from sqlalchemy.exc import DBAPIError
from tenacity import (
    AsyncRetrying,
    retry_if_exception,
    stop_after_attempt,
    stop_after_delay,
    wait_random_exponential,
)
from tenacity.stop import stop_base

from gateway.db.compiled import Rows, compile_statement, runs_of
from gateway.db.connection_slots import NoConnection, Pool
from gateway.db.faults import READING, WRITING, Faults
from gateway.db.instants import Clock, begin_at
from gateway.db.migrate import Upgrade
from gateway.db.read_servers import ReadServers
from gateway.db.side_connection import SideConnection
from gateway.errors import TooManyRows, Unavailable
from gateway.telemetry.around_statement import AroundStatement
from gateway.yielding import beside

T = TypeVar("T")
Parameters = Mapping[str, Any]

#: serialization_failure and deadlock_detected, as PostgreSQL names them.
_TRANSIENT_STATES = frozenset({"40001", "40P01"})


#: Rows of one statement that are held in memory at once: some hundreds of megabytes.
MOST_ROWS = 4_000_000


class SnapshotLost(Unavailable):
    """The server went away in the middle of a snapshot: all of it is to be read anew, once.

    ``at_primary``: there, since a standby would not let it be read to its end.
    """

    def __init__(self, *, at_primary: bool) -> None:
        super().__init__("The database is busy or away: try again in a moment.")
        self.at_primary = at_primary


class ReadingFrom(NamedTuple):
    """What answers are read from: ``primary`` or ``standby``, and its lag in seconds."""

    role: str
    lag_seconds: float


class Snapshot(ABC):
    """One committed state of the database, taken at the first statement and held until closed.

    It has one connection, so statements wait for each other: gathering them is safe.
    """

    #: What the driver raises.
    driver_errors: ClassVar[tuple[type[Exception], ...]]

    def __init__(self, dialect: Dialect, faults: Faults) -> None:
        #: How many statements have run; tests and metrics read it.
        self.statements = 0
        #: How many Selects these were before some were united.
        self.selects = 0
        #: The most rows that one statement of several Selects may answer.
        self.row_limit = MOST_ROWS
        #: What a trace makes of each statement; None without traces.
        self.around: AroundStatement | None = None
        self._dialect = dialect
        self._faults = faults
        self._lock = asyncio.Lock()
        # Loaders read in tasks of their own, which nobody else would stop.
        self._reading_tasks: set[asyncio.Task[Any]] = set()

    @property
    def fell_back(self) -> bool:
        """Whether another server was read than the primary, which was asked for, as it is away."""
        return False

    async def fetch(self, statement: Executable, parameters: Parameters | None = None) -> Rows:
        """Run one statement and return all its rows, as tuples with names.

        Unavailable if it may work later.
        """
        compiled = compile_statement(statement, self._dialect)
        arguments = compiled.arguments(parameters)
        async with self._exclusively():
            self.statements += 1
            self.selects += 1
            with self._translated_errors(compiled.text):
                ((names, rows),) = await self._fetch([(compiled.text, arguments)])
        return await beside(len(rows), partial(compiled.named, rows, names))

    async def ahead(self, statement: Select[Any], parameters: Parameters) -> Rows | None:
        """Run one Select before the snapshot is taken, in a state of its own.

        That takes a third of the time of a snapshot. None if the database fails: whoever goes on
        to the snapshot is told. NoConnection, as the snapshot would, if none is free in time.
        """
        compiled = compile_statement(statement, self._dialect)
        arguments = compiled.arguments(parameters)
        self.statements += 1
        self.selects += 1
        try:
            async with self._exclusively():
                with self._translated_errors(compiled.text):
                    rows = await self._fetch_ahead(compiled.text, arguments)
        except NoConnection:
            raise
        except (Unavailable, DBAPIError):
            return None
        return compiled.values(rows)

    @abstractmethod
    async def _fetch_ahead(self, text: str, arguments: Sequence[Any]) -> Rows: ...

    async def fetch_together(
        self, requests: Sequence[tuple[Select[Any], Parameters]], *, apart: Iterable[int] = ()
    ) -> list[Rows]:
        """Run Selects with their parameters in as few statements as possible.

        The rows of each, as plain tuples in no particular order. Those whose indices are in
        ``apart`` become statements of their own, since they have many rows.
        """
        runs = runs_of(requests, frozenset(apart), self._dialect)
        found: list[Rows] = [()] * len(requests)
        async with self._exclusively():
            self.statements += len(runs)
            self.selects += len(requests)
            with self._translated_errors("; ".join(run.text for run in runs)):
                answers = await self._fetch(
                    [(run.limited(self.row_limit + 1), run.arguments) for run in runs]
                )
        for run, (_, rows) in zip(runs, answers, strict=True):
            if len(rows) > self.row_limit:
                raise TooManyRows(self.row_limit)
            apart_rows = await beside(len(rows), partial(run.apart, rows))
            for index, own in zip(run.indices, apart_rows, strict=True):
                found[index] = own
        return found

    @asynccontextmanager
    async def _exclusively(self) -> AsyncIterator[None]:
        """Wait for the connection; the task is cancelled when the snapshot is closed."""
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a coroutine runs in one
        self._reading_tasks.add(task)
        try:
            async with self._lock:
                yield
        finally:
            self._reading_tasks.discard(task)

    @abstractmethod
    async def _fetch(
        self, runs: Sequence[tuple[str, Sequence[Any]]]
    ) -> Sequence[tuple[Iterable[str], Rows]]:
        """Names and rows of each text with its arguments."""

    async def partitions(self, statement: Executable, size: int = 10_000) -> AsyncIterator[Rows]:
        """Run one statement and give its rows ``size`` at a time, never holding more."""
        compiled = compile_statement(statement, self._dialect)
        async with self._lock:
            self.statements += 1
            self.selects += 1
            with self._translated_errors(compiled.text):
                async for rows in self._partitions(compiled.text, compiled.arguments(None), size):
                    yield compiled.values(rows)

    @abstractmethod
    def _partitions(
        self, text: str, arguments: Sequence[Any], size: int
    ) -> AsyncIterator[Rows]: ...

    @contextmanager
    def _translated_errors(self, text: str) -> Iterator[None]:
        """Translate errors of the driver into those that callers know, without parameters."""
        try:
            with nullcontext() if self.around is None else self.around(text, self._dialect):
                yield
        except Exception as error:
            if (fault := self._faults.record(READING, error)) is not None:
                raise fault from error
            if isinstance(error, self.driver_errors):
                raise DBAPIError(text, None, error, hide_parameters=True) from error
            raise
        self._faults.clear(READING)

    @abstractmethod
    async def close(self) -> None:
        """Give the connection back; waits for a statement that is still running."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close; whoever still reads, after an error or a cancellation, is stopped."""
        for task in self._reading_tasks:
            task.cancel()
        await asyncio.shield(self.close())


class Database(ABC):
    """A SQLite file or a PostgreSQL database; ``open_database`` tells its arguments."""

    def __init__(self, timeout_seconds: float, clock: Clock, faults: Faults) -> None:
        self.faults = faults
        self._timeout = timeout_seconds
        self._clock = clock

    @abstractmethod
    def read(self, *, at_primary: bool = False) -> Snapshot:
        """A snapshot to read one answer from; costs nothing until its first statement.

        ``at_primary``: from the server that is written to, as long as that answers.
        """

    @abstractmethod
    def side_connection(
        self, timeout_seconds: float, *, at_primary: bool = False
    ) -> SideConnection:
        """A connection that is not of the pool; a statement may run for so long.

        It leads to the server that is read from, whichever that is, or to the primary alone.
        """

    @property
    def read_servers(self) -> ReadServers | None:
        """The servers that answers are read from; None where that is the one that is written."""
        return None

    async def reading_from(self) -> ReadingFrom:
        """What answers are read from now; errors as for reading."""
        return ReadingFrom("primary", 0.0)

    @property
    @abstractmethod
    def pool(self) -> Pool:
        """The connections that answers are read with."""

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Run ``work`` in one transaction as the only writer, and commit it.

        DatabaseFault, and nothing is changed, if the database itself is the reason.
        """
        # A writer that has waited that long for the lock does not queue again.
        stop = stop_after_attempt(8) | stop_after_delay(self._timeout)
        return await self._with_retry(lambda: self._write(self._begun(work)), stop)

    def _begun(self, work: Callable[[Connection], T]) -> Callable[[Connection], T]:
        return lambda connection: work(begin_at(connection, self._clock))

    async def check_writable(self) -> None:
        """Return if a transaction can be written now; DatabaseFault, with the reason, if not.

        It writes nothing that anybody reads, and waits for other writers only shortly.
        """
        try:
            await self._check_writable()
        except Exception as error:
            if (fault := self.faults.record(WRITING, error)) is not None:
                raise fault from error
            raise

    @abstractmethod
    async def _check_writable(self) -> None: ...

    async def _with_retry(self, attempt: Callable[[], Awaitable[T]], stop: stop_base) -> T:
        """Retry an attempt to write while the database's error is transient."""
        try:
            done = await _again_while_transient(attempt, stop)
        except Exception as error:
            if (fault := self.faults.record(WRITING, error)) is not None:
                raise fault from error
            raise
        self.faults.clear(WRITING)
        return done

    @abstractmethod
    async def _write(self, work: Callable[[Connection], T]) -> T: ...

    @abstractmethod
    async def migrate(self) -> Upgrade:
        """Create the tables, or bring them to this version's shape; errors as for ``write``.

        Cancelled, it ends soon: whoever is told to stop may be waiting for the database.
        """

    @abstractmethod
    async def close(self) -> None:
        """Close all connections."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()


async def _again_while_transient(attempt: Callable[[], Awaitable[T]], stop: stop_base) -> T:
    async for one in AsyncRetrying(
        retry=retry_if_exception(_is_transient),
        wait=wait_random_exponential(multiplier=0.05, max=2),
        stop=stop,
        reraise=True,
    ):
        with one:
            return await attempt()
    raise AssertionError("unreachable: the last attempt raises")


def _is_transient(error: BaseException) -> bool:
    # Connecting raises the driver's own errors.
    cause = error.orig if isinstance(error, DBAPIError) else error
    state = getattr(cause, "sqlstate", None) or getattr(cause, "pgcode", None)
    return state in _TRANSIENT_STATES or "database is locked" in str(cause)
