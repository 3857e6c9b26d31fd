"""What is read while a batch is stored, and what becomes of that batch when reading ends."""

from __future__ import annotations

import _thread
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from threading import Timer
from typing import Any

import pytest
from sqlalchemy import Connection

from gateway.directory.workflow_projects import Followed
from gateway.errors import UnreadableFile
from gateway.events.event import Batch
from gateway.ingestion import ingest_source as ingesting
from gateway.ingestion.ingest import Ingested
from gateway.ingestion.ingest_source import ingest_source
from gateway.rollups.apply_batch import Outcome
from gateway.rollups.assigned import AssignedProjects


class Storing:
    """Transactions that take ``seconds``, or no end; it notes what happens in which order."""

    def __init__(self, seconds: float | None = 0.05) -> None:
        self.happened: list[str] = []
        self._seconds = seconds

    def begin(self, work: Callable[[Connection], Any]) -> Future[Any]:
        self.happened.append("begin")
        stored: Future[Any] = Future()
        if self._seconds is not None:
            Timer(self._seconds, self._end, [stored]).start()
        return stored

    def _end(self, stored: Future[Any]) -> None:
        self.happened.append("end")
        stored.set_result(Ingested(Batch(), Outcome(1), Followed(), AssignedProjects()))

    def batches(self, last: BaseException, count: int = 2) -> Iterator[Batch]:
        for number in range(count):
            self.happened.append(f"read {number}")
            yield Batch()
        raise last

    def stored_before(self, last: type[BaseException], *, ahead: bool = True) -> int:
        """How many batches are given before the error with which reading ends."""
        given: list[Ingested] = []
        with pytest.raises(last):
            given.extend(ingest_source(self.batches(last()), None, self.begin, ahead=ahead))
        return len(given)


class Damage(UnreadableFile):
    def __init__(self) -> None:
        super().__init__("The file is damaged.")


def test_the_next_batch_is_read_while_one_is_stored() -> None:
    storing = Storing()
    assert storing.stored_before(Damage) == 2
    assert storing.happened == ["read 0", "begin", "read 1", "end", "begin", "end"]


def test_nothing_is_read_ahead_of_what_may_be_slow() -> None:
    storing = Storing()
    assert storing.stored_before(Damage, ahead=False) == 2
    assert storing.happened == ["read 0", "begin", "end", "read 1", "begin", "end"]


def test_the_batch_that_is_being_stored_is_given_before_an_interruption() -> None:
    assert Storing().stored_before(KeyboardInterrupt) == 2


def test_the_batch_that_is_being_stored_is_given_before_any_other_error() -> None:
    assert Storing().stored_before(OSError) == 2


def test_an_interruption_while_the_last_batch_is_stored_gives_it_too() -> None:
    storing, given = Storing(seconds=0.5), list[Ingested]()
    Timer(0.1, _thread.interrupt_main).start()
    with pytest.raises(KeyboardInterrupt):
        given.extend(ingest_source([Batch()], None, storing.begin, ahead=True))
    assert storing.happened == ["begin", "end"]
    assert len(given) == 1


def test_an_interruption_waits_no_longer_than_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingesting, "_TIMEOUT_SECONDS", 0.05)
    storing = Storing(seconds=None)
    batches = storing.batches(KeyboardInterrupt(), 1)
    with pytest.raises(KeyboardInterrupt):
        list(ingest_source(batches, None, storing.begin, ahead=True))
    assert storing.happened == ["read 0", "begin"]
