"""``/classifications``: counts of the whole site, or of some projects or workflows."""

from __future__ import annotations

from typing import NamedTuple

from gateway.loaders.operation import Operation
from gateway.period import Period
from gateway.rest.eras.counts import CLASSIFICATION_PARAMETERS, load_counts, read_classifications
from gateway.rest.eras.parameters import Given
from gateway.rest.eras.resource import Resource
from gateway.rest.eras.rows import BUCKET, COUNT, Json, bucket_row, list_of, schema_of
from gateway.stats.subject import Kind, Question, Selection


class _Query(NamedTuple):
    selection: Selection
    period: Period | None


class Classifications(Resource[_Query]):
    """Public counts of classifications."""

    path = "/classifications"
    summary = "Classifications of the site, of projects or of workflows"
    parameters = CLASSIFICATION_PARAMETERS
    schema = schema_of({"total_count": COUNT}, {"data": list_of(BUCKET)})

    def read(self, given: Given) -> _Query:
        return _Query(*read_classifications(given))

    async def answer(self, operation: Operation, query: _Query) -> Json:
        question = Question(Kind.SITE, query.selection)
        total, buckets = await load_counts(operation, question, 0, query.period)
        answer: Json = {"total_count": total.n}
        if buckets is not None:
            answer["data"] = [bucket_row(start, bucket) for start, bucket in buckets]
        return answer
