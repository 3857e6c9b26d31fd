"""Ingest a source: the batches of a file one by one, each in a transaction of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Protocol, TypeVar

from sqlalchemy import Connection

from gateway.errors import UnreadableFile
from gateway.events.event import Batch
from gateway.ingestion.export import Export
from gateway.ingestion.ingest import Ingested, ingest

T = TypeVar("T")


class Transaction(Protocol):
    """Runs work in one writing transaction and commits it."""

    def __call__(self, work: Callable[[Connection], T], /) -> T: ...


def ingest_source(
    batches: Iterable[Batch], export: Export | None, write: Transaction
) -> Iterator[Ingested]:
    """Store the batches of a source, and give each when it is committed.

    What stands before a damage of the file is stored, with its names; then UnreadableFile.
    """
    damage = None
    try:
        for batch in batches:
            ingested = write(partial(ingest, batch=batch, export=export))
            if export is not None:
                export.note(ingested.batch)
            yield ingested
    except UnreadableFile as error:
        damage = error
    if export is not None:
        write(export.finish)
    if damage is not None:
        raise damage
