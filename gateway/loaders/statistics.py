"""Loaders of statistics: one for each question of ``gateway.stats``."""

from __future__ import annotations

from abc import abstractmethod
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Any, ClassVar, Generic, NamedTuple, TypeVar

from gateway.calendar import Grain
from gateway.changes.entity import Entity
from gateway.loaders.loader import EMPTY, Batches, Bound, Request, StatementLoader, pairs
from gateway.period import Period, period_start
from gateway.stats.active_users import active_users
from gateway.stats.day_spans import day_spans
from gateway.stats.entities import counted
from gateway.stats.last_days import last_days
from gateway.stats.ranking import Order, RankingCursor, ranking
from gateway.stats.rows import parameters
from gateway.stats.subject import Answer, Question
from gateway.stats.sums import sums

Q = TypeVar("Q", bound=Hashable)
V = TypeVar("V")
K = TypeVar("K", bound=Hashable)


def question_of(key: Any) -> Question:
    """The question inside a loader's key: a subject, and a selection of its statistics."""
    while not isinstance(key, Question):
        key = key.question
    return key


class StatisticsLoader(StatementLoader[tuple[Q, int], V], Generic[Q, V]):
    """Keys are a question and an entity's id: one statement for each different question.

    A question is a :class:`Question`, or has one as its ``question``.
    """

    #: Whether there may be thousands of rows.
    large: ClassVar[bool] = False

    @abstractmethod
    def statement(self, question: Q, ids: list[int]) -> Bound:
        """The statement of the question about these entities."""

    @abstractmethod
    def answers(self, question: Q, rows: Sequence[Any]) -> Mapping[int, V]:
        """Answers by entity id; entities without events may be left out."""

    def requests(self, keys: Sequence[tuple[Q, int]]) -> Iterable[Request]:
        by_question: dict[Q, list[tuple[Q, int]]] = defaultdict(list)
        for key in keys:
            by_question[key[0]].append(key)
        for question, of_question in by_question.items():

            def values(rows: Sequence[Any], question: Q = question) -> Mapping[tuple[Q, int], V]:
                answers = self.answers(question, rows)
                return {(question, entity_id): answer for entity_id, answer in answers.items()}

            statement = self.statement(question, [entity_id for _, entity_id in of_question])
            yield Request(of_question, *statement, values, large=self.large)

    def entities(self, key: tuple[Q, int]) -> tuple[Entity, ...]:
        return counted(question_of(key[0]), key[1])


class TotalsLoader(StatisticsLoader[Question, Answer]):
    """Events and session time of a subject."""

    name = "totals"
    default = Answer()

    def statement(self, question: Question, ids: list[int]) -> Bound:
        return sums(question), parameters(question, ids)

    def answers(self, question: Question, rows: Sequence[Any]) -> Mapping[int, Answer]:
        return {subject: Answer(n, ms, anonymous_n) for subject, n, ms, anonymous_n in rows}


class BucketsQuestion(NamedTuple):
    """Sums by period."""

    question: Question
    period: Period


#: The first day of each period with events, ascending, and its sums.
Buckets = tuple[tuple[int, Answer], ...]


class BucketsLoader(StatisticsLoader[BucketsQuestion, Buckets]):
    """Sums of a subject by period, empty periods left out."""

    name = "buckets"
    default = ()

    def statement(self, question: BucketsQuestion, ids: list[int]) -> Bound:
        query, period = question
        grain = period.grain
        return sums(query, ("bucket",), grain), parameters(query, ids, grain)

    def answers(self, question: BucketsQuestion, rows: Sequence[Any]) -> Mapping[int, Buckets]:
        return by_period(((row[0], row[1], Answer(*row[2:])) for row in rows), question.period)


def by_period(rows: Iterable[tuple[K, int, Answer]], period: Period) -> dict[K, Buckets]:
    """Sums by key and period, from those of a key and of any day of each period."""
    added: dict[K, dict[int, Answer]] = defaultdict(dict)
    for key, day, answer in rows:
        start = period_start(day, period)
        known = added[key].get(start)
        if known is not None:
            answer = Answer(*map(sum, zip(known, answer, strict=True)))
        added[key][start] = answer
    return {key: tuple(sorted(buckets.items())) for key, buckets in added.items()}


class Contribution(NamedTuple):
    """What a subject did in one project or workflow; the id 0 stands for none."""

    id: int
    n: int
    ms: int


#: Most events first, ties by ascending id.
Contributions = tuple[Contribution, ...]


class ContributionsLoader(StatisticsLoader[Question, Contributions]):
    """Contributions of a subject to projects or workflows, by ``column``."""

    default = ()

    def __init__(self, batches: Batches, name: str, column: str) -> None:
        super().__init__(batches, name)
        self._column = column

    def statement(self, question: Question, ids: list[int]) -> Bound:
        return sums(question, (self._column,)), parameters(question, ids)

    def answers(self, question: Question, rows: Sequence[Any]) -> Mapping[int, Contributions]:
        return most_first((row[0], Contribution(*row[1:4])) for row in rows)


def most_first(rows: Iterable[tuple[K, Contribution]]) -> dict[K, Contributions]:
    """Contributions by key."""
    added: dict[K, list[Contribution]] = defaultdict(list)
    for key, one in rows:
        added[key].append(one)
    return {
        key: tuple(sorted(found, key=lambda one: (-one.n, one.id))) for key, found in added.items()
    }


def most_time_first(found: Iterable[Contribution]) -> list[Contribution]:
    """Most session time first, ties by ascending id."""
    return sorted(found, key=lambda one: (-one.ms, one.id))


def most_recent_first(found: Iterable[Contribution], days: Mapping[int, int]) -> list[Contribution]:
    """By the last day in each project or workflow, ties by ascending id."""
    return sorted(found, key=lambda one: (-days[one.id], one.id))


class LastDaysLoader(StatisticsLoader[Question, Mapping[int, int]]):
    """The last day of a subject in each project or workflow, by ``column``; its id is the key."""

    default = EMPTY

    def __init__(self, batches: Batches, name: str, column: str) -> None:
        super().__init__(batches, name)
        self._column = column

    def statement(self, question: Question, ids: list[int]) -> Bound:
        return last_days(question, self._column), parameters(question, ids, Grain.DAY)

    def answers(self, question: Question, rows: Sequence[Any]) -> Mapping[int, Mapping[int, int]]:
        days: dict[int, dict[int, int]] = defaultdict(dict)
        for subject, entity_id, day in rows:
            if day is not None:
                days[subject][entity_id] = day
        return days


class DaySpan(NamedTuple):
    """The first and the last day with events; None without any."""

    first: int | None = None
    last: int | None = None


class DaySpansLoader(StatisticsLoader[Question, DaySpan]):
    """The first and the last day of a subject in a range."""

    name = "day spans"
    default = DaySpan()

    def statement(self, question: Question, ids: list[int]) -> Bound:
        return day_spans(question), parameters(question, ids, Grain.DAY)

    def answers(self, question: Question, rows: Sequence[Any]) -> Mapping[int, DaySpan]:
        return {subject: DaySpan(first, last) for subject, first, last in rows}


class ActiveUsersLoader(StatisticsLoader[Question, int]):
    """How many volunteers classified, of a group only members."""

    name = "active users"
    default = 0

    def statement(self, question: Question, ids: list[int]) -> Bound:
        return active_users(question), parameters(question, ids)

    def answers(self, question: Question, rows: Sequence[Any]) -> Mapping[int, int]:
        return pairs(rows)


class RankingQuestion(NamedTuple):
    """The first volunteers of a ranking, or those after a cursor."""

    question: Question
    limit: int
    after: RankingCursor | None = None
    order: Order = Order.COUNT


class Rank(NamedTuple):
    """One volunteer's sums in a ranking."""

    user_id: int
    n: int
    ms: int


_IN_ORDER: Mapping[Order, Callable[[Rank], tuple[int, ...]]] = {
    Order.COUNT: lambda rank: (-rank.n, rank.user_id),
    Order.TIME: lambda rank: (-rank.ms, rank.user_id),
    Order.ID: lambda rank: (rank.user_id,),
}


class RankingLoader(StatisticsLoader[RankingQuestion, tuple[Rank, ...]]):
    """Volunteers in an order; of a group, its members."""

    name = "ranking"
    default = ()

    def statement(self, question: RankingQuestion, ids: list[int]) -> Bound:
        query, limit, after, order = question
        bound: dict[str, Any] = parameters(query, ids) | {"limit": limit}
        if after is not None:
            bound["after_user_id"] = after.user_id
            if order is not Order.ID:
                bound["after_amount"] = after.amount
        return ranking(query, after=after is not None, order=order), bound

    def answers(
        self, question: RankingQuestion, rows: Sequence[Any]
    ) -> Mapping[int, tuple[Rank, ...]]:
        ranks: dict[int, list[Rank]] = defaultdict(list)
        for subject, *rank in rows:
            ranks[subject].append(Rank(*rank))
        order = _IN_ORDER[question.order]
        return {subject: tuple(sorted(found, key=order)) for subject, found in ranks.items()}
