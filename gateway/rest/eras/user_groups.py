"""``/classifications/user_groups/{id}``: classifications of a group, in total or by member."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

from gateway.arguments import LARGEST_ID, read_id
from gateway.errors import ExclusiveArguments, NotFound
from gateway.loaders.members import MembersKey
from gateway.loaders.operation import Operation
from gateway.loaders.statistics import Rank, RankingQuestion
from gateway.period import Period
from gateway.rest.eras.counts import (
    CLASSIFICATION_PARAMETERS,
    has_project_filter,
    load_counts,
    read_classifications,
)
from gateway.rest.eras.parameters import (
    BREAKDOWN,
    ID,
    PERIOD,
    TOP_CONTRIBUTORS,
    Given,
    read_flag,
    read_top,
)
from gateway.rest.eras.resource import Resource
from gateway.rest.eras.rows import (
    COUNT,
    MEMBER,
    SECONDS,
    TIMED_BUCKET,
    TIMED_PROJECT,
    Json,
    either,
    list_of,
    member_row,
    schema_of,
    timed_bucket_row,
    timed_project_row,
)
from gateway.stats.subject import Kind, Question, Selection

_TOGETHER = schema_of(
    {"total_count": COUNT, "time_spent": SECONDS, "active_users": COUNT},
    {
        "project_contributions": list_of(TIMED_PROJECT),
        "top_contributors": list_of(MEMBER),
        "data": list_of(TIMED_BUCKET),
    },
)
_MEMBER_IN_FULL = schema_of(
    {**MEMBER["properties"], "project_contributions": list_of(TIMED_PROJECT)}
)


class _Query(NamedTuple):
    group_id: int
    selection: Selection
    period: Period | None
    project_contributions: bool
    top: int | None
    breakdown: bool


class UserGroups(Resource[_Query]):
    """Statistics of a group, for viewers who may see them by its ``stats_visibility``."""

    path = "/classifications/user_groups/{id}"
    summary = "Classifications of a group, for whom its visibility shows them"
    parameters = (*CLASSIFICATION_PARAMETERS, TOP_CONTRIBUTORS, BREAKDOWN)
    schema = either(
        _TOGETHER, schema_of({"group_member_stats_breakdown": list_of(_MEMBER_IN_FULL)})
    )

    def read(self, given: Given) -> _Query:
        group_id = read_id(ID.name, given[ID.name])
        selection, period = read_classifications(given)
        others = PERIOD.name in given or TOP_CONTRIBUTORS.name in given or has_project_filter(given)
        if BREAKDOWN.name in given and others:
            raise ExclusiveArguments(
                BREAKDOWN.name,
                "Cannot query individual stats breakdown with anything else EXCEPT start_date and "
                "end_date",
            )
        return _Query(
            group_id,
            selection,
            period,
            project_contributions=not has_project_filter(given),
            top=read_top(given),
            breakdown=read_flag(given, BREAKDOWN),
        )

    async def require_existing(self, operation: Operation, query: _Query) -> None:
        access = await operation.loaders.access.load(query.group_id)
        # For ERAS, an ended group does not exist, even for its former admins.
        if access is None or (access.group.ended and access.permissions.led_to_the_end):
            raise NotFound("group", query.group_id)

    async def answer(self, operation: Operation, query: _Query) -> Json:
        access = operation.loaders.access
        question = Question(Kind.GROUP, query.selection)
        if query.breakdown:
            access.require_individuals(query.group_id)
            return {"group_member_stats_breakdown": await _breakdown(operation, question, query)}
        access.require_aggregates(query.group_id)
        if query.top is not None:
            access.require_individuals(query.group_id)
        return await _together(operation, question, query)


async def _together(operation: Operation, question: Question, query: _Query) -> Json:
    loaders, key = operation.loaders, (question, query.group_id)
    # Concurrently, so that the loaders batch their reads.
    (total, buckets), active_users, sums, ranks = await asyncio.gather(
        load_counts(operation, question, query.group_id, query.period),
        loaders.active_users.load(key),
        loaders.contributions.load_many([key] if query.project_contributions else []),
        _ranks(operation, question, query.group_id, query.top),
    )
    answer: Json = {
        "total_count": total.n,
        "time_spent": total.seconds,
        "active_users": active_users,
    }
    if query.project_contributions:
        answer["project_contributions"] = [timed_project_row(one) for one in sums[0]]
    if query.top is not None:
        answer["top_contributors"] = [member_row(rank) for rank in ranks]
    if buckets is not None:
        answer["data"] = [timed_bucket_row(start, bucket) for start, bucket in buckets]
    return answer


async def _breakdown(operation: Operation, question: Question, query: _Query) -> list[Json]:
    ranks = await _ranks(operation, question, query.group_id, LARGEST_ID)
    user_ids = tuple(rank.user_id for rank in ranks)
    key = MembersKey(question, query.group_id, user_ids)
    sums = await operation.loaders.member_contributions.load(key)
    return [
        {
            **member_row(rank),
            "project_contributions": [timed_project_row(one) for one in sums[rank.user_id]],
        }
        for rank in ranks
    ]


async def _ranks(
    operation: Operation, question: Question, group_id: int, limit: int | None
) -> tuple[Rank, ...]:
    if limit is None:
        return ()
    return await operation.loaders.ranking.load((RankingQuestion(question, limit), group_id))
