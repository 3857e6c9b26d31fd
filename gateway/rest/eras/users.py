"""``/classifications/users/{id}``: classifications of one volunteer."""

from __future__ import annotations

from typing import NamedTuple

from gateway.arguments import read_id
from gateway.errors import ExclusiveArguments
from gateway.loaders.operation import Operation
from gateway.loaders.statistics import most_recent_first
from gateway.period import Period
from gateway.rest.eras.counts import (
    CLASSIFICATION_PARAMETERS,
    has_project_filter,
    load_counts,
    read_classifications,
)
from gateway.rest.eras.parameters import (
    ID,
    ORDER,
    PROJECT_CONTRIBUTIONS,
    TIME_SPENT,
    Given,
    Order,
    read_flag,
    read_order,
)
from gateway.rest.eras.resource import Resource
from gateway.rest.eras.rows import (
    BUCKET,
    COUNT,
    PROJECT,
    SECONDS,
    TIMED_BUCKET,
    Json,
    bucket_row,
    either,
    list_of,
    project_row,
    schema_of,
    timed_bucket_row,
)
from gateway.stats.subject import Kind, Question, Selection


class _Query(NamedTuple):
    user_id: int
    selection: Selection
    period: Period | None
    time_spent: bool
    project_contributions: bool
    order: Order


class Users(Resource[_Query]):
    """Statistics of a volunteer, for the volunteer and site admins; 0 for an unknown id."""

    path = "/classifications/users/{id}"
    summary = "Classifications of one volunteer, for that volunteer and site admins"
    parameters = (*CLASSIFICATION_PARAMETERS, TIME_SPENT, PROJECT_CONTRIBUTIONS, ORDER)
    schema = schema_of(
        {"total_count": COUNT},
        {
            "time_spent": SECONDS,
            "project_contributions": list_of(PROJECT),
            "data": either(list_of(BUCKET), list_of(TIMED_BUCKET)),
        },
    )

    def read(self, given: Given) -> _Query:
        user_id = read_id(ID.name, given[ID.name])
        selection, period = read_classifications(given)
        if PROJECT_CONTRIBUTIONS.name in given and has_project_filter(given):
            raise ExclusiveArguments(
                PROJECT_CONTRIBUTIONS.name,
                "Cannot query for project contributions and query by project/workflow",
            )
        return _Query(
            user_id,
            selection,
            period,
            time_spent=read_flag(given, TIME_SPENT),
            project_contributions=read_flag(given, PROJECT_CONTRIBUTIONS),
            order=read_order(given),
        )

    async def answer(self, operation: Operation, query: _Query) -> Json:
        operation.loaders.access.require_own_stats(query.user_id)
        question = Question(Kind.USER, query.selection)
        total, buckets = await load_counts(operation, question, query.user_id, query.period)
        answer: Json = {"total_count": total.n}
        if query.time_spent:
            answer["time_spent"] = total.seconds
        if query.project_contributions:
            answer["project_contributions"] = await self._contributions(operation, question, query)
        if buckets is not None:
            row = timed_bucket_row if query.time_spent else bucket_row
            answer["data"] = [row(start, bucket) for start, bucket in buckets]
        return answer

    async def _contributions(
        self, operation: Operation, question: Question, query: _Query
    ) -> list[Json]:
        key = (question, query.user_id)
        sums = await operation.loaders.contributions.load(key)
        if query.order is Order.RECENTS:
            days = await operation.loaders.last_days.load(key)
            return [project_row(one) for one in most_recent_first(sums, days)]
        return [project_row(one) for one in sums]
