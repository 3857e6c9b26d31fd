"""Loaders of groups and memberships that ask Panoptes for what the directory has not lately heard.

Each runs the same statements for one id as for many. A group whose entry is stale shows as little
as there is, and a stale membership is none: whatever needs one is refused. Lists of memberships
are not answered from stale entries at all.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping
from hashlib import blake2b
from typing import Any

import orjson

from gateway.auth.visibility import ViewerRole, group_exists
from gateway.directory.memberships import Membership, MembershipState
from gateway.directory.panoptes.answers import GROUPS, MEMBERSHIPS, Place, Scope
from gateway.directory.panoptes.live import LiveDirectory, LookedUp
from gateway.directory.panoptes.look_up_limits import Asker
from gateway.directory.rows import Row
from gateway.directory.stats_visibility import StatsVisibility
from gateway.directory.user_groups import UserGroup, is_ended
from gateway.directory.users import User
from gateway.errors import Unavailable
from gateway.loaders.access import too_much_asked
from gateway.loaders.directory import AskedAtLoader, ForgottenLoader, MembershipKey
from gateway.loaders.facts import Facts
from gateway.loaders.loader import BatchLoader, Loader

_NOBODY: frozenset[int] = frozenset()


class LookUps:
    """Panoptes as one operation asks it, without users who were erased."""

    def __init__(self, facts: Facts, live: LiveDirectory, asker: Asker) -> None:
        self._facts = facts
        self._live = live
        self._asker = asker
        #: Groups of which whoever they do not exist for is not to be told so now.
        self.withheld: set[int] = set()
        self._asked_at = AskedAtLoader(facts)
        self._forgotten = ForgottenLoader(facts)

    def asked_at(self, scope: Scope) -> asyncio.Future[Mapping[Place, int]]:
        """When Panoptes was last asked for places of the scope, as :meth:`look_up` takes it."""
        return self._asked_at.load(scope)

    async def look_up(
        self, scope: Scope, asked_at: Mapping[Place, int], secret: Collection[Place] = ()
    ) -> LookedUp:
        """What to take for the scope's places."""
        looked = await self._live.look_up(scope, asked_at, self._asker, secret)
        named = {
            row["user_id"] for rows in looked.answered.values() for row in rows if "user_id" in row
        }
        if not named:
            return looked
        gone = await self._forgotten.load_many(named)
        erased = {user_id for user_id, is_gone in zip(named, gone, strict=True) if is_gone}
        return LookedUp(
            {place: _without(erased, rows, "user_id") for place, rows in looked.answered.items()},
            looked.stale,
            _without(erased, looked.users, "id"),
            looked.refused,
        )

    def note(self, resource: str, place: Place, answer: object) -> None:
        """Note what was taken, as a version: it may have changed without any of the database."""
        group, user = place
        digest = blake2b(orjson.dumps(answer, default=_plain), digest_size=7).digest()
        self._facts.note((f"panoptes {resource} of {group}", user), int.from_bytes(digest))


class LiveGroupLoader(BatchLoader[int, UserGroup | None]):
    """Groups by id; None for one that neither Panoptes nor the directory has."""

    def __init__(self, look_ups: LookUps, stored: Loader[int, UserGroup | None]) -> None:
        super().__init__()
        self._look_ups = look_ups
        self._stored = stored

    async def batch(self, keys: list[int]) -> list[UserGroup | Exception | None]:
        """The groups in the order of the ids; Unavailable for unknown ones beyond the limit."""
        scope = Scope(GROUPS, frozenset(keys), _NOBODY)
        stored, asked_at = await asyncio.gather(
            self._stored.load_many(keys), self._look_ups.asked_at(scope)
        )
        secret = [(one.id, 0) for one in stored if one is not None and not _is_public(one)]
        looked = await self._look_ups.look_up(scope, asked_at, secret)
        self._look_ups.withheld.update(group_id for group_id, _ in looked.refused)
        found: list[UserGroup | Exception | None] = []
        for key, known in zip(keys, stored, strict=True):
            if (key, 0) in looked.refused and known is None:
                found.append(too_much_asked())
                continue
            group = _group(known, (key, 0), looked)
            self._look_ups.note(GROUPS, (key, 0), group)
            found.append(group)
        return found


class LiveMembershipLoader(BatchLoader[MembershipKey, Membership | None]):
    """One user's memberships of groups."""

    def __init__(self, look_ups: LookUps, stored: Loader[MembershipKey, Membership | None]) -> None:
        super().__init__()
        self._look_ups = look_ups
        self._stored = stored

    async def batch(self, keys: list[MembershipKey]) -> list[Membership | Exception | None]:
        """The memberships in the order of the keys; Unavailable as for groups."""
        scope = Scope(
            MEMBERSHIPS,
            frozenset(key.group_id for key in keys),
            frozenset(key.user_id for key in keys),
        )
        stored, asked_at = await asyncio.gather(
            self._stored.load_many(keys), self._look_ups.asked_at(scope)
        )
        looked = await self._look_ups.look_up(scope, asked_at)
        found: list[Membership | Exception | None] = []
        for key, known in zip(keys, stored, strict=True):
            place = (key.group_id, key.user_id)
            if place in looked.refused:
                found.append(too_much_asked())
                continue
            if place in looked.answered:
                known = next(map(_membership, looked.answered[place]), None)
            elif place in looked.stale:
                known = None
            self._look_ups.note(MEMBERSHIPS, place, known)
            found.append(known)
        return found


class LiveMembershipsLoader(BatchLoader[int, tuple[Membership, ...]]):
    """Memberships by group or by user, whatever their state, in ascending order.

    Unavailable, for that id, where the stored ones are stale. ``named`` is told the names of users
    that came along.
    """

    def __init__(
        self,
        look_ups: LookUps,
        stored: Loader[int, tuple[Membership, ...]],
        named: Callable[[User], object],
        *,
        of_groups: bool,
    ) -> None:
        super().__init__()
        self._look_ups = look_ups
        self._stored = stored
        self._named = named
        self._of_groups = of_groups

    async def batch(self, keys: list[int]) -> list[tuple[Membership, ...] | Exception]:
        """The memberships of each id, in the order of the ids."""
        ids = frozenset(keys)
        groups, users = (ids, _NOBODY) if self._of_groups else (_NOBODY, ids)
        scope = Scope(MEMBERSHIPS, groups, users)
        stored, asked_at = await asyncio.gather(
            self._stored.load_many(keys), self._look_ups.asked_at(scope)
        )
        looked = await self._look_ups.look_up(scope, asked_at)
        for user in looked.users:
            self._named(User(user["id"], user["login"], user["display_name"]))
        found = []
        for key, known in zip(keys, stored, strict=True):
            place = (key, 0) if self._of_groups else (0, key)
            memberships = _memberships(place, known, looked)
            self._look_ups.note(MEMBERSHIPS, place, (memberships, looked.users))
            found.append(memberships)
        return found


def _is_public(group: UserGroup) -> bool:
    """Whether anyone may know that there is this group."""
    return group_exists(
        group.stats_visibility, private=group.private, ended=group.ended, role=ViewerRole.ANYONE
    )


def _plain(value: object) -> object:
    """What JSON lacks, in one order."""
    if isinstance(value, frozenset):
        return sorted(value)
    return tuple(value) if isinstance(value, tuple) else str(value)


def _memberships(
    place: Place, stored: tuple[Membership, ...], looked: LookedUp
) -> tuple[Membership, ...] | Exception:
    if place in looked.refused:
        return too_much_asked()
    if place in looked.answered:
        return tuple(sorted(map(_membership, looked.answered[place]), key=_in_order))
    if place in looked.stale:
        return Unavailable("Panoptes, which stores the memberships, does not answer.")
    return stored


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
        is_ended(row["state"]),
    )


def _membership(row: Mapping[str, Any]) -> Membership:
    roles = frozenset(orjson.loads(row["roles"]))
    return Membership(row["group_id"], row["user_id"], MembershipState(row["state"]), roles)


def _in_order(one: Membership) -> tuple[int, int]:
    return one.group_id, one.user_id
