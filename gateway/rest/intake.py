"""Taking in a payload of stream events: read first, then stored in one transaction."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

from sqlalchemy import Connection

from gateway.db import Database
from gateway.db.outages import is_outage
from gateway.directory.learn import learn
from gateway.errors import Unavailable
from gateway.events.event import Batch
from gateway.events.stream import read_payload
from gateway.http.body import decode_json
from gateway.http.refusals import BadRequest
from gateway.rest.counters import IngestionCounters
from gateway.rollups.ingest import Outcome, apply_batch

logger = logging.getLogger(__name__)


class Intake:
    """Stores batches one after another; ``patience_seconds`` is how long one waits for its turn."""

    def __init__(
        self, database: Database, clock: Callable[[], datetime], patience_seconds: float
    ) -> None:
        self.counters = IngestionCounters()
        self._database = database
        self._clock = clock
        self._patience = patience_seconds
        # Those that wait here hold no connection: answers are read while batches queue up.
        self._turn = asyncio.Lock()

    async def take(self, body: bytes) -> Batch:
        """Store the events of a body ``{"payload": [event, …]}`` and return what was read of it.

        Either all of its good events are stored or, with an error, none: BadRequest if there is
        no list of events, Unavailable if the database is busy or away.
        """
        # In a thread: megabytes of events would hold up everyone else's answers.
        batch = await asyncio.to_thread(_read, body, self._clock())
        async with self._turn_taken():
            outcome = await self._store(batch)
        self.counters.add(batch, outcome)
        return batch

    @asynccontextmanager
    async def _turn_taken(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(self._patience):
                await self._turn.acquire()
        except TimeoutError:
            raise Unavailable("Too many batches are waiting: try again in a moment.") from None
        try:
            yield
        finally:
            self._turn.release()

    async def _store(self, batch: Batch) -> Outcome:
        def work(connection: Connection) -> Outcome:
            outcome = apply_batch(connection, batch)
            learn(connection, batch.names)
            return outcome

        try:
            return await self._database.write(work)
        except Exception as error:
            if not is_outage(error):
                raise
            # Its words may quote the statement, and with it the events.
            logger.warning("A batch was not stored: %s.", type(error).__name__)
            raise Unavailable("The database is busy or away: try again in a moment.") from None


def _read(body: bytes, now: datetime) -> Batch:
    return read_payload(_payload(decode_json(body, "The request body")), now)


def _payload(content: object) -> Sequence[object]:
    payload = content.get("payload") if isinstance(content, dict) else None
    if not isinstance(payload, list):
        raise BadRequest('The request body must be a JSON object with a list "payload".')
    return payload
