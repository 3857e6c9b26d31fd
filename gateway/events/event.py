"""Events: classifications and comments, and the batches that readers yield.

Instants are whole microseconds since 1970-01-01 (UTC), session times whole milliseconds.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

from gateway.events.left_out import LeftOut


class Classification(NamedTuple):
    """Classification: one volunteer's work on one subject; the fields are the ledger's columns."""

    id: int
    event_time: int
    updated_at: int | None
    user_id: int | None
    project_id: int
    workflow_id: int
    session_ms: int
    #: The groups it counts to: ascending, each once, none for an anonymous volunteer.
    group_ids: tuple[int, ...]

    @property
    def as_of(self) -> int:
        """As-of time in microseconds: of its last change, else its own time."""
        return self.event_time if self.updated_at is None else self.updated_at

    def anonymous(self) -> Classification:
        """The same event without its volunteer."""
        return self._replace(user_id=None, group_ids=())


class Comment(NamedTuple):
    """Comment: a post on Talk; the fields are the ledger's columns, in order."""

    id: int
    event_time: int
    updated_at: int | None
    user_id: int | None
    project_id: int

    @property
    def as_of(self) -> int:
        """As-of time in microseconds: of its last change, else its own time."""
        return self.event_time if self.updated_at is None else self.updated_at

    def anonymous(self) -> Comment:
        """The same event without its volunteer."""
        return self._replace(user_id=None)


class Reject(NamedTuple):
    """Rejected event or row: it cannot be counted."""

    #: Where it is in its source: the number of its line (from 1) or its index (from 0).
    position: int
    #: Its id as it was written, if there is one.
    event_id: str | None
    reason: str


@dataclass(slots=True)
class Instants:
    """As-of times of names, by id, in microseconds; a name without an entry has no known time."""

    users: dict[int, int] = field(default_factory=dict)
    projects: dict[int, int] = field(default_factory=dict)
    workflows: dict[int, int] = field(default_factory=dict)
    #: Of the project of a workflow.
    workflow_projects: dict[int, int] = field(default_factory=dict)
    display_names: dict[int, int] = field(default_factory=dict)


@dataclass(slots=True)
class Names:
    """Names of users, projects and workflows in events; None where the source gives no name."""

    #: User id to login.
    users: dict[int, str | None] = field(default_factory=dict)
    projects: dict[int, str | None] = field(default_factory=dict)
    #: Workflow id to its project (None if unknown) and its name.
    workflows: dict[int, tuple[int | None, str | None]] = field(default_factory=dict)
    #: User id to display name, for those of ``users`` that have one here.
    display_names: dict[int, str] = field(default_factory=dict)
    as_of: Instants = field(default_factory=Instants)


@dataclass(slots=True, repr=False)
class Batch:
    """Batch: events to store together, in the order of arrival, and the names beside them.

    It has no long ``repr``: where asyncio sets signal handlers it formats a task's result.
    """

    classifications: list[Classification] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)
    names: Names = field(default_factory=Names)
    rejects: list[Reject] = field(default_factory=list)
    #: Events of types that are not counted.
    ignored: int = 0
    #: Events that count without one of these parts.
    left_out: Counter[LeftOut] = field(default_factory=Counter)

    def __len__(self) -> int:
        return len(self.classifications) + len(self.comments)
