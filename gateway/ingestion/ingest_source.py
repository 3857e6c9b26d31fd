"""Ingest a source: the batches of a file one by one, each in a transaction of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, wait
from functools import partial
from typing import Protocol, TypeVar

from sqlalchemy import Connection

from gateway.errors import UnreadableFile
from gateway.events.event import Batch
from gateway.ingestion.export import Export
from gateway.ingestion.ingest import Ingested, ingest

T = TypeVar("T")

#: After an interruption, the import waits so long for the current transaction.
_TIMEOUT_SECONDS = 5


class Transaction(Protocol):
    """Function that runs work in one writing transaction and commits it."""

    def __call__(self, work: Callable[[Connection], T], /) -> T: ...


class BegunTransaction(Protocol):
    """Function that begins a writing transaction; one ends before the next is begun."""

    def __call__(self, work: Callable[[Connection], T], /) -> Future[T]: ...


def ingest_source(
    batches: Iterable[Batch], export: Export | None, begin: BegunTransaction, *, ahead: bool
) -> Iterator[Ingested]:
    """Store the batches of a source, and yield each when it is committed.

    With ``ahead`` the next batch is read meanwhile. Events before a damage of the file are stored,
    with their names; then UnreadableFile. After any other error in reading, and after a
    KeyboardInterrupt, the current batch is yielded, if it is stored within five seconds.
    """
    damage: UnreadableFile | None = None
    under_way: Future[Ingested] | None = None
    try:
        try:
            for batch in batches:
                if under_way is not None:
                    ingested, under_way = _stored(under_way, export), None
                    # No transaction runs here, should the consumer be interrupted.
                    yield ingested
                under_way = begin(partial(ingest, batch=batch, export=export))
                if not ahead:
                    ingested, under_way = _stored(under_way, export), None
                    yield ingested
        except UnreadableFile as error:
            damage = error
        if under_way is not None:
            ingested, under_way = _stored(under_way, export), None
            yield ingested
    except BaseException:
        if under_way is not None and _is_stored_soon(under_way):
            yield under_way.result()
        raise
    if export is not None:
        begin(export.finish).result()
    if damage is not None:
        raise damage


def _stored(under_way: Future[Ingested], export: Export | None) -> Ingested:
    ingested = under_way.result()
    if export is not None:
        export.note(ingested.batch)
    return ingested


def _is_stored_soon(under_way: Future[Ingested]) -> bool:
    wait([under_way], _TIMEOUT_SECONDS)
    return under_way.done() and under_way.exception() is None
