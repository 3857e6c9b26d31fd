"""``/comments``: counts of Talk comments of the whole site, some projects, or some volunteers."""

from __future__ import annotations

from typing import NamedTuple

from gateway.loaders.operation import Operation
from gateway.period import Period
from gateway.rest.eras.counts import Counts, load_counts, read_time
from gateway.rest.eras.parameters import (
    END_DATE,
    IGNORED_WORKFLOW_ID,
    PERIOD,
    PROJECT_ID,
    START_DATE,
    USER_ID,
    Given,
    read_ids,
)
from gateway.rest.eras.resource import Resource
from gateway.rest.eras.rows import BUCKET, COUNT, Json, bucket_row, list_of, schema_of
from gateway.stats.subject import Activity, Answer, Kind, Question, Selection

#: The project id under which comments outside of all projects are counted.
_NO_PROJECT = (0,)


class _Query(NamedTuple):
    selection: Selection
    period: Period | None
    #: An empty list of projects means any project: comments without one are left out.
    in_any_project: bool


class Comments(Resource[_Query]):
    """Public counts of comments."""

    path = "/comments"
    summary = "Comments of the site, of projects or by volunteers"
    parameters = (START_DATE, END_DATE, PERIOD, PROJECT_ID, IGNORED_WORKFLOW_ID, USER_ID)
    schema = schema_of({"total_count": COUNT}, {"data": list_of(BUCKET)})

    def read(self, given: Given) -> _Query:
        days, period = read_time(given)
        selection = Selection(
            Activity.COMMENTS,
            days,
            project_ids=read_ids(given, PROJECT_ID),
            user_ids=read_ids(given, USER_ID),
        )
        empty = PROJECT_ID.name in given and selection.project_ids is None
        return _Query(selection, period, in_any_project=empty)

    async def answer(self, operation: Operation, query: _Query) -> Json:
        counts = await self._count(operation, query.selection, query.period)
        if query.in_any_project:
            outside = query.selection._replace(project_ids=_NO_PROJECT)
            counts = _without(counts, await self._count(operation, outside, query.period))
        answer: Json = {"total_count": counts.total.n}
        if counts.buckets is not None:
            answer["data"] = [bucket_row(start, bucket) for start, bucket in counts.buckets]
        return answer

    async def _count(
        self, operation: Operation, selection: Selection, period: Period | None
    ) -> Counts:
        return await load_counts(operation, Question(Kind.SITE, selection), 0, period)


def _without(counts: Counts, others: Counts) -> Counts:
    """Subtract counts from those that include them; periods that become empty are removed."""
    total = Answer(counts.total.n - others.total.n)
    if counts.buckets is None:
        return Counts(total, None)
    less = dict(others.buckets or ())
    buckets = (
        (start, Answer(bucket.n - less.get(start, Answer()).n)) for start, bucket in counts.buckets
    )
    return Counts(total, tuple((start, bucket) for start, bucket in buckets if bucket.n))
