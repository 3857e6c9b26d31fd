"""Loaders of statistics: one for each question of ``gateway.stats``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from aiodataloader import DataLoader

from gateway.calendar import Grain, Period, period_start
from gateway.db import Snapshot
from gateway.loaders.batches import BatchLoader
from gateway.stats.active_users import active_users
from gateway.stats.last_days import last_days
from gateway.stats.ranking import Place, ranking
from gateway.stats.rows import parameters
from gateway.stats.subject import Answer, Question
from gateway.stats.sums import COARSEST, member_sums, sums


class TotalsLoader(BatchLoader[Question, Answer]):
    """Events and session time of a subject."""

    async def answer(self, question: Question, ids: list[int]) -> Mapping[int, Answer]:
        found = await self.snapshot.fetch(sums(question), parameters(question, ids))
        return {subject: Answer(n, ms, anonymous_n) for subject, n, ms, anonymous_n in found}

    def nothing(self) -> Answer:
        return Answer()


class BucketsQuestion(NamedTuple):
    """Sums by period."""

    question: Question
    period: Period


#: The first day of each period with events, ascending, and its sums.
Buckets = tuple[tuple[int, Answer], ...]


class BucketsLoader(BatchLoader[BucketsQuestion, Buckets]):
    """Sums of a subject by period, empty periods left out."""

    async def answer(self, question: BucketsQuestion, ids: list[int]) -> Mapping[int, Buckets]:
        asked, period = question
        coarsest = COARSEST[period]
        found = await self.snapshot.fetch(
            sums(asked, ("bucket",), coarsest), parameters(asked, ids, coarsest)
        )
        added: dict[int, dict[int, Answer]] = defaultdict(dict)
        for subject, bucket, n, ms, anonymous_n in found:
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


class ContributionsLoader(BatchLoader[Question, tuple[ProjectSum, ...]]):
    """Sums of a subject by project: most events first, ties by ascending project id."""

    async def answer(
        self, question: Question, ids: list[int]
    ) -> Mapping[int, tuple[ProjectSum, ...]]:
        found = await self.snapshot.fetch(
            sums(question, ("project_id",)), parameters(question, ids)
        )
        by_subject: dict[int, list[ProjectSum]] = defaultdict(list)
        for subject, project_id, n, ms, _ in found:
            by_subject[subject].append(ProjectSum(project_id, n, ms))
        return {subject: most_first(added) for subject, added in by_subject.items()}

    def nothing(self) -> tuple[ProjectSum, ...]:
        return ()


#: Project sums by user id.
Members = dict[int, tuple[ProjectSum, ...]]


def most_first(added: list[ProjectSum]) -> tuple[ProjectSum, ...]:
    """Most events first, ties by ascending project id."""
    return tuple(sorted(added, key=lambda one: (-one.n, one.project_id)))


def most_recent_first(added: Iterable[ProjectSum], days: Mapping[int, int]) -> list[ProjectSum]:
    """By the last day in each project, ties by ascending project id."""
    return sorted(added, key=lambda one: (-days[one.project_id], one.project_id))


class LastDaysLoader(BatchLoader[Question, dict[int, int]]):
    """The last day of a subject in each project, by project id."""

    async def answer(self, question: Question, ids: list[int]) -> Mapping[int, dict[int, int]]:
        found = await self.snapshot.fetch(last_days(question), parameters(question, ids, Grain.DAY))
        days: dict[int, dict[int, int]] = defaultdict(dict)
        for subject, project_id, day in found:
            if day is not None:
                days[subject][project_id] = day
        return days

    def nothing(self) -> dict[int, int]:
        return {}


class ActiveUsersLoader(BatchLoader[Question, int]):
    """How many members of a group classified."""

    async def answer(self, question: Question, ids: list[int]) -> Mapping[int, int]:
        found = await self.snapshot.fetch(active_users(question), parameters(question, ids))
        return {group: users for group, users in found}  # noqa: C416  (rows are no pairs to dict)

    def nothing(self) -> int:
        return 0


class RankingQuestion(NamedTuple):
    """The first members of a group's ranking, or those after a place in it."""

    question: Question
    limit: int
    after: Place | None = None


class Rank(NamedTuple):
    """One member's sums in the ranking of a group."""

    user_id: int
    n: int
    ms: int


class RankingLoader(BatchLoader[RankingQuestion, tuple[Rank, ...]]):
    """A group's members: most events first, ties by ascending user id."""

    async def answer(
        self, question: RankingQuestion, ids: list[int]
    ) -> Mapping[int, tuple[Rank, ...]]:
        asked, limit, after = question
        bound: dict[str, Any] = parameters(asked, ids) | {"limit": limit}
        if after is not None:
            bound |= {"after_n": after.n, "after_user_id": after.user_id}
        found = await self.snapshot.fetch(ranking(asked, after=after is not None), bound)
        ranks: dict[int, list[Rank]] = defaultdict(list)
        for group, user_id, n, ms in found:
            ranks[group].append(Rank(user_id, n, ms))
        return {group: tuple(members) for group, members in ranks.items()}

    def nothing(self) -> tuple[Rank, ...]:
        return ()


class MembersKey(NamedTuple):
    """What these members of a group did in each project."""

    question: Question
    group_id: int
    user_ids: tuple[int, ...]


class MemberContributionsLoader(DataLoader[MembersKey, Members]):
    """Project sums of many members of many groups, in one statement for each question."""

    def __init__(self, snapshot: Snapshot) -> None:
        super().__init__()
        self._snapshot = snapshot

    async def batch_load_fn(self, keys: list[MembersKey]) -> list[Members]:
        """Answer the keys of one batch in their order."""
        answers: dict[tuple[Question, int], dict[int, list[ProjectSum]]] = {}
        for question in dict.fromkeys(key.question for key in keys):
            asked = [key for key in keys if key.question == question]
            users = {user_id for key in asked for user_id in key.user_ids}
            bound = parameters(question, {key.group_id for key in asked}) | {"users": list(users)}
            for group, user_id, project_id, n, ms in await self._snapshot.fetch(
                member_sums(question), bound
            ):
                members = answers.setdefault((question, group), {})
                members.setdefault(user_id, []).append(ProjectSum(project_id, n, ms))
        return [
            {
                user_id: most_first(answers.get((key.question, key.group_id), {}).get(user_id, []))
                for user_id in key.user_ids
            }
            for key in keys
        ]
