"""The context of the gateway's resolvers, over data in memory instead of a database.

The resolvers, guards and visibility rules are the gateway's own; only where its loaders ask a
statement, these look into dictionaries. They are asynchronous and batch, as the gateway's do.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from datetime import date
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import orjson

from gateway.auth.viewer import Viewer
from gateway.calendar import DayRange, day_number
from gateway.directory.memberships import Membership, MembershipState
from gateway.directory.projects import Project
from gateway.directory.stats_visibility import StatsVisibility
from gateway.directory.user_groups import UserGroup
from gateway.directory.users import User
from gateway.loaders.access import Access
from gateway.loaders.loader import Batches, Loader
from gateway.loaders.members import MemberDays, MembersKey
from gateway.loaders.permissions import ViewerPermissions
from gateway.loaders.statistics import (
    Buckets,
    BucketsQuestion,
    Contribution,
    Contributions,
    Rank,
    RankingQuestion,
)
from gateway.stats.subject import Answer, Question

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
#: Whose statistics, and of which days.
Members = Mapping[int, Contributions]
Of = tuple[DayRange, int]
TODAY = day_number(date(2026, 1, 1))


class Store:
    """The file of ``benchmarks.memory.data``, as the gateway's own records."""

    def __init__(self, file: Path) -> None:
        data = orjson.loads(file.read_bytes())
        self.viewer = Viewer(id=data["viewer"])
        self.users = {one["id"]: User(*one.values()) for one in data["users"]}
        self.projects = {one["id"]: Project(*one.values()) for one in data["projects"]}
        self.groups = {
            one["id"]: UserGroup(
                one["id"],
                one["name"],
                one["displayName"],
                StatsVisibility[one["statsVisibility"]],
                private=False,
            )
            for one in data["groups"]
        }
        memberships = [
            Membership(
                one["groupId"],
                one["userId"],
                MembershipState[one["state"]],
                frozenset(one["roles"]),
            )
            for one in data["memberships"]
        ]
        self.viewer_memberships = {
            one.group_id: one for one in memberships if one.user_id == self.viewer.id
        }
        self.totals: dict[Of, Answer] = {}
        self.buckets: dict[Of, Buckets] = {}
        self.contributions: dict[Of, Contributions] = {}
        self.ranking: dict[Of, tuple[Rank, ...]] = {}
        self.members: dict[Of, Members] = {}
        for one in data["stats"]:
            self._keep((_days(one["range"]), one["groupId"]), one)

    def _keep(self, of: Of, one: dict[str, Any]) -> None:
        self.totals[of] = Answer(one["n"], one["ms"])
        self.buckets[of] = tuple(
            (day_number(date.fromisoformat(day)), Answer(n, ms)) for day, n, ms in one["buckets"]
        )
        self.contributions[of] = tuple(Contribution(*row) for row in one["projects"])
        self.ranking[of] = tuple(Rank(m["userId"], m["n"], m["ms"]) for m in one["members"])
        self.members[of] = {
            m["userId"]: tuple(Contribution(*row) for row in m["projects"]) for m in one["members"]
        }


class Lookups(Batches):
    """What the loaders of one operation look up together, as ``gateway.loaders.reads`` does."""

    async def read(self, wanted: Mapping[MemoryLoader[Any, Any], Sequence[Any]]) -> None:
        for loader, keys in wanted.items():
            loader.values |= ((key, loader.find(key)) for key in keys)


class MemoryLoader(Loader[K, V]):
    """Looks each key up."""

    def __init__(self, lookups: Lookups, find: Callable[[K], V]) -> None:
        super().__init__(lookups)
        self.find = find


class MemoryLoaders:
    """Those of ``gateway.loaders.operation.Loaders`` that the pages need."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lookups = Lookups()

    @cached_property
    def totals(self) -> MemoryLoader[tuple[Question, int], Answer]:
        return MemoryLoader(self._lookups, lambda key: self._store.totals[_of(*key)])

    @cached_property
    def buckets(self) -> MemoryLoader[tuple[BucketsQuestion, int], Buckets]:
        return MemoryLoader(
            self._lookups, lambda key: self._store.buckets[_of(key[0].question, key[1])]
        )

    @cached_property
    def contributions(self) -> MemoryLoader[tuple[Question, int], Contributions]:
        return MemoryLoader(self._lookups, lambda key: self._store.contributions[_of(*key)])

    @cached_property
    def active_users(self) -> MemoryLoader[tuple[Question, int], int]:
        return MemoryLoader(self._lookups, lambda key: len(self._store.ranking[_of(*key)]))

    @cached_property
    def ranking(self) -> MemoryLoader[tuple[RankingQuestion, int], tuple[Rank, ...]]:
        return MemoryLoader(
            self._lookups,
            lambda key: self._store.ranking[_of(key[0].question, key[1])][: key[0].limit],
        )

    @cached_property
    def member_contributions(self) -> MemoryLoader[MembersKey[Question], Members]:
        def find(key: MembersKey[Question]) -> Members:
            members = self._store.members[_of(key.question, key.group_id)]
            return {user_id: members[user_id] for user_id in key.user_ids}

        return MemoryLoader(self._lookups, find)

    @cached_property
    def member_last_days(self) -> MemoryLoader[MembersKey[Question], MemberDays]:
        """No question asks for a day."""
        return MemoryLoader(self._lookups, lambda _: {})

    @cached_property
    def users(self) -> MemoryLoader[int, User | None]:
        return MemoryLoader(self._lookups, self._store.users.get)

    @cached_property
    def projects(self) -> MemoryLoader[int, Project | None]:
        return MemoryLoader(self._lookups, self._store.projects.get)

    @cached_property
    def memberships_by_user(self) -> MemoryLoader[int, tuple[Membership, ...]]:
        mine = tuple(self._store.viewer_memberships.values())
        return MemoryLoader(
            self._lookups, lambda user_id: mine if user_id == self._store.viewer.id else ()
        )

    @cached_property
    def access(self) -> Access:
        return Access(self.permissions, MemoryLoader(self._lookups, self._store.groups.get))

    @cached_property
    def permissions(self) -> ViewerPermissions:
        own = self._store.viewer_memberships
        return ViewerPermissions(
            self._store.viewer, MemoryLoader(self._lookups, lambda key: own.get(key.group_id))
        )


class MemoryOperation:
    """One operation of the viewer, in place of ``gateway.loaders.operation.Operation``."""

    today = TODAY
    has_secret = False

    def __init__(self, store: Store) -> None:
        self.loaders = MemoryLoaders(store)
        self.permissions = self.loaders.permissions

    def note_unknown_roles(self, number: int) -> None:
        """All roles of the data are known."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


def _of(question: Question, subject_id: int) -> Of:
    return question.selection.days, subject_id


def _days(text: str) -> DayRange:
    if text == "all":
        return DayRange()
    start, end = (day_number(date.fromisoformat(day)) for day in text.split("/"))
    return DayRange(start, end)
