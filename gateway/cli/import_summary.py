"""Summary of ``stats-gateway import``, and the CSV file of rejected rows."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from gateway.cli.import_contents import Contents
from gateway.cli.running import CommandFailed
from gateway.directory.workflow_projects import Followed
from gateway.events.event import Batch, Reject
from gateway.events.left_out import LeftOut
from gateway.ingestion.bulk.deduplication import Deduplicated
from gateway.ingestion.bulk.reading import Taken
from gateway.ingestion.ingest import Ingested
from gateway.private_file import owner_only
from gateway.reasons import reason_of
from gateway.rollups.apply_batch import Outcome
from gateway.rollups.assigned import AssignedProjects

#: More rejects are only in the file.
MOST_REJECTS_PRINTED = 20


class RejectsFile:
    """CSV file of rejects (file, line, id, reason); it is created with the first reject."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: TextIO | None = None

    def write(self, name: str, rejects: Iterable[Reject]) -> None:
        """Write the rejects of the source ``name``; CommandFailed if the file cannot be written."""
        with self._errors():
            for reject in rejects:
                csv.writer(self._opened()).writerow((name, *reject))
            if self._file is not None:
                self._file.flush()

    def close(self) -> None:
        """Close the file, if there is one."""
        if self._file is not None:
            with self._errors():
                self._file.close()

    def _opened(self) -> TextIO:
        if self._file is None:
            self._file = open(  # noqa: SIM115 - Path.open takes no opener
                self.path, "w", newline="", encoding="utf-8", opener=owner_only
            )
            csv.writer(self._file).writerow(("file", "line", "id", "reason"))
        return self._file

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            # Its buffer cannot be written at the end either.
            self._file = None
            raise CommandFailed(f"{self.path} cannot be written: {reason_of(error)}.") from error


class Summary:
    """Summary of one import: how many events were stored, unchanged, replaced and rejected."""

    def __init__(self) -> None:
        self.outcome = Outcome()
        self.rejected = 0
        self.ignored = 0
        self.left_out: Counter[LeftOut] = Counter()
        #: Remarks on the files for people, a sentence each.
        self.notes: list[str] = []
        self._contents = Contents()
        self._followed = Followed()
        self._assigned = AssignedProjects()
        self._printed: list[str] = []

    @property
    def failed(self) -> bool:
        """Whether rows were rejected and no event counted."""
        return self.rejected > 0 and not sum(self.outcome)

    @property
    def events(self) -> int:
        """Number of events so far, with rejected and ignored ones."""
        return sum(self.outcome) + self.rejected + self.ignored

    @property
    def projects(self) -> set[int]:
        """Projects of the events that counted."""
        return self._contents.projects

    def add(self, name: str, ingested: Ingested) -> None:
        """Count a committed batch of the source ``name``."""
        self.outcome = self.outcome.plus(ingested.outcome)
        self._followed.add(ingested.followed)
        self._assigned.add(ingested.assigned)
        self._add(name, ingested.batch)

    def add_taken(self, name: str, taken: Taken) -> None:
        """Count a piece of the source ``name`` in a bulk load, as if all events were new."""
        events = len(taken.batch)
        if taken.plain is not None:
            events += taken.plain.rows
            self._contents.add_plain(taken.plain)
        self.outcome = self.outcome.plus(Outcome(events))
        self._followed.add(taken.followed)
        self._add(name, taken.batch)

    def add_deduplicated(self, deduplicated: Deduplicated) -> None:
        """Replace the outcome by that of a bulk load after its deduplication."""
        self.outcome = deduplicated.outcome
        self._assigned.add(deduplicated.assigned)

    def _add(self, name: str, batch: Batch) -> None:
        self.rejected += len(batch.rejects)
        self.ignored += batch.ignored
        self.left_out.update(batch.left_out)
        self._contents.add(batch)
        for reject in batch.rejects[: MOST_REJECTS_PRINTED - len(self._printed)]:
            self._printed.append(f"{name}:{reject.position} {reject.reason}")

    def lines(self, rejects_path: Path) -> Iterator[str]:
        """Lines of the summary."""
        counts = {**self.outcome._asdict(), "rejected": self.rejected, "ignored": self.ignored}
        width = max(len(f"{count:,}") for count in counts.values())
        for name, count in counts.items():
            yield f"{name:<10}{count:>{width},}"
        yield from self._printed
        if self.rejected > len(self._printed):
            yield f"… and {self.rejected - len(self._printed):,} more."
        if self.rejected:
            yield f"All rejected rows, with reasons: {rejects_path}"
        yield from self._contents.lines()
        for what, events in sorted(self.left_out.items()):
            yield what.sentence(events)
        yield from (*self._assigned.notes(), *self._followed.notes(), *self.notes)
