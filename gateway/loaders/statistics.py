"""Loaders of statistics: one for each question of ``gateway.stats``."""

from __future__ import annotations

from abc import abstractmethod
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

from sqlalchemy import Select

from gateway.calendar import Grain
from gateway.changes.entity import Entity
from gateway.loaders.loader import Request, StatementLoader
from gateway.period import Period, period_start
from gateway.stats.active_users import active_users
from gateway.stats.day_spans import day_spans
from gateway.stats.entities import counted
from gateway.stats.last_days import last_days, member_last_days
from gateway.stats.ranking import Order, Place, ranking
from gateway.stats.rows import parameters
from gateway.stats.subject import Answer, Question
from gateway.stats.sums import member_sums, sums

Q = TypeVar("Q", bound=Hashable)
V = TypeVar("V")

#: A statement and its parameters.
Bound = tuple[Select[Any], Mapping[str, Any]]


class StatisticsLoader(StatementLoader[tuple[Q, int], V], Generic[Q, V]):
    """Keys are a question and an entity's id: one statement for each different question."""

    @abstractmethod
    def statement(self, question: Q, ids: list[int]) -> Bound:
        """What asks the question about these entities."""

    @abstractmethod
    def answers(self, question: Q, rows: Sequence[Any]) -> Mapping[int, V]:
        """Answers by entity id; entities without events may be left out."""

    def question(self, asked: Q) -> Question:
        """Whose statistics are asked for, and which part of them."""
        return asked  # type: ignore[return-value]  # unless a loader knows better

    def requests(self, keys: Sequence[tuple[Q, int]]) -> Iterable[Request]:
        asked: dict[Q, list[tuple[Q, int]]] = defaultdict(list)
        for key in keys:
            asked[key[0]].append(key)
        for question, of_question in asked.items():

            def values(rows: Sequence[Any], question: Q = question) -> Mapping[tuple[Q, int], V]:
                answers = self.answers(question, rows)
                return {(question, entity_id): answer for entity_id, answer in answers.items()}

            statement = self.statement(question, [entity_id for _, entity_id in of_question])
            yield Request(of_question, *statement, values)

    def entities(self, key: tuple[Q, int]) -> tuple[Entity, ...]:
        return counted(self.question(key[0]), key[1])


class TotalsLoader(StatisticsLoader[Question, Answer]):
    """Events and session time of a subject."""

    name = "totals"

    def statement(self, question: Question, ids: list[int]) -> Bound:
        return sums(question), parameters(question, ids)

    def answers(self, question: Question, rows: Sequence[Any]) -> Mapping[int, Answer]:
        return {subject: Answer(n, ms, anonymous_n) for subject, n, ms, anonymous_n in rows}

    def nothing(self) -> Answer:
        return Answer()


class BucketsQuestion(NamedTuple):
    """Sums by period."""

    question: Question
    period: Period


#: The first day of each period with events, ascending, and its sums.
Buckets = tuple[tuple[int, Answer], ...]


class BucketsLoader(StatisticsLoader[BucketsQuestion, Buckets]):
    """Sums of a subject by period, empty periods left out."""

    name = "buckets"

    def question(self, asked: BucketsQuestion) -> Question:
        return asked.question

    def statement(self, question: BucketsQuestion, ids: list[int]) -> Bound:
        asked, period = question
        grain = period.grain
        return sums(asked, ("bucket",), grain), parameters(asked, ids, grain)

    def answers(self, question: BucketsQuestion, rows: Sequence[Any]) -> Mapping[int, Buckets]:
        period = question.period
        added: dict[int, dict[int, Answer]] = defaultdict(dict)
        for subject, bucket, n, ms, anonymous_n in rows:
            start = period_start(bucket, period)
            known = added[subject].get(start, Answer())
            added[subject][start] = Answer(
                known.n + n, known.ms + ms, known.anonymous_n + anonymous_n
            )
        return {subject: tuple(sorted(buckets.items())) for subject, buckets in added.items()}

    def nothing(self) -> Buckets:
        return ()


class ProjectSum(NamedTuple):
    """What a subject did in one project (0: without a project)."""

    project_id: int
    n: int
    ms: int


class ContributionsLoader(StatisticsLoader[Question, tuple[ProjectSum, ...]]):
    """Sums of a subject by project: most events first, ties by ascending project id."""

    name = "contributions"

    def statement(self, question: Question, ids: list[int]) -> Bound:
        return sums(question, ("project_id",)), parameters(question, ids)

    def answers(
        self, question: Question, rows: Sequence[Any]
    ) -> Mapping[int, tuple[ProjectSum, ...]]:
        by_subject: dict[int, list[ProjectSum]] = defaultdict(list)
        for subject, project_id, n, ms, _ in rows:
            by_subject[subject].append(ProjectSum(project_id, n, ms))
        return {subject: most_first(added) for subject, added in by_subject.items()}

    def nothing(self) -> tuple[ProjectSum, ...]:
        return ()


def most_first(added: list[ProjectSum]) -> tuple[ProjectSum, ...]:
    """Most events first, ties by ascending project id."""
    return tuple(sorted(added, key=lambda one: (-one.n, one.project_id)))


def most_recent_first(added: Iterable[ProjectSum], days: Mapping[int, int]) -> list[ProjectSum]:
    """By the last day in each project, ties by ascending project id."""
    return sorted(added, key=lambda one: (-days[one.project_id], one.project_id))


class LastDaysLoader(StatisticsLoader[Question, Mapping[int, int]]):
    """The last day of a subject in each project, by project id."""

    name = "last days"

    def statement(self, question: Question, ids: list[int]) -> Bound:
        return last_days(question), parameters(question, ids, Grain.DAY)

    def answers(self, question: Question, rows: Sequence[Any]) -> Mapping[int, Mapping[int, int]]:
        days: dict[int, dict[int, int]] = defaultdict(dict)
        for subject, project_id, day in rows:
            if day is not None:
                days[subject][project_id] = day
        return days

    def nothing(self) -> Mapping[int, int]:
        return {}


class DaySpan(NamedTuple):
    """The first and the last day with events; None without any."""

    first: int | None = None
    last: int | None = None


class DaySpansLoader(StatisticsLoader[Question, DaySpan]):
    """The first and the last day of a subject in a range."""

    name = "day spans"

    def statement(self, question: Question, ids: list[int]) -> Bound:
        return day_spans(question), parameters(question, ids, Grain.DAY)

    def answers(self, question: Question, rows: Sequence[Any]) -> Mapping[int, DaySpan]:
        return {subject: DaySpan(first, last) for subject, first, last in rows}

    def nothing(self) -> DaySpan:
        return DaySpan()


class ActiveUsersLoader(StatisticsLoader[Question, int]):
    """How many volunteers classified, of a group only members."""

    name = "active users"

    def statement(self, question: Question, ids: list[int]) -> Bound:
        return active_users(question), parameters(question, ids)

    def answers(self, question: Question, rows: Sequence[Any]) -> Mapping[int, int]:
        return {subject: users for subject, users in rows}  # noqa: C416  (rows are no pairs to dict)

    def nothing(self) -> int:
        return 0


class RankingQuestion(NamedTuple):
    """The first members of a group's ranking, or those after a place in it."""

    question: Question
    limit: int
    after: Place | None = None
    order: Order = Order.COUNT


class Rank(NamedTuple):
    """One member's sums in the ranking of a group."""

    user_id: int
    n: int
    ms: int


_IN_ORDER: Mapping[Order, Callable[[Rank], tuple[int, ...]]] = {
    Order.COUNT: lambda rank: (-rank.n, rank.user_id),
    Order.ID: lambda rank: (rank.user_id,),
}


class RankingLoader(StatisticsLoader[RankingQuestion, tuple[Rank, ...]]):
    """A group's members in an order."""

    name = "ranking"

    def question(self, asked: RankingQuestion) -> Question:
        return asked.question

    def statement(self, question: RankingQuestion, ids: list[int]) -> Bound:
        asked, limit, after, order = question
        bound: dict[str, Any] = parameters(asked, ids) | {"limit": limit}
        if after is not None:
            bound["after_user_id"] = after.user_id
            if order is Order.COUNT:
                bound["after_n"] = after.n
        return ranking(asked, after=after is not None, order=order), bound

    def answers(
        self, question: RankingQuestion, rows: Sequence[Any]
    ) -> Mapping[int, tuple[Rank, ...]]:
        ranks: dict[int, list[Rank]] = defaultdict(list)
        for group, user_id, n, ms in rows:
            ranks[group].append(Rank(user_id, n, ms))
        return {
            group: tuple(sorted(members, key=_IN_ORDER[question.order]))
            for group, members in ranks.items()
        }

    def nothing(self) -> tuple[Rank, ...]:
        return ()


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


#: Project sums by user id.
Members = Mapping[int, tuple[ProjectSum, ...]]


class MemberContributionsLoader(MembersLoader[tuple[ProjectSum, ...]]):
    """Project sums of members: most events first, ties by ascending project id."""

    name = "member contributions"

    def statement(self, question: Question, groups: set[int]) -> Bound:
        return member_sums(question), parameters(question, groups)

    def answers(self, rows: Sequence[Any]) -> Mapping[tuple[int, int], tuple[ProjectSum, ...]]:
        added: dict[tuple[int, int], list[ProjectSum]] = defaultdict(list)
        for group, user_id, project_id, n, ms in rows:
            added[group, user_id].append(ProjectSum(project_id, n, ms))
        return {member: most_first(sums) for member, sums in added.items()}

    def of_nobody(self) -> tuple[ProjectSum, ...]:
        return ()


#: The last day in each project (by its id), by user id.
MemberDays = Mapping[int, Mapping[int, int]]


class MemberLastDaysLoader(MembersLoader[Mapping[int, int]]):
    """The last days of members in each project, by project id."""

    name = "member last days"

    def statement(self, question: Question, groups: set[int]) -> Bound:
        return member_last_days(question), parameters(question, groups, Grain.DAY)

    def answers(self, rows: Sequence[Any]) -> Mapping[tuple[int, int], Mapping[int, int]]:
        days: dict[tuple[int, int], dict[int, int]] = defaultdict(dict)
        for group, user_id, project_id, day in rows:
            days[group, user_id][project_id] = day
        return days

    def of_nobody(self) -> Mapping[int, int]:
        return {}
