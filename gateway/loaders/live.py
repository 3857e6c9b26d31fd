"""Loaders of groups and memberships that ask Panoptes for what the directory has not lately heard.

Each runs the same statements for one id as for many. A group whose entry is stale shows as little
as there is, and a stale membership is none: whatever needs one is refused. Lists of memberships
are not answered from stale entries at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import orjson
from aiodataloader import DataLoader

from gateway.auth.viewer import Viewer
from gateway.db import Snapshot
from gateway.directory.memberships import (
    MEMBERSHIPS_BY_GROUP,
    MEMBERSHIPS_BY_USER,
    MEMBERSHIPS_OF_VIEWER,
    Membership,
    MembershipState,
    membership_of,
)
from gateway.directory.panoptes.answers import (
    ASKED_AT,
    FORGOTTEN,
    GROUPS,
    MEMBERSHIPS,
    Place,
    Scope,
)
from gateway.directory.panoptes.live import LiveDirectory, LookedUp
from gateway.directory.rows import Row
from gateway.directory.stats_visibility import StatsVisibility
from gateway.directory.user_groups import USER_GROUPS_BY_ID, UserGroup, user_group_of
from gateway.directory.users import User
from gateway.errors import Unavailable

_NOBODY: frozenset[int] = frozenset()


class LiveGroupLoader(DataLoader[int, UserGroup | None]):
    """Groups by id; None for one that neither Panoptes nor the directory has."""

    def __init__(self, snapshot: Snapshot, live: LiveDirectory) -> None:
        super().__init__()
        self._snapshot = snapshot
        self._live = live

    async def batch_load_fn(self, keys: list[int]) -> list[UserGroup | None]:
        """The groups in the order of the ids."""
        rows = await self._snapshot.fetch(USER_GROUPS_BY_ID, {"ids": keys})
        stored = {row.id: user_group_of(row) for row in rows}
        scope = Scope(GROUPS, frozenset(keys), _NOBODY)
        looked = await _look_up(self._live, self._snapshot, scope)
        return [_group(stored.get(key), (key, 0), looked) for key in keys]


class LiveViewerMembershipLoader(DataLoader[int, Membership | None]):
    """The viewer's own membership of groups, by group id; nothing is read for the anonymous."""

    def __init__(self, snapshot: Snapshot, viewer: Viewer, live: LiveDirectory) -> None:
        super().__init__()
        self._snapshot = snapshot
        self._viewer = viewer
        self._live = live

    async def batch_load_fn(self, keys: list[int]) -> list[Membership | None]:
        """The memberships in the order of the group ids."""
        viewer = self._viewer.id
        if viewer is None:
            return [None] * len(keys)
        rows = await self._snapshot.fetch(MEMBERSHIPS_OF_VIEWER, {"viewer": viewer, "ids": keys})
        stored = {row.group_id: membership_of(row) for row in rows}
        scope = Scope(MEMBERSHIPS, frozenset(keys), frozenset({viewer}))
        looked = await _look_up(self._live, self._snapshot, scope)
        found: list[Membership | None] = []
        for key in keys:
            place = (key, viewer)
            if place in looked.answered:
                found.append(next(map(_membership, looked.answered[place]), None))
            else:
                found.append(None if place in looked.stale else stored.get(key))
        return found


class LiveMembershipsLoader(DataLoader[int, tuple[Membership, ...]]):
    """Memberships by group or by user, whatever their state, in ascending order.

    Unavailable, for that id, where the stored ones are stale. ``named`` is told the names of users
    that came along.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        live: LiveDirectory,
        named: Callable[[User], object],
        *,
        of_groups: bool,
    ) -> None:
        super().__init__()
        self._snapshot = snapshot
        self._live = live
        self._named = named
        self._of_groups = of_groups

    async def batch_load_fn(  # type: ignore[override]  # aiodataloader raises an error for its key
        self, keys: list[int]
    ) -> list[tuple[Membership, ...] | Exception]:
        """The memberships of each id, in the order of the ids."""
        statement = MEMBERSHIPS_BY_GROUP if self._of_groups else MEMBERSHIPS_BY_USER
        stored: dict[Place, list[Membership]] = {self._place(key): [] for key in keys}
        for row in await self._snapshot.fetch(statement, {"ids": keys}):
            one = membership_of(row)
            stored[self._place(one.group_id if self._of_groups else one.user_id)].append(one)
        ids = frozenset(keys)
        groups, users = (ids, _NOBODY) if self._of_groups else (_NOBODY, ids)
        looked = await _look_up(self._live, self._snapshot, Scope(MEMBERSHIPS, groups, users))
        for user in looked.users:
            self._named(User(user["id"], user["login"], user["display_name"]))
        return [self._memberships(self._place(key), stored, looked) for key in keys]

    def _place(self, key: int) -> Place:
        return (key, 0) if self._of_groups else (0, key)

    def _memberships(
        self, place: Place, stored: Mapping[Place, Sequence[Membership]], looked: LookedUp
    ) -> tuple[Membership, ...] | Exception:
        if place in looked.answered:
            return tuple(sorted(map(_membership, looked.answered[place]), key=_in_order))
        if place in looked.stale:
            return Unavailable("Panoptes, which knows the memberships, does not answer.")
        return tuple(stored[place])


async def _look_up(live: LiveDirectory, snapshot: Snapshot, scope: Scope) -> LookedUp:
    """What to take for the scope's places, without users who were erased."""
    asked = await snapshot.fetch(ASKED_AT, scope.parameters())
    looked = await live.look_up(scope, {(row[0], row[1]): row[2] for row in asked})
    named = {
        row["user_id"] for rows in looked.answered.values() for row in rows if "user_id" in row
    }
    if not named:
        return looked
    gone = {row[0] for row in await snapshot.fetch(FORGOTTEN, {"users": list(named)})}
    return LookedUp(
        {place: _without(gone, rows, "user_id") for place, rows in looked.answered.items()},
        looked.stale,
        _without(gone, looked.users, "id"),
    )


def _without(users: set[int], rows: Iterable[Row], column: str) -> list[Row]:
    return [row for row in rows if row[column] not in users]


def _group(stored: UserGroup | None, place: Place, looked: LookedUp) -> UserGroup | None:
    if place in looked.answered:
        return next(map(_user_group, looked.answered[place]), None)
    if stored is not None and place in looked.stale:
        return stored._replace(stats_visibility=StatsVisibility.PRIVATE_AGG_ONLY)
    return stored


def _user_group(row: Mapping[str, Any]) -> UserGroup:
    return UserGroup(
        row["id"],
        row["name"],
        row["display_name"],
        StatsVisibility(row["stats_visibility"]),
        row["private"],
    )


def _membership(row: Mapping[str, Any]) -> Membership:
    roles = frozenset(orjson.loads(row["roles"]))
    return Membership(row["group_id"], row["user_id"], MembershipState(row["state"]), roles)


def _in_order(one: Membership) -> tuple[int, int]:
    return one.group_id, one.user_id
