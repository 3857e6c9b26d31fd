"""Loaders of pages of records, and of the details in records; they are never cached."""

from __future__ import annotations

from abc import ABC
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from functools import cached_property
from operator import itemgetter
from typing import Any, Generic, NamedTuple, TypeVar

from sqlalchemy import Select

from gateway.changes.entity import Entity
from gateway.db.instance_secret import INSTANCE_SECRET
from gateway.directory.group_pages import GroupList, group_page, group_page_count
from gateway.directory.listed_members import LISTED_MEMBERS, ListedMember
from gateway.directory.membership_pages import (
    MembershipList,
    MembershipRecord,
    RosterList,
    membership_count,
    membership_page,
    membership_record,
    roster_count,
    roster_page,
)
from gateway.directory.project_pages import project_count, project_page
from gateway.loaders.loader import Batches, Bound, KeyLoader, Request, StatementLoader

K = TypeVar("K", bound=Hashable)
Q = TypeVar("Q", bound=Hashable)
V = TypeVar("V")

#: The statement of a list with its parameters, by its question.
ListStatement = Callable[[Q], tuple[Select[Any], dict[str, Any]]]


class _Uncached(StatementLoader[K, V], ABC, Generic[K, V]):
    def entities(self, key: K) -> tuple[Entity, ...]:
        return ()


class PageKey(NamedTuple, Generic[Q]):
    """A page of a list."""

    listed: Q
    limit: int
    offset: int


class PageLoader(_Uncached[PageKey[Q], tuple[V, ...]], KeyLoader[PageKey[Q], tuple[V, ...]]):
    """Records of pages, in the order of their rows."""

    default = ()

    def __init__(
        self, batches: Batches, name: str, page: ListStatement[Q], read: Callable[[Any], V]
    ) -> None:
        super().__init__(batches, name)
        self._page = page
        self._read = read

    def statement(self, key: PageKey[Q]) -> Bound:
        statement, bound = self._page(key.listed)
        return statement, {**bound, "limit": key.limit, "offset": key.offset}

    def value(self, key: PageKey[Q], rows: Sequence[Any]) -> tuple[V, ...]:
        return tuple(map(self._read, sorted(map(tuple, rows))))


class RecordCountLoader(_Uncached[Q, int], KeyLoader[Q, int]):
    """How many records a list has on all its pages."""

    default = 0

    def __init__(self, batches: Batches, name: str, count: ListStatement[Q]) -> None:
        super().__init__(batches, name)
        self._count = count

    def statement(self, key: Q) -> Bound:
        return self._count(key)

    def value(self, key: Q, rows: Sequence[Any]) -> int:
        number: int = rows[0][0]
        return number


class ListedKey(NamedTuple):
    """A group, a user (0: none) who is always listed, and whether the roster is visible."""

    group_id: int
    user_id: int
    is_visible: bool


class ListedMembersLoader(_Uncached[ListedKey, tuple[ListedMember, ...]]):
    """The members that a group's record lists, by ascending id of the membership."""

    name = "listed members"
    default = ()

    def requests(self, keys: Sequence[ListedKey]) -> Iterable[Request]:
        users: dict[int, list[ListedKey]] = defaultdict(list)
        for key in keys:
            users[key.user_id].append(key)
        for user_id, selected in users.items():

            def values(
                rows: Sequence[Any], selected: list[ListedKey] = selected
            ) -> Mapping[ListedKey, tuple[ListedMember, ...]]:
                members: dict[int, list[ListedMember]] = defaultdict(list)
                for group_id, user_id, membership_id in rows:
                    members[group_id].append(ListedMember(user_id, membership_id))
                return {
                    key: tuple(sorted(members[key.group_id], key=lambda one: one.membership_id))
                    for key in selected
                }

            bound = {
                "ids": [key.group_id for key in selected],
                "shown": [key.group_id for key in selected if key.is_visible],
                "user": user_id,
            }
            yield Request(selected, LISTED_MEMBERS, bound, values, large=True)


class InstanceSecretLoader(_Uncached[None, str], KeyLoader[None, str]):
    """The secret that entity tags of records are made of."""

    name = "instance secret"
    default = ""

    def statement(self, key: None) -> Bound:
        return INSTANCE_SECRET, {}

    def value(self, key: None, rows: Sequence[Any]) -> str:
        secret: str = rows[0][0]
        return secret


class RecordLoaders:
    """One loader for each kind of page and of detail, made when it is first used."""

    def __init__(self, reads: Batches) -> None:
        self._reads = reads

    @cached_property
    def groups(self) -> PageLoader[GroupList, int]:
        """Ids of groups."""
        return PageLoader(self._reads, "pages of groups", group_page, itemgetter(1))

    @cached_property
    def group_count(self) -> RecordCountLoader[GroupList]:
        """How many groups."""
        return RecordCountLoader(self._reads, "counts of groups on pages", group_page_count)

    @cached_property
    def memberships(self) -> PageLoader[MembershipList, MembershipRecord]:
        """Memberships with all that their records contain."""
        return PageLoader(self._reads, "pages of memberships", membership_page, membership_record)

    @cached_property
    def membership_count(self) -> RecordCountLoader[MembershipList]:
        """How many memberships."""
        return RecordCountLoader(self._reads, "counts of memberships on pages", membership_count)

    @cached_property
    def roster(self) -> PageLoader[RosterList, int]:
        """Ids of members of a group."""
        return PageLoader(self._reads, "pages of members", roster_page, itemgetter(0))

    @cached_property
    def roster_count(self) -> RecordCountLoader[RosterList]:
        """How many members."""
        return RecordCountLoader(self._reads, "counts of members on pages", roster_count)

    @cached_property
    def projects(self) -> PageLoader[None, int]:
        """Ids of projects."""
        return PageLoader(self._reads, "pages of projects", project_page, itemgetter(0))

    @cached_property
    def project_count(self) -> RecordCountLoader[None]:
        """How many projects."""
        return RecordCountLoader(self._reads, "counts of projects on pages", project_count)

    @cached_property
    def listed_members(self) -> ListedMembersLoader:
        """Whom the records of groups list."""
        return ListedMembersLoader(self._reads)

    @cached_property
    def instance_secret(self) -> InstanceSecretLoader:
        """What tags are made of."""
        return InstanceSecretLoader(self._reads)
