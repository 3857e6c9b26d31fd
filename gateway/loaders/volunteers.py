"""Loaders of how many volunteers were active, or new, in each period."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from gateway.loaders.loader import Bound
from gateway.loaders.statistics import BucketsQuestion, StatisticsLoader
from gateway.period import period_start
from gateway.stats.active_users import active_users_by_period, period_parameters
from gateway.stats.new_users import new_users, new_users_parameters

#: The first day of each period with such volunteers, ascending, and how many they are.
VolunteerBuckets = tuple[tuple[int, int], ...]


class PeriodUsersLoader(StatisticsLoader[BucketsQuestion, VolunteerBuckets]):
    """How many volunteers were active in each period."""

    name = "active users by period"
    default = ()

    def statement(self, question: BucketsQuestion, ids: list[int]) -> Bound:
        query, period = question
        return active_users_by_period(query, period), period_parameters(query, period, ids)

    def answers(
        self, question: BucketsQuestion, rows: Sequence[Any]
    ) -> Mapping[int, VolunteerBuckets]:
        found: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for subject, start, users in rows:
            if users:
                found[subject].append((start, users))
        return {subject: tuple(sorted(buckets)) for subject, buckets in found.items()}


class NewUsersLoader(StatisticsLoader[BucketsQuestion, VolunteerBuckets]):
    """How many volunteers classified for a project for the first time in each period."""

    name = "new users"
    default = ()

    def statement(self, question: BucketsQuestion, ids: list[int]) -> Bound:
        query, period = question
        return new_users(query, period.grain), new_users_parameters(query, ids, period.grain)

    def answers(
        self, question: BucketsQuestion, rows: Sequence[Any]
    ) -> Mapping[int, VolunteerBuckets]:
        added: dict[int, dict[int, int]] = defaultdict(lambda: defaultdict(int))
        for subject, bucket, users in rows:
            added[subject][period_start(bucket, question.period)] += users
        return {subject: tuple(sorted(buckets.items())) for subject, buckets in added.items()}
