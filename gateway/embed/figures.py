"""Figures: the numbers of a chart or a counter, read from the answer of the API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from gateway.embed.parameters import EmbedOptions, Preset
from gateway.embed.subjects import Measure
from gateway.errors import OutOfBounds
from gateway.period import Period

#: Hardly wider than a pixel.
_MOST_BARS = 600
#: For all time, the days with events decide the period: up to so many, it is a month.
_MONTHS_UP_TO_DAYS = Period.MONTH.longest or 0
_SECONDS_AN_HOUR = 3600


class Bar(NamedTuple):
    """A bucket: its first day, and its number in the unit of the measure."""

    starts_on: date
    value: float


class Figures(NamedTuple):
    """Numbers of an embed; for a counter, ``bars`` is empty and ``period`` is unused."""

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


def read_counter_figures(options: EmbedOptions, data: Mapping[str, Any]) -> Figures:
    """Read the number of a counter."""
    title, statistic = _read(options, data)
    total = _in_unit(options.measure, statistic["total"])
    return Figures(title, options.measure, options.preset, total)


def read_chart_figures(options: EmbedOptions, data: Mapping[str, Any]) -> Figures:
    """Read the numbers of a chart; OutOfBounds if there are more bars than can be drawn."""
    title, statistic = _read(options, data)
    measure = options.measure
    first, last = (_day(statistic[name]) for name in ("firstDay", "lastDay"))
    period, buckets = options.period, statistic["buckets"]
    if period is None:
        period = Period.YEAR
        if first is not None and last is not None and (last - first).days < _MONTHS_UP_TO_DAYS:
            period, buckets = Period.MONTH, statistic["months"]
    bars = [
        Bar(date.fromisoformat(one["startsOn"]), _in_unit(measure, one["value"])) for one in buckets
    ]
    if options.preset is Preset.ALL:
        # The buckets go on until today.
        bars = [bar for bar in bars if last is None or bar.starts_on <= last]
    if len(bars) > _MOST_BARS:
        message = f"The chart would have {len(bars):,} bars: ask for a longer period."
        raise OutOfBounds("period", len(bars), 0, _MOST_BARS, message)
    total = _in_unit(measure, statistic["total"])
    return Figures(title, measure, options.preset, total, bars, period)


def _read(options: EmbedOptions, data: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    subject = data if options.kind.field is None else data["subject"]
    return options.kind.title(options.subject_id, subject.get("displayName")), subject["statistic"]


def _in_unit(measure: Measure, value: float) -> float:
    return value / _SECONDS_AN_HOUR if measure is Measure.HOURS else value


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
