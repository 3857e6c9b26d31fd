"""Remote command: a command that is applied at Panoptes, with the records that it reads."""

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
    from gateway.groups.panoptes.caller_client import CallerClient

_NOBODY: frozenset[int] = frozenset()
#: The part of the time that is reserved for verifying a change that got no answer.
_VERIFYING = 0.3


class ReceivedRecords(NamedTuple):
    """Records that Panoptes answered for a scope, as of an instant (microseconds)."""

    scope: Scope
    rows: Mapping[str, Sequence[Row]]
    at: int

    def record_keys(self) -> set[RecordKey]:
        """The keys of the records that it is about."""
        return self.scope.record_keys()


class HistoryEntry(NamedTuple):
    """An entry of a group's history, to be stored."""

    group_id: int
    kind: ChangeKind
    subjects: tuple[int | None, ...] = (None,)
    details: Details | None = None


@dataclass
class Deadline:
    """Deadlines of a command, by the event loop's clock: of sending a change, and of all of it."""

    sending: float
    end: float
    #: Whether a change was sent: the rest of the time is for verifying it.
    has_sent: bool = False

    @classmethod
    def after(cls, seconds: float) -> Self:
        """The deadlines of a command that may take so many seconds from now."""
        now = asyncio.get_running_loop().time()
        return cls(now + seconds * (1 - _VERIFYING), now + seconds)

    @property
    def reading(self) -> float:
        """Until when a read waits for its answer."""
        return self.end if self.has_sent else self.sending


#: Stores the received records; CONFLICT unless they have the expected revision then.
CheckRevision = Callable[[ReceivedRecords, int], Awaitable[None]]


@dataclass
class RemoteCommand:
    """One command of a viewer, sent to Panoptes by the client ``panoptes``."""

    viewer: Viewer
    panoptes: CallerClient
    clock: Callable[[], datetime]
    deadline: Deadline
    check_revision: CheckRevision
    #: To be stored in this order: a later answer about a record replaces an earlier one.
    received: list[ReceivedRecords] = field(default_factory=list)
    history: list[HistoryEntry] = field(default_factory=list)
    #: Groups that were deactivated, and all their memberships with them.
    ended: list[int] = field(default_factory=list)
    #: Records and lists that may have changed, and are to be requested again.
    superseded: set[tuple[str, RecordKey]] = field(default_factory=set)

    @property
    def viewer_id(self) -> int:
        """The viewer's id, which every token of Panoptes has."""
        return self.viewer.id or 0

    def add_received(self, scope: Scope, entries: Entries) -> ReceivedRecords:
        """Add records that Panoptes has just answered, to be stored."""
        received = ReceivedRecords(scope, entries.rows, instant_of(self.clock()))
        self.received.append(received)
        return received

    def supersede(self, group_id: int, user_ids: Sequence[int] = ()) -> None:
        """Have the membership lists of a group and of these users requested again."""
        self.superseded.add((MEMBERSHIPS, (group_id, 0)))
        self.superseded |= {(MEMBERSHIPS, (0, user_id)) for user_id in user_ids}

    def supersede_all(self, group_id: int) -> None:
        """Have all requested again that the viewer may have changed in a group, or missed."""
        self.superseded.add((GROUPS, (group_id, 0)))
        self.superseded.add((MEMBERSHIPS, (group_id, self.viewer_id)))
        self.supersede(group_id, [self.viewer_id])

    def add_history(
        self,
        group_id: int,
        kind: ChangeKind,
        subjects: Sequence[int | None] = (None,),
        details: Details | None = None,
    ) -> None:
        """Add an entry to the group's history, to be stored."""
        self.history.append(HistoryEntry(group_id, kind, tuple(subjects), details))


def of_group(group_id: int) -> Scope:
    """The scope of a request for a group."""
    return Scope(GROUPS, frozenset({group_id}), _NOBODY)


def of_members(group_id: int, user_ids: Sequence[int] = ()) -> Scope:
    """The scope of a request for memberships of a group: of these users, or (empty) of all."""
    return Scope(MEMBERSHIPS, frozenset({group_id}), frozenset(user_ids))
