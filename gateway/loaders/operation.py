"""Operation context: its viewer, time, snapshot and loaders."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from types import TracebackType
from typing import Self

from gateway.auth.spender import spender_of
from gateway.auth.viewer import Viewer
from gateway.calendar import today
from gateway.changes.feed import ChangeFeed
from gateway.db import Database, Snapshot
from gateway.directory.memberships import Membership
from gateway.directory.panoptes.live import LiveDirectory
from gateway.directory.panoptes.look_up_limits import Asker
from gateway.directory.users import User
from gateway.groups.commands import Command, Outcome
from gateway.groups.life import NO_GROUP_LIFE, GroupLife
from gateway.loaders.cache import ReadCache
from gateway.loaders.directory import MembershipKey, MembershipLoader
from gateway.loaders.live import LiveMembershipLoader, LookUps
from gateway.loaders.loader import Loader
from gateway.loaders.loaders import Loaders
from gateway.loaders.permissions import ViewerPermissions
from gateway.loaders.reads import OperationReads
from gateway.loaders.watched import UNWATCHED, Watch
from gateway.telemetry.record import RequestRecord
from gateway.yielding import Yielding


class Operation:
    """The context of one operation; never shared by two, also not within an HTTP batch.

    Its viewer is visible through its ``permissions`` alone.

    With a ``live`` directory, groups and memberships are what Panoptes says; without one, what
    the directory says is never stale. With a ``cache``, what was read before in the same state
    is not read again. Its statements are added to ``record`` when it is over.

    A mutation changes groups by :meth:`run`, one command after the other. What is read after a
    command is read from a snapshot of the primary that was begun after its commit. The primary has
    a feed of its own where answers are read from another server.
    """

    snapshot: Snapshot
    reads: OperationReads
    permissions: ViewerPermissions
    loaders: Loaders
    _look_ups: LookUps | None

    def __init__(
        self,
        database: Database,
        viewer: Viewer,
        now: datetime,
        live: LiveDirectory | None = None,
        cache: ReadCache | None = None,
        record: RequestRecord | None = None,
        watch: Watch = UNWATCHED,
        yielding: Yielding | None = None,
        feed: ChangeFeed | None = None,
        group_life: GroupLife = NO_GROUP_LIFE,
        primary_feed: ChangeFeed | None = None,
    ) -> None:
        self.now = now
        #: Whether the answer holds a secret.
        self.has_secret = False
        self.group_life = group_life
        self._record = record
        self._watch = watch
        self._at_primary = record is not None and record.at_primary

        def begin_reading() -> None:
            at_primary = self._at_primary
            self.snapshot = database.read(at_primary=at_primary)
            self.snapshot.around = watch.around_statement
            known = primary_feed if at_primary and primary_feed is not None else feed
            self.reads = OperationReads(self.snapshot, cache, watch, yielding, known)
            look_ups = None
            memberships: Loader[MembershipKey, Membership | None] = MembershipLoader(self.reads)
            if live is not None:
                asker = _asker(viewer, record.client if record else "")
                look_ups = LookUps(self.reads, live, asker, self._name)
                memberships = LiveMembershipLoader(look_ups, memberships)
            self.permissions = ViewerPermissions(viewer, memberships)
            self._look_ups = look_ups
            self.reset_loaders()

        self._begin_reading = begin_reading
        self._run = partial(_run, group_life, viewer)
        self._read_tokens = (
            None if group_life.read_tokens is None else partial(group_life.read_tokens, viewer)
        )
        begin_reading()

    async def run(self, command: Command) -> Outcome:
        """Run a command of the viewer, and read from its commit on: all is decided again.

        Raises what ``GroupService.run`` raises. For fields of the mutation type alone, which are
        executed one after the other.
        """
        # No connection is held while the command waits for the writer lock.
        await self._end_reading()
        try:
            return await self._run(command)
        finally:
            self._at_primary = True
            if self._record is not None:
                # What follows in a batch is not answered from a state before it either.
                self._record.at_primary = self._record.has_written = True
            self._begin_reading()

    def reset_loaders(self) -> None:
        """Discard the loaded values, not the snapshot: for reads of more than fits in memory."""
        self.loaders = Loaders(self.reads, self.permissions, self._look_ups, self._read_tokens)

    def mark_secret(self) -> None:
        """Mark the answer as secret: no cache may store it, nothing may compress it."""
        self.reads.cacheable = False
        self.has_secret = True

    def note_unknown_roles(self, number: int) -> None:
        """Count roles that the answer leaves out, since the schema does not know them."""
        if number and self._watch.count_unknown_roles is not None:
            self._watch.count_unknown_roles(number)

    def _name(self, user: User) -> None:
        # Names that came along need not be read: they may not be stored yet.
        self.loaders.users.prime(user.id, user)

    @property
    def today(self) -> int:
        """The UTC day of the operation."""
        return today(self.now)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._end_reading()

    async def _end_reading(self) -> None:
        self.reads.close()
        if self._record is not None:
            self._record.statements += self.snapshot.statements
            self._record.fell_back |= self.snapshot.fell_back
            self._record.read(self.reads.position)
        await self.snapshot.__aexit__(None, None, None)


async def _run(group_life: GroupLife, viewer: Viewer, command: Command) -> Outcome:
    return await group_life.run(command, viewer)


def _asker(viewer: Viewer, client: str) -> Asker:
    signed_in = viewer.id is not None or viewer.api_key_id is not None
    return Asker(spender_of(viewer, client), signed_in)
