"""Taking in payloads of stream events: each is read first, then stored in one transaction.

While one transaction is under way batches queue up, and the next takes all of them: what they
have in common, the site's row above all, is then written once for all.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import Connection

from gateway.db import Database
from gateway.directory.learn import learn
from gateway.errors import Unavailable
from gateway.events.bounds import MOST_GROUPS
from gateway.events.event import Batch
from gateway.events.json_text import decode
from gateway.events.stream import read_payload
from gateway.http.refusals import BadRequest
from gateway.reasons import reason_of
from gateway.rest.counters import IngestionCounters
from gateway.rest.waiting_batches import Waiting, WaitingBatches, merged
from gateway.rollups.ingest import Outcome, apply_batch


class Intake:
    """Stores batches in their order; ``patience_seconds`` is how long one waits for its turn.

    An event that lists more than ``group_limit`` groups counts to none.
    """

    def __init__(
        self,
        database: Database,
        clock: Callable[[], datetime],
        patience_seconds: float,
        group_limit: int = MOST_GROUPS,
    ) -> None:
        self.counters = IngestionCounters()
        self._database = database
        self._clock = clock
        self._patience = patience_seconds
        self._group_limit = group_limit
        # Those that wait hold no connection: answers are read while batches queue up.
        self._waiting = WaitingBatches()
        self._storing: asyncio.Task[None] | None = None
        self._under_way = 0

    @property
    def waiting(self) -> int:
        """Batches that are read and not stored yet."""
        return len(self._waiting) + self._under_way

    async def take(self, body: bytes) -> Batch:
        """Store the events of a body ``{"payload": [event, …]}`` and return what was read of it.

        Either all of its good events are stored or, with an error, none: BadRequest if there is
        no list of events, Unavailable if the database is busy or away.
        """
        # In a thread: megabytes of events would hold up everyone else's answers.
        batch = await asyncio.to_thread(_read, body, self._clock(), self._group_limit)
        waiting = self._waiting.add(batch)
        if self._storing is None or self._storing.done():
            # Of nobody's request: it ends when nothing waits, whoever goes away.
            self._storing = asyncio.create_task(self._store_what_waits())
        try:
            async with asyncio.timeout(self._patience):
                await asyncio.shield(waiting.stored)
        except TimeoutError:
            if self._waiting.give_up(waiting):
                raise Unavailable("Too many batches are waiting: try again in a moment.") from None
            await waiting.stored
        return batch

    async def _store_what_waits(self) -> None:
        while taken := self._waiting.take():
            self._under_way = len(taken)
            try:
                await self._store_together(taken)
            finally:
                self._under_way = 0
                # Whoever was told already is not told again; this is for a gateway that stops.
                for waiting in taken:
                    waiting.fail(Unavailable("The gateway is stopping: try again in a moment."))

    async def _store_together(self, taken: Sequence[Waiting]) -> None:
        """Store batches in one transaction, and tell each what became of it."""
        batches = [waiting.batch for waiting in taken]
        try:
            outcome = await self._store(merged(batches))
        except Unavailable as error:
            for waiting in taken:
                waiting.fail(Unavailable(error.message))
        except Exception as error:
            if len(taken) == 1:
                taken[0].fail(error)
                return
            # A defect that one of them meets is not to sink the others.
            for waiting in taken:
                await self._store_together([waiting])
        else:
            self.counters.add(batches, outcome)
            for waiting in taken:
                waiting.succeed()

    async def _store(self, batch: Batch) -> Outcome:
        def work(connection: Connection) -> Outcome:
            outcome = apply_batch(connection, batch)
            learn(connection, batch.names)
            return outcome

        return await self._database.write(work)


def _read(body: bytes, now: datetime, group_limit: int) -> Batch:
    return read_payload(_payload(_decoded(body)), now, group_limit)


def _decoded(body: bytes) -> object:
    try:
        return decode(body)
    except ValueError as error:
        raise BadRequest(f"The request body is not JSON: {reason_of(error)}.") from None


def _payload(content: object) -> Sequence[object]:
    payload = content.get("payload") if isinstance(content, dict) else None
    if not isinstance(payload, list):
        raise BadRequest('The request body must be a JSON object with a list "payload".')
    return payload
