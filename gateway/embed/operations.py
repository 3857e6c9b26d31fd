"""The operation of the API that a chart or a counter is."""

from __future__ import annotations

from functools import lru_cache

from gateway.calendar import day_date
from gateway.embed.parameters import Asked, Preset
from gateway.embed.subjects import Kind, Measure
from gateway.graphql.documents.request import GraphQLRequest

_CHART = """\
query EmbeddedChart(%(id)s$range: DateRange, $period: Period, $undecided: Boolean!) {
  %(subject)s {
    %(name)s
    statistic: %(statistic)s(range: $range) {
      total: %(total)s
      firstDay
      lastDay
      buckets(period: $period, fillGaps: true) { startsOn value: %(bucket)s }
      months: buckets(period: MONTH, fillGaps: true) @include(if: $undecided) {
        startsOn
        value: %(bucket)s
      }
    }
  }
}
"""
_COUNTER = """\
query EmbeddedCounter(%(id)s$range: DateRange) {
  %(subject)s {
    %(name)s
    statistic: %(statistic)s(range: $range) { total: %(total)s }
  }
}
"""


def chart_request(asked: Asked) -> GraphQLRequest:
    """The request for a chart. What the data decide is asked for by year and by month."""
    undecided = asked.period is None
    variables = {
        **_variables(asked),
        "period": "YEAR" if asked.period is None else asked.period.name,
        "undecided": undecided,
    }
    return GraphQLRequest(_document(_CHART, asked.kind, asked.measure), variables, is_own=True)


def counter_request(asked: Asked) -> GraphQLRequest:
    """The request for a counter."""
    document = _document(_COUNTER, asked.kind, asked.measure)
    return GraphQLRequest(document, _variables(asked), is_own=True)


def _variables(asked: Asked) -> dict[str, object]:
    days = asked.range
    chosen = None
    if asked.preset is not Preset.ALL:
        assert days.start is not None and days.end is not None  # noqa: S101, PT018 - it has days
        chosen = {"start": str(day_date(days.start)), "end": str(day_date(days.end))}
    variables: dict[str, object] = {"range": chosen}
    if asked.subject_id is not None:
        variables["id"] = str(asked.subject_id)
    return variables


@lru_cache
def _document(template: str, kind: Kind, measure: Measure) -> str:
    """The text of an operation; those of the site have neither an id nor a name."""
    has_id = kind.field is not None
    return template % {
        "id": "$id: ID!, " if has_id else "",
        "subject": f"subject: {kind.field}(id: $id)" if has_id else "... on Query",
        "name": "displayName" if has_id else "__typename",
        "statistic": measure.statistic,
        "total": measure.total,
        "bucket": measure.bucket,
    }
