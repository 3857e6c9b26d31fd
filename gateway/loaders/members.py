"""Loaders of statistics of the single members of groups."""

from __future__ import annotations

from abc import abstractmethod
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

from gateway.calendar import Grain
from gateway.changes.entity import Entity
from gateway.loaders.loader import EMPTY, Batches, Bound, Request, StatementLoader
from gateway.loaders.statistics import (
    Buckets,
    BucketsQuestion,
    Contribution,
    Contributions,
    by_period,
    most_first,
    question_of,
)
from gateway.stats.entities import counted
from gateway.stats.last_days import member_last_days
from gateway.stats.rows import parameters
from gateway.stats.subject import Answer, Question
from gateway.stats.sums import member_sums

Q = TypeVar("Q", bound=Hashable)
V = TypeVar("V")

#: A group and a user.
Member = tuple[int, int]


class MembersKey(NamedTuple, Generic[Q]):
    """A question about these members of a group, each by themselves."""

    question: Q
    group_id: int
    user_ids: tuple[int, ...]


class MembersLoader(StatementLoader[MembersKey[Q], Mapping[int, V]], Generic[Q, V]):
    """Statistics of many members of many groups, by user id: one statement for each question."""

    default = EMPTY
    #: The answer for a member without rows.
    empty: V

    @abstractmethod
    def statement(self, question: Q, groups: set[int]) -> Bound:
        """The statement of the question about these groups; the members are bound as ``users``."""

    @abstractmethod
    def answers(self, question: Q, rows: Sequence[Any]) -> Mapping[Member, V]:
        """Answers by group and user id."""

    def requests(self, keys: Sequence[MembersKey[Q]]) -> Iterable[Request]:
        for question in dict.fromkeys(key.question for key in keys):
            alike = [key for key in keys if key.question == question]

            def values(
                rows: Sequence[Any], question: Q = question, alike: Sequence[MembersKey[Q]] = alike
            ) -> Mapping[MembersKey[Q], Mapping[int, V]]:
                found = self.answers(question, rows)
                return {
                    key: {one: found.get((key.group_id, one), self.empty) for one in key.user_ids}
                    for key in alike
                }

            statement, bound = self.statement(question, {key.group_id for key in alike})
            users = {user_id for key in alike for user_id in key.user_ids}
            yield Request(alike, statement, {**bound, "users": list(users)}, values, large=True)

    def entities(self, key: MembersKey[Q]) -> tuple[Entity, ...]:
        return counted(question_of(key.question), key.group_id)


class MemberContributionsLoader(MembersLoader[Question, Contributions]):
    """Contributions of members to projects or workflows, by ``column``."""

    empty = ()

    def __init__(self, batches: Batches, name: str, column: str) -> None:
        super().__init__(batches, name)
        self._column = column

    def statement(self, question: Question, groups: set[int]) -> Bound:
        return member_sums(question, self._column), parameters(question, groups)

    def answers(self, question: Question, rows: Sequence[Any]) -> Mapping[Member, Contributions]:
        return most_first(((row[0], row[1]), Contribution(*row[2:])) for row in rows)


#: The last day in each project or workflow (by its id), by user id.
MemberDays = Mapping[int, Mapping[int, int]]


class MemberLastDaysLoader(MembersLoader[Question, Mapping[int, int]]):
    """The last days of members in each project or workflow, by ``column``."""

    empty = EMPTY

    def __init__(self, batches: Batches, name: str, column: str) -> None:
        super().__init__(batches, name)
        self._column = column

    def statement(self, question: Question, groups: set[int]) -> Bound:
        bound = parameters(question, groups, Grain.DAY)
        return member_last_days(question, self._column), bound

    def answers(
        self, question: Question, rows: Sequence[Any]
    ) -> Mapping[Member, Mapping[int, int]]:
        days: dict[Member, dict[int, int]] = defaultdict(dict)
        for group, user_id, entity_id, day in rows:
            days[group, user_id][entity_id] = day
        return days


class MemberBucketsLoader(MembersLoader[BucketsQuestion, Buckets]):
    """Sums of members by period, empty periods left out."""

    name = "member buckets"
    empty = ()

    def statement(self, question: BucketsQuestion, groups: set[int]) -> Bound:
        query, period = question
        bound = parameters(query, groups, period.grain)
        return member_sums(query, "bucket", period.grain), bound

    def answers(self, question: BucketsQuestion, rows: Sequence[Any]) -> Mapping[Member, Buckets]:
        sums = (((group, user), day, Answer(n, ms)) for group, user, day, n, ms in rows)
        return by_period(sums, question.period)
