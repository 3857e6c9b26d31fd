"""An errand: one command under way to Panoptes, and what was heard and done on the way."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple, Self

from gateway.auth.viewer import Viewer
from gateway.db.instants import instant_of
from gateway.directory.panoptes.answers import GROUPS, MEMBERSHIPS, RecordKey, Scope
from gateway.directory.panoptes.records import Entries
from gateway.directory.rows import Row
from gateway.groups.history import ChangeKind, Details

if TYPE_CHECKING:
    from gateway.groups.panoptes.caller import CallersPanoptes

_NOBODY: frozenset[int] = frozenset()
#: The part of the time that is left for looking what became of a change without an answer.
_LOOKING = 0.3


class Heard(NamedTuple):
    """What Panoptes has of a scope, and when it said so (microseconds)."""

    scope: Scope
    rows: Mapping[str, Sequence[Row]]
    at: int

    def record_keys(self) -> set[RecordKey]:
        """The keys of the records that it is about."""
        return self.scope.record_keys()


class Note(NamedTuple):
    """A line of a group's history."""

    group_id: int
    kind: ChangeKind
    subjects: tuple[int | None, ...] = (None,)
    details: Details | None = None


@dataclass
class Deadline:
    """Until when, by the event loop's clock, something may be sent, and all must be over."""

    sending: float
    end: float
    #: Whether Panoptes was told to change something, after which the rest of the time is for looks.
    has_sent: bool = False

    @classmethod
    def after(cls, seconds: float) -> Self:
        """So many seconds from now."""
        now = asyncio.get_running_loop().time()
        return cls(now + seconds * (1 - _LOOKING), now + seconds)

    @property
    def reading(self) -> float:
        """Until when an answer to a question is waited for."""
        return self.end if self.has_sent else self.sending


#: CONFLICT unless what is stored, once this was heard, has the revision that is expected.
CheckRevision = Callable[[Heard, int], Awaitable[None]]


@dataclass
class Errand:
    """A command of a viewer, who asks Panoptes as ``panoptes``."""

    viewer: Viewer
    panoptes: CallersPanoptes
    clock: Callable[[], datetime]
    deadline: Deadline
    check_revision: CheckRevision
    #: To be stored; of the same record keys the later holds.
    heard: list[Heard] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    #: Groups that were deactivated, and all their memberships with them.
    ended: list[int] = field(default_factory=list)
    #: Lists that are another by now, and are to be asked for again.
    superseded: set[tuple[str, RecordKey]] = field(default_factory=set)

    @property
    def viewer_id(self) -> int:
        """The viewer's id: whoever has a token of Panoptes has one."""
        return self.viewer.id or 0

    def hear(self, scope: Scope, entries: Entries) -> Heard:
        """Keep what Panoptes has just answered about a change, to be stored."""
        said = Heard(scope, entries.rows, instant_of(self.clock()))
        self.heard.append(said)
        return said

    def supersede(self, group_id: int, user_ids: Sequence[int] = ()) -> None:
        """Have the lists of a group's and of these users' memberships asked for again."""
        self.superseded.add((MEMBERSHIPS, (group_id, 0)))
        self.superseded |= {(MEMBERSHIPS, (0, user_id)) for user_id in user_ids}

    def doubt(self, group_id: int) -> None:
        """Have all asked for again that the viewer can have changed, or has found gone."""
        self.superseded.add((GROUPS, (group_id, 0)))
        self.superseded.add((MEMBERSHIPS, (group_id, self.viewer_id)))
        self.supersede(group_id, [self.viewer_id])

    def note(
        self,
        group_id: int,
        kind: ChangeKind,
        subjects: Sequence[int | None] = (None,),
        details: Details | None = None,
    ) -> None:
        """Have a line written into the group's history."""
        self.notes.append(Note(group_id, kind, tuple(subjects), details))


def of_group(group_id: int) -> Scope:
    """What is asked about a group."""
    return Scope(GROUPS, frozenset({group_id}), _NOBODY)


def of_members(group_id: int, user_ids: Sequence[int] = ()) -> Scope:
    """What is asked about the memberships of these users in a group, or of all."""
    return Scope(MEMBERSHIPS, frozenset({group_id}), frozenset(user_ids))
