"""Response cache: whole answers, by operation and by the permissions that they depend on.

An answer that depends only on its viewer's permissions in groups is shared by all viewers with the
same ones; any other is for its own viewer alone. Memberships are read first, then the change feed
catches up, and then permissions and entities are compared without an await between: a cached answer
is valid in one state, which is no older than the request.
The model that spin checks is ``proofs/response_cache.pml``.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from gateway.auth.viewer import Viewer
from gateway.bounded_cache import BoundedCache
from gateway.calendar import today
from gateway.changes.feed import ChangeFeed
from gateway.changes.position import LogPosition
from gateway.db import Database, Snapshot
from gateway.graphql.documents.document_cache import PreparedDocument
from gateway.graphql.documents.request import GraphQLRequest
from gateway.graphql.execution.basis import Reads
from gateway.graphql.execution.cache_entry import CacheEntry
from gateway.graphql.execution.operation_key import OperationKey, operation_key
from gateway.graphql.execution.viewer_memberships import ViewerMemberships
from gateway.loaders.permissions import ViewerPermissions
from gateway.telemetry.around_statement import AroundStatement
from gateway.telemetry.counts import CacheCounts
from gateway.telemetry.record import RequestRecord

#: An entry beyond this part of the memory is not stored: it would evict all others.
_LARGEST_PART = 8
#: An answer about more groups is personal: comparing permissions is hardly less than reading.
_MOST_GROUPS = 100
#: Sets of groups by which one operation's answers are shared.
_MOST_SETS = 4
#: Of a set of groups, of each group in it, and of each group's permissions in a key.
_SET_BYTES = 500
_GROUP_BYTES = 100
_PERMISSIONS_BYTES = 400
_SHORTCUT_BYTES = 900

#: The ids of groups, ascending.
_Groups = tuple[int, ...]


class _SharedKey:
    """Key of an answer that viewers with these permissions in these groups share."""

    __slots__ = ("_hash", "_parts")

    def __init__(self, *parts: Hashable) -> None:
        self._parts = parts
        # Hashing the parts takes as long as the rest of a look-up.
        self._hash = hash(parts)

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, _SharedKey) and self._parts == other._parts)


class _Shortcut(NamedTuple):
    """Shortcut: the key of a viewer's entry at a position, without comparing permissions."""

    key: Hashable
    position: LogPosition


class Context(Protocol):
    """An operation's context; ``gateway.loaders.operation.Operation`` is one."""

    now: datetime
    permissions: ViewerPermissions

    @property
    def reads(self) -> Reads: ...


class ResponseCache:
    """LRU cache of at most ``capacity`` bytes of answers."""

    def __init__(
        self,
        database: Database,
        changes: ChangeFeed,
        clock: Callable[[], datetime],
        capacity: int,
        around: AroundStatement | None = None,
        primary_changes: ChangeFeed | None = None,
    ) -> None:
        self.hits = 0
        self.misses = 0
        self._entries = 0
        self._changes = changes
        #: Of the primary, for requests that are read there.
        self._primary_changes = primary_changes or changes
        self._clock = clock
        self._values: BoundedCache[Any, Any] = BoundedCache(capacity, on_evict=self._evicted)
        self._memberships = ViewerMemberships(database, self._values, around)
        changes.on_invalidate(self._clear)

    @property
    def memory(self) -> BoundedCache[Any, Any]:
        """The LRU cache itself, for other values that lead to entries; cleared with them."""
        return self._values

    @property
    def size(self) -> int:
        """The bytes of entries, their compressed forms, and memberships of viewers."""
        return self._values.size

    @property
    def counts(self) -> CacheCounts:
        """Counts for metrics; a hit is an answer from the cache."""
        return CacheCounts(self.hits, self.misses, self._entries)

    def key(self, prepared: PreparedDocument, request: GraphQLRequest) -> OperationKey:
        """The key of a request that is made now."""
        return operation_key(prepared, request, today(self._clock()))

    def is_of_today(self, key: OperationKey) -> bool:
        """Whether a request that is made now has the day of this key."""
        return key.day == today(self._clock())

    async def find(
        self, key: OperationKey, viewer: Viewer, record: RequestRecord
    ) -> CacheEntry | None:
        """Find the entry that answers the operation for this viewer, in a state not older than now.

        At most one statement, for memberships that are not known. NoConnection if it gets no
        connection.
        """
        entry = await self._find(key, viewer, record)
        if entry is None or record.is_behind(entry.position):
            entry = None
            self.misses += 1
        else:
            self.hits += 1
            record.read(entry.position)
        return entry

    def peek(self, key: OperationKey, viewer: Viewer) -> CacheEntry | None:
        """Peek: the entry that is known to be valid at the feed's position; nothing is read.

        Let the feed catch up just before.
        """
        if self._changes.position is None or not self._changes.is_readable():
            return None
        return self._chosen(key, viewer, self._changes)

    async def warm(self, key: OperationKey, viewers: Iterable[Viewer], snapshot: Snapshot) -> None:
        """Warm the memberships of these viewers, by which they share entries of the operation.

        At most one statement, of a snapshot that has read nothing yet.
        """
        sets: Sequence[_Groups] = self._values.get(key) or ()
        groups = set().union(*sets)
        if groups and self._changes.is_readable():
            await self._memberships.load_many(viewers, groups, snapshot, self._changes)

    async def _find(
        self, key: OperationKey, viewer: Viewer, record: RequestRecord
    ) -> CacheEntry | None:
        changes = self._primary_changes if record.at_primary else self._changes
        shortcut: _Shortcut | None = self._values.get((_Shortcut, key, viewer))
        if shortcut is None or shortcut.position != changes.position:
            shortcut = None
            if not await self._may_be_there(key, viewer, record, changes):
                return None
        if await changes.catch_up() is None:
            return None
        # From here to the end nothing is awaited: all is compared at one position.
        position = changes.position
        if position is None:
            return None
        if shortcut is not None and shortcut.position == position:
            entry = self._valid(shortcut.key, changes)
            if entry is not None:
                return entry
        return self._chosen(key, viewer, changes)

    async def _may_be_there(
        self, key: OperationKey, viewer: Viewer, record: RequestRecord, changes: ChangeFeed
    ) -> bool:
        """Whether there is an entry to choose; if so, the memberships to choose by are known."""
        if (key, viewer) in self._values:
            return True
        sets: Sequence[_Groups] = self._values.get(key) or ()
        if not sets or not changes.is_readable():
            return False
        if changes.position is None:
            await changes.catch_up()
        await self._memberships.load(viewer, set().union(*sets), record, changes)
        return True

    def _chosen(self, key: OperationKey, viewer: Viewer, changes: ChangeFeed) -> CacheEntry | None:
        own = self._valid((key, viewer), changes)
        if own is not None:
            return own
        sets: Sequence[_Groups] = self._values.get(key) or ()
        for groups in sets:
            permissions = self._memberships.permissions(viewer, groups, changes)
            if permissions is not None:
                entry_key = _SharedKey(key, groups, permissions)
                shared = self._valid(entry_key, changes)
                if shared is not None and changes.position is not None:
                    shortcut = _Shortcut(shared.key, changes.position)
                    self._values.put((_Shortcut, key, viewer), shortcut, _SHORTCUT_BYTES)
                    return shared
        return None

    def _valid(self, entry_key: object, changes: ChangeFeed) -> CacheEntry | None:
        entry: CacheEntry | None = self._values.get(entry_key)
        position = changes.position
        if entry is None or position is None:
            return None
        if entry.position != position:
            if not changes.holds(entry.entities, entry.position):
                return None
            entry.position = position
        return entry

    def store(
        self,
        key: OperationKey,
        viewer: Viewer,
        context: Context,
        data: bytes,
        *,
        personal: bool = False,
    ) -> CacheEntry | None:
        """Store the answer of an operation without errors; None if it cannot be cached.

        ``personal`` says that the answer is its viewer's, whatever the operation has read.
        """
        reads, permissions = context.reads, context.permissions
        # A request at the end of one day may have been executed on the next.
        if not reads.cacheable or reads.position is None or today(context.now) != key.day:
            return None
        by_group = permissions.group_permissions
        is_personal = personal or permissions.personal or len(by_group) > _MOST_GROUPS
        groups = () if is_personal else tuple(sorted(by_group))
        entry_key: Hashable = (key, viewer)
        if not is_personal:
            entry_key = _SharedKey(key, groups, tuple(by_group[one] for one in groups))
        entry = CacheEntry(data, frozenset(reads.entities), reads.position, entry_key)
        if entry.size > self._values.capacity // _LARGEST_PART:
            return None
        self._memberships.store(viewer, by_group, reads.position)
        if not is_personal:
            self._share(key, groups)
        self._put(entry, entry.size + _PERMISSIONS_BYTES * len(groups))
        return entry

    def _share(self, key: OperationKey, groups: _Groups) -> None:
        """Store by which groups this operation's answers are shared."""
        known: list[_Groups] = self._values.get(key) or []
        if groups in known:
            return
        sets = [groups, *known[: _MOST_SETS - 1]]
        self._values.put(key, sets, sum(_SET_BYTES + _GROUP_BYTES * len(one) for one in sets))

    def _put(self, entry: CacheEntry, size: int) -> None:
        if entry.key not in self._values:
            self._entries += 1
        self._values.put(entry.key, entry, size)

    def _evicted(self, value: object) -> None:
        if isinstance(value, CacheEntry):
            self._entries -= 1

    def _clear(self) -> None:
        self._values.clear()
        self._entries = 0
