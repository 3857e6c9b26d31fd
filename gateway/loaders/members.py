"""Loaders of what the members of groups did, one by one."""

from __future__ import annotations

from abc import abstractmethod
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Generic, NamedTuple, TypeVar

from gateway.calendar import Grain
from gateway.changes.entity import Entity
from gateway.loaders.loader import Request, StatementLoader
from gateway.loaders.statistics import (
    Bound,
    Buckets,
    BucketsQuestion,
    ProjectSum,
    S,
    WorkflowSum,
    by_period,
    most_first,
)
from gateway.period import Period
from gateway.stats.entities import counted
from gateway.stats.last_days import member_last_days
from gateway.stats.rows import parameters
from gateway.stats.subject import Answer, Question
from gateway.stats.sums import member_sums

V = TypeVar("V")


class MembersKey(NamedTuple):
    """What these members of a group did in each project."""

    question: Question
    group_id: int
    user_ids: tuple[int, ...]


class MembersLoader(StatementLoader[MembersKey, Mapping[int, V]], Generic[V]):
    """What many members of many groups did, by user id: one statement for each question."""

    @abstractmethod
    def statement(self, question: Question, groups: set[int]) -> Bound:
        """What asks the question about these groups; the members are bound as ``users``."""

    @abstractmethod
    def answers(self, rows: Sequence[Any]) -> Mapping[tuple[int, int], V]:
        """Answers by group and user id."""

    @abstractmethod
    def of_nobody(self) -> V:
        """The answer for a member whom the rows do not speak of."""

    def requests(self, keys: Sequence[MembersKey]) -> Iterable[Request]:
        for question in dict.fromkeys(key.question for key in keys):
            asked = [key for key in keys if key.question == question]

            def values(
                rows: Sequence[Any], asked: Sequence[MembersKey] = asked
            ) -> Mapping[MembersKey, Mapping[int, V]]:
                found, nobody = self.answers(rows), self.of_nobody()
                return {
                    key: {one: found.get((key.group_id, one), nobody) for one in key.user_ids}
                    for key in asked
                }

            statement, bound = self.statement(question, {key.group_id for key in asked})
            users = {user_id for key in asked for user_id in key.user_ids}
            yield Request(asked, statement, {**bound, "users": list(users)}, values, large=True)

    def entities(self, key: MembersKey) -> tuple[Entity, ...]:
        return counted(key.question, key.group_id)

    def nothing(self) -> Mapping[int, V]:
        return {}


class MemberPlacesLoader(MembersLoader[tuple[S, ...]], Generic[S]):
    """Sums of members by a column: most events first, ties by ascending id."""

    column: ClassVar[str]
    of_place: ClassVar[type[Any]]

    def statement(self, question: Question, groups: set[int]) -> Bound:
        return member_sums(question, self.column), parameters(question, groups)

    def answers(self, rows: Sequence[Any]) -> Mapping[tuple[int, int], tuple[S, ...]]:
        added: dict[tuple[int, int], list[S]] = defaultdict(list)
        for group, user_id, place, n, ms in rows:
            added[group, user_id].append(self.of_place(place, n, ms))
        return {member: most_first(sums) for member, sums in added.items()}

    def of_nobody(self) -> tuple[S, ...]:
        return ()


class MemberContributionsLoader(MemberPlacesLoader[ProjectSum]):
    """Project sums of members."""

    name = "member contributions"
    column = "project_id"
    of_place = ProjectSum


class MemberWorkflowContributionsLoader(MemberPlacesLoader[WorkflowSum]):
    """Workflow sums of members."""

    name = "member workflow contributions"
    column = "workflow_id"
    of_place = WorkflowSum


#: Project sums by user id.
Members = Mapping[int, tuple[ProjectSum, ...]]

#: The last day in each project or workflow (by its id), by user id.
MemberDays = Mapping[int, Mapping[int, int]]


class MemberLastDaysLoader(MembersLoader[Mapping[int, int]]):
    """The last days of members in each project, by project id."""

    name = "member last days"
    column: ClassVar[str] = "project_id"

    def statement(self, question: Question, groups: set[int]) -> Bound:
        bound = parameters(question, groups, Grain.DAY)
        return member_last_days(question, self.column), bound

    def answers(self, rows: Sequence[Any]) -> Mapping[tuple[int, int], Mapping[int, int]]:
        days: dict[tuple[int, int], dict[int, int]] = defaultdict(dict)
        for group, user_id, place, day in rows:
            days[group, user_id][place] = day
        return days

    def of_nobody(self) -> Mapping[int, int]:
        return {}


class MemberWorkflowLastDaysLoader(MemberLastDaysLoader):
    """The last days of members in each workflow, by workflow id."""

    name = "member workflow last days"
    column = "workflow_id"


class MemberBucketsKey(NamedTuple):
    """One member of a group, by period."""

    asked: BucketsQuestion
    group_id: int
    user_id: int


class MemberBucketsLoader(StatementLoader[MemberBucketsKey, Buckets]):
    """Sums of a member by period, empty periods left out: one statement for each question."""

    name = "member buckets"

    def requests(self, keys: Sequence[MemberBucketsKey]) -> Iterable[Request]:
        for question, period in dict.fromkeys(key.asked for key in keys):
            asked = [key for key in keys if key.asked == (question, period)]
            wanted = {(key.group_id, key.user_id): key for key in asked}

            def values(
                rows: Sequence[Any],
                period: Period = period,
                wanted: Mapping[tuple[int, int], MemberBucketsKey] = wanted,
            ) -> Mapping[MemberBucketsKey, Buckets]:
                sums = (
                    (wanted[group, user], bucket, Answer(n, ms))
                    for group, user, bucket, n, ms in rows
                    if (group, user) in wanted
                )
                return by_period(sums, period)

            statement = member_sums(question, "bucket", period.grain)
            bound = parameters(question, {key.group_id for key in asked}, period.grain)
            users = list({key.user_id for key in asked})
            yield Request(asked, statement, {**bound, "users": users}, values, large=True)

    def entities(self, key: MemberBucketsKey) -> tuple[Entity, ...]:
        return counted(key.asked.question, key.group_id)

    def nothing(self) -> Buckets:
        return ()
