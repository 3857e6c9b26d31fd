"""Live loaders: groups and memberships, requested from Panoptes unless the stored ones are fresh.

Each runs the same statements for one id as for many. A group whose entry is stale has the most
private level, and a stale membership is none: whatever needs one is refused. Lists of memberships
are never answered from stale entries.
"""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

import orjson

from gateway.directory.memberships import Membership, MembershipState
from gateway.directory.panoptes.answers import GROUPS, MEMBERSHIPS, RecordKey, Scope
from gateway.directory.panoptes.live import LiveDirectory, LookedUp
from gateway.directory.panoptes.look_up_limits import Asker
from gateway.directory.rows import Row
from gateway.directory.stats_visibility import StatsVisibility
from gateway.directory.user_groups import UserGroup, is_ended
from gateway.directory.users import User
from gateway.errors import Unavailable
from gateway.loaders.access import is_public, look_up_limit_reached
from gateway.loaders.directory import (
    ErasedUserLoader,
    LocalGroupLoader,
    MembershipKey,
    RequestedAtLoader,
)
from gateway.loaders.loader import Batches, Loader
from gateway.loaders.reads import OperationReads

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

_NOBODY: frozenset[int] = frozenset()


class LookUps:
    """Look-ups of one operation at Panoptes, without users who were erased.

    ``named`` is called with the users whose names came along.
    """

    def __init__(
        self,
        reads: OperationReads,
        live: LiveDirectory,
        asker: Asker,
        named: Callable[[User], object],
    ) -> None:
        self._named = named
        self._reads = reads
        self._live = live
        self._asker = asker
        #: Groups that are Unavailable to viewers for whom they do not exist.
        self.withheld: set[int] = set()
        self._requested_at = RequestedAtLoader(reads)
        self._erased = ErasedUserLoader(reads)
        self._local_groups = LocalGroupLoader(reads)

    def requested_at(self, scope: Scope) -> asyncio.Future[Mapping[RecordKey, int]]:
        """When Panoptes was last asked for records of the scope, as :meth:`look_up` takes it."""
        return self._requested_at.load(scope)

    async def look_up(
        self,
        scope: Scope,
        requested_at: Mapping[RecordKey, int],
        secret: Collection[RecordKey],
        listed: Collection[int],
    ) -> LookedUp:
        """What to take for the scope's record keys; an answer that rests on it is not cacheable.

        ``listed`` are the groups in the stored lists that an answer takes the place of.
        """
        self._reads.cacheable = False
        looked = await self._live.look_up(scope, requested_at, self._asker, secret)
        self._reads.depend_on_service(looked.fresh_for / 1_000_000)
        if scope.is_list and scope.users and looked.answered:
            looked = await self._without_local_groups(looked, listed)
        named = {
            row["user_id"] for rows in looked.answered.values() for row in rows if "user_id" in row
        }
        if not named:
            return looked
        erased_flags = await self._erased.load_many(named)
        erased = {one for one, is_erased in zip(named, erased_flags, strict=True) if is_erased}
        for user in _without(erased, looked.users, "id"):
            self._named(User(user["id"], user["login"], user["display_name"]))
        return looked._replace(
            answered={
                key: _without(erased, rows, "user_id") for key, rows in looked.answered.items()
            }
        )

    async def _without_local_groups(self, looked: LookedUp, listed: Collection[int]) -> LookedUp:
        answered_groups = {row["group_id"] for rows in looked.answered.values() for row in rows}
        groups = sorted(answered_groups.union(listed))
        are_local = await self._local_groups.load_many(groups)
        local = frozenset(one for one, is_local in zip(groups, are_local, strict=True) if is_local)
        answered = {key: _without(local, rows, "group_id") for key, rows in looked.answered.items()}
        return looked._replace(answered=answered, local_groups=local)


class LiveBatches(Batches):
    """The batches of one live loader."""

    async def read(self, wanted: Mapping[LiveLoader[Any, Any], Sequence[Any]]) -> None:
        for loader, keys in wanted.items():
            loader.values |= zip(keys, await loader.look_up(keys), strict=True)


class LiveLoader(Loader[K, V]):
    """A loader of Panoptes' answers, or else of what is stored.

    Unavailable for unknown keys beyond the limit of look-ups.
    """

    has_errors = True

    def __init__(self, look_ups: LookUps, stored: Loader[K, V]) -> None:
        super().__init__(LiveBatches())
        self._look_ups = look_ups
        self._stored = stored

    @abstractmethod
    def scope(self, keys: Sequence[K]) -> Scope:
        """The scope of the request to Panoptes."""

    def secret(self, stored: Sequence[V]) -> Collection[RecordKey]:
        """Keys of records of which not everybody may know that there is something."""
        return ()

    def listed(self, stored: Sequence[V]) -> Collection[int]:
        """The groups in stored lists of memberships."""
        return ()

    @abstractmethod
    def value(self, key: K, stored: V, looked: LookedUp) -> V | Exception:
        """The value of a key, or the error in its place."""

    async def look_up(self, keys: Sequence[K]) -> Sequence[V | Exception]:
        """The values of the keys, in their order."""
        scope = self.scope(keys)
        stored, requested_at = await asyncio.gather(
            self._stored.load_many(keys), self._look_ups.requested_at(scope)
        )
        looked = await self._look_ups.look_up(
            scope, requested_at, self.secret(stored), self.listed(stored)
        )
        return [self.value(key, one, looked) for key, one in zip(keys, stored, strict=True)]


class LiveGroupLoader(LiveLoader[int, UserGroup | None]):
    """Groups by id; None for one that neither Panoptes nor the directory has."""

    def scope(self, keys: Sequence[int]) -> Scope:
        return Scope(GROUPS, frozenset(keys), _NOBODY)

    def secret(self, stored: Sequence[UserGroup | None]) -> Collection[RecordKey]:
        return [(one.id, 0) for one in stored if one is not None and not is_public(one)]

    def value(
        self, key: int, stored: UserGroup | None, looked: LookedUp
    ) -> UserGroup | Exception | None:
        record_key = (key, 0)
        if record_key in looked.refused:
            self._look_ups.withheld.add(key)
            if stored is None:
                return look_up_limit_reached()
        if record_key in looked.answered:
            found = next(map(_user_group, looked.answered[record_key]), None)
            return found if found is None or stored is None else _as_recorded(found, stored)
        if stored is not None and record_key in looked.stale:
            return stored._replace(stats_visibility=StatsVisibility.PRIVATE_AGG_ONLY)
        return stored


class LiveMembershipLoader(LiveLoader[MembershipKey, Membership | None]):
    """One user's memberships of groups."""

    def scope(self, keys: Sequence[MembershipKey]) -> Scope:
        groups = frozenset(key.group_id for key in keys)
        return Scope(MEMBERSHIPS, groups, frozenset(key.user_id for key in keys))

    def value(
        self, key: MembershipKey, stored: Membership | None, looked: LookedUp
    ) -> Membership | Exception | None:
        record_key = (key.group_id, key.user_id)
        if record_key in looked.refused:
            return look_up_limit_reached()
        if record_key in looked.answered:
            return next(map(_membership, looked.answered[record_key]), None)
        return None if record_key in looked.stale else stored


class LiveMembershipsLoader(LiveLoader[int, tuple[Membership, ...]]):
    """Memberships by group or by user, whatever their state, in ascending order.

    Unavailable, for that id, where the stored ones are stale.
    """

    def __init__(
        self, look_ups: LookUps, stored: Loader[int, tuple[Membership, ...]], *, of_groups: bool
    ) -> None:
        super().__init__(look_ups, stored)
        self._of_groups = of_groups

    def scope(self, keys: Sequence[int]) -> Scope:
        ids = frozenset(keys)
        groups, users = (ids, _NOBODY) if self._of_groups else (_NOBODY, ids)
        return Scope(MEMBERSHIPS, groups, users)

    def listed(self, stored: Sequence[tuple[Membership, ...]]) -> Collection[int]:
        return {one.group_id for many in stored for one in many}

    def value(
        self, key: int, stored: tuple[Membership, ...], looked: LookedUp
    ) -> tuple[Membership, ...] | Exception:
        record_key = (key, 0) if self._of_groups else (0, key)
        if record_key in looked.refused:
            return look_up_limit_reached()
        if record_key in looked.answered:
            answered = map(_membership, looked.answered[record_key])
            local = (one for one in stored if one.group_id in looked.local_groups)
            return tuple(sorted([*answered, *local], key=_in_order))
        if record_key in looked.stale:
            return Unavailable("Panoptes, which stores the memberships, does not answer.")
        return stored


def _without(ids: Collection[int], rows: Iterable[Row], column: str) -> list[Row]:
    return [row for row in rows if row[column] not in ids]


def _user_group(row: Mapping[str, Any]) -> UserGroup:
    return UserGroup(
        row["id"],
        row["name"],
        row["display_name"],
        StatsVisibility(row["stats_visibility"]),
        row["private"],
        is_ended(row["state"]),
    )


def _as_recorded(found: UserGroup, stored: UserGroup) -> UserGroup:
    """A group in an answer of Panoptes, with the columns that only the stored record has."""
    return found._replace(
        created_at=stored.created_at, updated_at=stored.updated_at, revision=stored.revision
    )


def _membership(row: Mapping[str, Any]) -> Membership:
    roles = frozenset(orjson.loads(row["roles"]))
    state, created_at = MembershipState(row["state"]), row["created_at"]
    return Membership(row["group_id"], row["user_id"], state, roles, created_at, row.get("id"))


def _in_order(one: Membership) -> tuple[int, int]:
    return one.group_id, one.user_id
