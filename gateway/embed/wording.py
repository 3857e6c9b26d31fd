"""Text formatting of numbers, days and sentences, in the words of the pages.

Python formats numbers and dates in the process's locale or in none, and the libraries that know
locales are larger than the gateway; there is one language, as on the pages.
"""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from gateway.calendar import Grain
from gateway.embed.figures import Figures
from gateway.embed.parameters import Preset
from gateway.embed.subjects import Measure
from gateway.period import Period

_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_UNITS = {
    Measure.CLASSIFICATIONS: ("classification", "classifications"),
    Measure.HOURS: ("hour", "hours"),
    Measure.VOLUNTEERS: ("volunteer", "volunteers"),
    Measure.COMMENTS: ("comment", "comments"),
}
_RANGES = {
    Preset.WEEK: "last 7 days",
    Preset.MONTH: "last 30 days",
    Preset.YEAR: "last 12 months",
    Preset.ALL: "all time",
}
_THOUSANDS = ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "K"))


def amount(measure: Measure, value: float) -> str:
    """Format a number of the measure; hours are rounded, fewer than a hundred to a tenth."""
    return _rounded(value, 1 if measure is Measure.HOURS and value < 100 else 0)


def unit(measure: Measure, value: float) -> str:
    """The unit of a number, in singular or plural."""
    one, several = _UNITS[measure]
    return one if value == 1 else several


def short(value: float) -> str:
    """Abbreviate a number for an axis, such as 1.5K."""
    for size, letter in _THOUSANDS:
        if value >= size:
            return _rounded(value / size, 1) + letter
    return _rounded(value, 1)


def days_of(preset: Preset) -> str:
    """The range, in words."""
    return _RANGES[preset]


def day(at: date) -> str:
    """A day, such as Jan 5, 2024."""
    return f"{_month(at)} {at.day}, {at.year}"


def bucket(starts_on: date, period: Period) -> str:
    """A bucket by its first day, such as June 2016."""
    if period.grain is Grain.YEAR:
        return str(starts_on.year)
    month = f"{_MONTHS[starts_on.month - 1]} {starts_on.year}"
    first = day(starts_on) if period.grain is Grain.DAY else month
    return first if period.units == 1 else f"{period.value.title()} of {first}"


def tick(starts_on: date, period: Period) -> str:
    """Abbreviate a bucket for an axis."""
    if period.grain is Grain.YEAR:
        return str(starts_on.year)
    of = starts_on.day if period.grain is Grain.DAY else starts_on.year
    return f"{_month(starts_on)} {of}"


def heading(figures: Figures) -> str:
    """Heading of a chart: its measure and its period."""
    return f"{figures.measure.value.title()} by {figures.period.value}"


def summary(figures: Figures) -> str:
    """Describe a chart in sentences, for screen readers."""
    measure, total = figures.measure, figures.total
    whole = f"{amount(measure, total)} {unit(measure, total)}, {days_of(figures.preset)}."
    best = figures.highest
    if best is None:
        return whole
    bars, period = figures.bars, figures.period
    count = "One bar" if len(bars) == 1 else f"{len(bars)} bars"
    return (
        f"{whole} {count}, from {bucket(bars[0].starts_on, period)} to "
        f"{bucket(bars[-1].starts_on, period)}. The highest is {bucket(best.starts_on, period)}, "
        f"{amount(measure, best.value)} {unit(measure, best.value)}."
    )


def _month(at: date) -> str:
    return _MONTHS[at.month - 1][:3]


def _rounded(value: float, digits: int) -> str:
    """As browsers round: half goes up."""
    rounded = Decimal(value).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    text = f"{rounded:,}"
    return text.removesuffix(".0") if digits else text
