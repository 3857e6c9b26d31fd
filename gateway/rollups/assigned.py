"""Assigned projects: projects of events that the importer names, and not the event."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from gateway.rollups.ledger import Event


@dataclass(slots=True)
class AssignedProjects:
    """Decides the projects of stored events when copies with an assigned project arrive.

    From no project to one they go by themselves, from one to another only if they are to ``move``.
    """

    move: bool = False
    #: How many went from a project to another, by both.
    moved: Counter[tuple[int, int]] = field(default_factory=Counter)
    #: How many stay in a project though another was assigned to them.
    retained: Counter[tuple[int, int]] = field(default_factory=Counter)

    def assign(self, event: Event, known: Event) -> Event:
        """The copy with its project decided, where ``known`` is stored."""
        here, there = known.project_id, event.project_id
        if here in (0, there):
            return event
        if self.move and there:
            self.moved[here, there] += 1
            return event
        if there:
            self.retained[here, there] += 1
        return event._replace(project_id=here)

    def add(self, other: AssignedProjects) -> None:
        """Count what became of others as well."""
        self.moved.update(other.moved)
        self.retained.update(other.retained)

    def notes(self) -> Iterator[str]:
        """A sentence for each pair of projects."""
        for (here, there), events in sorted(self.moved.items()):
            yield f"{_counted(events)} moved from project {here} to {there}."
        for (here, there), events in sorted(self.retained.items()):
            yield (
                f"{_counted(events)} stayed in project {here} and did not move to {there}: import "
                "the file again with --move to move them."
            )


def _counted(events: int) -> str:
    return "1 stored event" if events == 1 else f"{events:,} stored events"
