"""Loaders of unusual volunteers: those with days above thresholds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from gateway.calendar import Grain
from gateway.loaders.loader import Bound, pairs
from gateway.loaders.statistics import StatisticsLoader
from gateway.stats.rows import parameters
from gateway.stats.subject import Question
from gateway.stats.unusual_days import unusual_days, unusual_users


class UnusualQuestion(NamedTuple):
    """Volunteers with days of more than ``most_n`` events, or ``most_ms`` milliseconds."""

    question: Question
    most_n: int
    most_ms: int


class UnusualPage(NamedTuple):
    """The first of these volunteers by ascending id, behind one."""

    question: UnusualQuestion
    limit: int
    after_user_id: int


class UnusualDaySum(NamedTuple):
    """What a volunteer did on such a day."""

    day: int
    n: int
    ms: int


class UnusualDays(NamedTuple):
    """A volunteer's days, ascending."""

    user_id: int
    days: tuple[UnusualDaySum, ...]


class UnusualVolunteersLoader(StatisticsLoader[UnusualPage, tuple[UnusualDays, ...]]):
    """Such volunteers of a subject with their days, by ascending id."""

    name = "unusual volunteers"
    default = ()
    large = True

    def statement(self, question: UnusualPage, ids: list[int]) -> Bound:
        unusual, limit, after_user_id = question
        bound = _bound(unusual, ids) | {"limit": limit, "after_user_id": after_user_id}
        return unusual_days(unusual.question), bound

    def answers(
        self, question: UnusualPage, rows: Sequence[Any]
    ) -> Mapping[int, tuple[UnusualDays, ...]]:
        found: dict[int, dict[int, list[UnusualDaySum]]] = defaultdict(lambda: defaultdict(list))
        for subject, user_id, *day in rows:
            found[subject][user_id].append(UnusualDaySum(*day))
        return {
            subject: tuple(
                UnusualDays(user_id, tuple(sorted(days)))
                for user_id, days in sorted(volunteers.items())
            )
            for subject, volunteers in found.items()
        }


class UnusualUsersLoader(StatisticsLoader[UnusualQuestion, int]):
    """How many such volunteers a subject has."""

    name = "number of unusual volunteers"
    default = 0

    def statement(self, question: UnusualQuestion, ids: list[int]) -> Bound:
        return unusual_users(question.question), _bound(question, ids)

    def answers(self, question: UnusualQuestion, rows: Sequence[Any]) -> Mapping[int, int]:
        return pairs(rows)


def _bound(question: UnusualQuestion, ids: list[int]) -> dict[str, Any]:
    thresholds = {"most_n": question.most_n, "most_ms": question.most_ms}
    return parameters(question.question, ids, Grain.DAY) | thresholds
