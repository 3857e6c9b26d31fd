"""GraphQL operations of embeds: the one that a chart or a counter executes."""

from __future__ import annotations

from functools import lru_cache

from gateway.calendar import day_date
from gateway.embed.parameters import EmbedOptions, Preset
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


def chart_request(options: EmbedOptions) -> GraphQLRequest:
    """Build the request for a chart; without a period, it selects buckets by year and by month."""
    undecided = options.period is None
    variables = {
        **_variables(options),
        "period": "YEAR" if options.period is None else options.period.name,
        "undecided": undecided,
    }
    return GraphQLRequest(_document(_CHART, options.kind, options.measure), variables, is_own=True)


def counter_request(options: EmbedOptions) -> GraphQLRequest:
    """Build the request for a counter."""
    document = _document(_COUNTER, options.kind, options.measure)
    return GraphQLRequest(document, _variables(options), is_own=True)


def _variables(options: EmbedOptions) -> dict[str, object]:
    days = options.range
    chosen = None
    if options.preset is not Preset.ALL:
        assert days.start is not None and days.end is not None  # noqa: S101, PT018 - it has days
        chosen = {"start": str(day_date(days.start)), "end": str(day_date(days.end))}
    variables: dict[str, object] = {"range": chosen}
    if options.subject_id is not None:
        variables["id"] = str(options.subject_id)
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
