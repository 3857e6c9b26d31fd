"""A stream of events and a client that sends it as Panoptes' does: again, until it is taken."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise

import httpx

from tests.stream_events import Event, classification, comment

CREDENTIALS = ("stream", "sesame")
GROUPS = range(501, 504)
_START = datetime(2023, 11, 20, tzinfo=UTC)
#: A batch that nobody takes for so long fails its test.
_TIMEOUT_SECONDS = 120


def event_stream(rng: random.Random, ids: range) -> Iterator[Event]:
    """Events without end that have one of these ids, most of them in several versions.

    Each version of an event has its own ``updated_at``: which of them holds does not depend on
    the order in which they arrive.
    """
    versions: dict[int, int] = {}
    while True:
        yield _event(rng, rng.choice(ids), versions)


def make_events(rng: random.Random, count: int) -> list[Event]:
    """So many events, of which every third or so is another version of an earlier one."""
    return list(islice(event_stream(rng, range(1, count + 1)), count))


def _event(rng: random.Random, event_id: int, versions: dict[int, int]) -> Event:
    versions[event_id] = versions.get(event_id, 0) + 1
    created = _START + timedelta(minutes=rng.randrange(60 * 24 * 60))
    updated = (_START + timedelta(hours=versions[event_id])).isoformat()
    user = rng.choice([None, *range(1, 13)])
    project = rng.choice([11, 12, 13])
    if event_id % 7 == 0:
        return comment(
            event_id, created.isoformat(), updated_at=updated, user_id=user, project_id=project
        )
    return classification(
        event_id,
        created.isoformat(),
        updated_at=updated,
        project=project,
        workflow=project * 10 + rng.randint(0, 1),
        seconds=rng.randrange(8 * 600) / 8,
        groups=rng.sample(GROUPS, rng.randint(0, 3)),
        **({} if user is None else {"user": user}),
    )


class Stream:
    """Batches of an endless stream until it is stopped; ``sent`` holds what they held."""

    def __init__(self, rng: random.Random, ids: range, size: int, pause_seconds: float = 0) -> None:
        self.sent: list[Event] = []
        self._events = event_stream(rng, ids)
        self._size = size
        self._pause = pause_seconds
        self._stopped = threading.Event()

    def __iter__(self) -> Iterator[list[Event]]:
        while not self._stopped.is_set():
            batch = list(islice(self._events, self._size))
            self.sent.extend(batch)
            yield batch
            time.sleep(self._pause)

    def stop(self) -> None:
        """Give no more batches."""
        self._stopped.set()


def in_batches(events: Sequence[Event], size: int) -> list[list[Event]]:
    """The events in their order, ``size`` at a time."""
    return [list(events[start : start + size]) for start in range(0, len(events), size)]


class Delivery:
    """Sends batches over several connections, each again and again until it is acknowledged."""

    def __init__(self, url: str, batches: Iterable[list[Event]], connections: int = 3) -> None:
        #: The endpoint of the gateway; to be changed when another one takes its place.
        self.url = url
        self._batches = iter(batches)
        self._taking = threading.Lock()
        self._lock = threading.Lock()
        self._given_up = threading.Event()
        self._acknowledged_at: list[float] = []
        #: Why batches had to be sent again: a status, or the name of what went wrong underway.
        self.failures: list[str] = []
        self._threads = ThreadPoolExecutor(connections)
        self._senders: list[Future[None]] = [
            self._threads.submit(self._send_all) for _ in range(connections)
        ]

    @property
    def acknowledged(self) -> int:
        """How many batches were."""
        return len(self._acknowledged_at)

    def longest_pause(self, since: float) -> float:
        """The most seconds, from this moment on, between two batches that were acknowledged."""
        moments = [since, *(one for one in self._acknowledged_at if one > since)]
        return max((later - one for one, later in pairwise(moments)), default=0)

    def wait_for(self, acknowledged: int) -> None:
        """Return once so many batches are acknowledged; raise what made a sender give up."""
        self.wait_until(lambda: self.acknowledged >= acknowledged)

    def wait_until(self, happened: Callable[[], bool]) -> None:
        """Return once it has happened; raise what made a sender give up."""
        while not happened():
            if self._given_up.is_set():
                self.finish()
            time.sleep(0.002)

    def finish(self) -> None:
        """Return when all batches are acknowledged; raise what made a sender give up."""
        with self._threads:
            for sender in self._senders:
                sender.result()

    def _send_all(self) -> None:
        with httpx.Client(auth=CREDENTIALS, timeout=60, trust_env=False) as client:
            try:
                while not self._given_up.is_set():
                    with self._taking:
                        batch = next(self._batches, None)
                    if batch is None:
                        return
                    self._send(client, batch)
            except BaseException:
                self._given_up.set()
                raise

    def _send(self, client: httpx.Client, batch: list[Event]) -> None:
        deadline = time.monotonic() + _TIMEOUT_SECONDS
        while time.monotonic() < deadline:
            failure = self._attempt(client, batch)
            with self._lock:
                if failure is None:
                    self._acknowledged_at.append(time.monotonic())
                    return
                self.failures.append(failure)
            time.sleep(0.05)
        raise AssertionError(f"A batch was not taken; of late: {self.failures[-3:]}")

    def _attempt(self, client: httpx.Client, batch: list[Event]) -> str | None:
        try:
            response = client.post(
                self.url.replace("/graphql", "/kinesis"), json={"payload": batch}
            )
        except httpx.TransportError as error:
            return type(error).__name__
        if response.status_code == 204:
            return None
        # An overloaded or restarting service says 503; anything else is a defect.
        assert response.status_code == 503, f"{response.status_code}: {response.text}"
        return "503"
