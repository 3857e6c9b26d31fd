"""Intake of the event stream, with group commit: one transaction stores all queued batches.

While one transaction runs batches queue up, and the next takes all of them: rows that they share,
the site's above all, are then written once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial

from gateway.db import Database
from gateway.errors import Unavailable
from gateway.events.event import Batch
from gateway.ingestion.counters import IngestionCounters
from gateway.ingestion.ingest import ingest
from gateway.ingestion.waiting_batches import Waiting, WaitingBatches, merged


class Intake:
    """Queue that stores batches in order; one waits at most ``timeout_seconds`` in the queue."""

    def __init__(self, database: Database, timeout_seconds: float) -> None:
        self.counters = IngestionCounters()
        self._database = database
        self._timeout = timeout_seconds
        # Queued batches hold no connection of the database.
        self._waiting = WaitingBatches()
        self._storing: asyncio.Task[None] | None = None
        self._under_way = 0

    @property
    def waiting(self) -> int:
        """Number of batches that are not stored yet."""
        return len(self._waiting) + self._under_way

    async def take(self, batch: Batch) -> None:
        """Store a batch: all of its events or, with an error, none.

        Unavailable if the database is busy or away.
        """
        waiting = self._waiting.add(batch)
        if self._storing is None or self._storing.done():
            # A task of its own: it ends when the queue is empty, even if a client disconnects.
            self._storing = asyncio.create_task(self._store_what_waits())
        try:
            async with asyncio.timeout(self._timeout):
                await asyncio.shield(waiting.stored)
        except TimeoutError:
            if self._waiting.give_up(waiting):
                raise Unavailable("Too many batches are waiting: try again in a moment.") from None
            await waiting.stored

    async def _store_what_waits(self) -> None:
        while taken := self._waiting.take():
            self._under_way = len(taken)
            try:
                await self._store_together(taken)
            finally:
                self._under_way = 0
                # Has an effect only in a gateway that stops: else all have a result.
                for waiting in taken:
                    waiting.fail(Unavailable("The gateway is stopping: try again in a moment."))

    async def _store_together(self, taken: Sequence[Waiting]) -> None:
        """Store batches in one transaction, and set the result of each."""
        batches = [waiting.batch for waiting in taken]
        try:
            ingested = await self._database.write(partial(ingest, batch=merged(batches)))
        except Unavailable as error:
            for waiting in taken:
                waiting.fail(Unavailable(error.message))
        except Exception as error:
            if len(taken) == 1:
                taken[0].fail(error)
                return
            # One batch that fails by a defect must not fail the others.
            for waiting in taken:
                await self._store_together([waiting])
        else:
            self.counters.add(batches, ingested.outcome)
            for waiting in taken:
                waiting.succeed()
