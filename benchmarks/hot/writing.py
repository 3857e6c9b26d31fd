"""Stream events that a second gateway stores while the first is measured."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count

from benchmarks.client import http_request, load
from benchmarks.generate import FIRST_ID, MEDIUM
from benchmarks.servers import Server

USER, PASSWORD = "stream", "benchmark"
#: What a gateway is served with that takes the stream.
SETTINGS = {"stream_username": USER, "stream_password": PASSWORD}
#: A batch of the stream is so many events.
_BATCH = 50
#: Of events that the generated ones have no id of.
_ids = count(FIRST_ID * 100)


class Stream:
    """So many events a second, about one group; the volunteers are no members of group 1."""

    def __init__(self, events_a_second: int, group: int) -> None:
        self._batch = min(_BATCH, events_a_second)
        self._pause = self._batch / events_a_second
        self._group = group

    @contextmanager
    def stored_by(self, server: Server) -> Iterator[None]:
        """Post the events to this gateway meanwhile; an error if it does not take them."""
        stop = threading.Event()
        failed: list[Exception] = []

        def post() -> None:
            due = time.monotonic()
            try:
                while not stop.wait(max(0.0, due - time.monotonic())):
                    load(server.port, self._request(), concurrency=1, seconds=0, status=204)
                    due += self._pause
            except Exception as error:
                failed.append(error)

        thread = threading.Thread(target=post)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()
        if failed:
            raise failed[0]

    def _request(self) -> bytes:
        now = datetime.now(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
        events = [_event(next(_ids), now, self._group) for _ in range(self._batch)]
        credentials = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        headers = {"Authorization": f"Basic {credentials}"}
        return http_request("/kinesis", json.dumps({"payload": events}).encode(), headers)


def _event(event_id: int, now: str, group: int) -> dict[str, object]:
    data = {
        "id": str(event_id),
        "created_at": now,
        "updated_at": now,
        "metadata": {"started_at": now, "finished_at": now, "user_group_ids": [group]},
        "links": {"project": "99", "workflow": "990", "user": str(MEDIUM + 1 + event_id % 1_000)},
    }
    return {"source": "panoptes", "type": "classification", "data": data, "linked": {}}
