"""The numbers of a chart or a counter, out of the answer of the API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from gateway.embed.parameters import Asked, Preset
from gateway.embed.subjects import Measure
from gateway.errors import OutOfBounds
from gateway.period import Period

#: Hardly wider than a pixel.
_MOST_BARS = 600
#: Of all time the range says nothing about the period: the days that have something do.
_MONTHS_UP_TO_DAYS = Period.MONTH.longest or 0
_SECONDS_AN_HOUR = 3600


class Bar(NamedTuple):
    """A bucket: its first day, and its number in the unit of the measure."""

    starts_on: date
    value: float


class Figures(NamedTuple):
    """What is shown. ``bars`` are empty and ``period`` means nothing for a counter."""

    title: str
    measure: Measure
    preset: Preset
    total: float
    bars: Sequence[Bar] = ()
    period: Period = Period.YEAR

    @property
    def highest(self) -> Bar | None:
        """The first of the highest bars; None if no bar has anything."""
        best = max(self.bars, key=lambda bar: bar.value, default=None)
        return best if best is not None and best.value > 0 else None


def read_counter_figures(asked: Asked, data: Mapping[str, Any]) -> Figures:
    """The number of a counter."""
    title, statistic = _read(asked, data)
    total = _in_unit(asked.measure, statistic["total"])
    return Figures(title, asked.measure, asked.preset, total)


def read_chart_figures(asked: Asked, data: Mapping[str, Any]) -> Figures:
    """The numbers of a chart; OutOfBounds if there are more than can be drawn."""
    title, statistic = _read(asked, data)
    measure = asked.measure
    first, last = (_day(statistic[name]) for name in ("firstDay", "lastDay"))
    period, buckets = asked.period, statistic["buckets"]
    if period is None:
        period = Period.YEAR
        if first is not None and last is not None and (last - first).days < _MONTHS_UP_TO_DAYS:
            period, buckets = Period.MONTH, statistic["months"]
    bars = [
        Bar(date.fromisoformat(one["startsOn"]), _in_unit(measure, one["value"])) for one in buckets
    ]
    if asked.preset is Preset.ALL:
        # The buckets go on until today.
        bars = [bar for bar in bars if last is None or bar.starts_on <= last]
    if len(bars) > _MOST_BARS:
        said = f"The chart would have {len(bars):,} bars: ask for a longer period."
        raise OutOfBounds("period", len(bars), 0, _MOST_BARS, said)
    total = _in_unit(measure, statistic["total"])
    return Figures(title, measure, asked.preset, total, bars, period)


def _read(asked: Asked, data: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    subject = data if asked.kind.field is None else data["subject"]
    return asked.kind.title(asked.subject_id, subject.get("displayName")), subject["statistic"]


def _in_unit(measure: Measure, value: float) -> float:
    return value / _SECONDS_AN_HOUR if measure is Measure.HOURS else value


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
