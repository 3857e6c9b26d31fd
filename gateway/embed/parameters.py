"""URL parameters of embeds: a closed list, each with a closed list of values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import NamedTuple, TypeVar
from urllib.parse import parse_qsl

from gateway.arguments import read_id
from gateway.calendar import DayRange, Grain
from gateway.embed.subjects import Kind, Measure
from gateway.errors import InvalidArgument
from gateway.http.refusals import BadRequest
from gateway.period import Period, period_for

#: Each parameter once, with the longest of its values, takes a third of it.
_LONGEST_QUERY = 200
_LONGEST_QUOTED = 40


class Preset(Enum):
    """The usual ranges, which end today; the value is its word in addresses, as on the pages."""

    WEEK = "week", 7
    MONTH = "month", 30
    YEAR = "year", 365
    ALL = "all", None

    days: int | None
    periods: tuple[Period, ...]

    def __new__(cls, word: str, days: int | None) -> Preset:
        preset = object.__new__(cls)
        preset._value_ = word
        preset.days = days
        #: The periods that its chart can have: two bars at least, and wide enough to be visible.
        preset.periods = tuple(
            one
            for one in Period
            if (one.grain is not Grain.DAY if days is None else 2 * one.shortest_days <= days)
        )
        return preset

    def range(self, today: int) -> DayRange:
        """The days of the preset."""
        return DayRange() if self.days is None else DayRange(today - self.days + 1, today)


class Theme(Enum):
    """The colours; AUTO are those that the reader's system prefers, light ones in an image."""

    AUTO = "auto"
    LIGHT = "light"
    DARK = "dark"


class EmbedOptions(NamedTuple):
    """Options of an embed; ``period`` is None for a counter, and if the data decide it."""

    kind: Kind
    subject_id: int | None
    measure: Measure
    preset: Preset
    range: DayRange
    period: Period | None
    theme: Theme


_Choice = TypeVar("_Choice", bound=Enum)


def read_chart(kind: Kind, path: Mapping[str, str], query: bytes, today: int) -> EmbedOptions:
    """Read the options of a chart; InvalidArgument or BadRequest if they cannot be used."""
    given = _read(query, ("show", "range", "period", "theme"))
    options = _options(kind, path, given, today)
    if "period" in given:
        return options._replace(period=_among("period", given["period"], options.preset.periods))
    if options.preset is Preset.ALL:
        return options
    return options._replace(period=period_for(options.range, today))


def read_counter(kind: Kind, path: Mapping[str, str], query: bytes, today: int) -> EmbedOptions:
    """Read the options of a counter; raises as ``read_chart`` does."""
    return _options(kind, path, _read(query, ("show", "range", "theme")), today)


def _options(
    kind: Kind, path: Mapping[str, str], given: Mapping[str, str], today: int
) -> EmbedOptions:
    preset = _among("range", given.get("range", Preset.ALL.value), tuple(Preset))
    return EmbedOptions(
        kind,
        None if kind.field is None else read_id("id", path["id"]),
        _among("show", given.get("show", Measure.CLASSIFICATIONS.value), kind.measures),
        preset,
        preset.range(today),
        None,
        _among("theme", given.get("theme", Theme.AUTO.value), tuple(Theme)),
    )


def _read(query: bytes, names: Sequence[str]) -> dict[str, str]:
    if len(query) > _LONGEST_QUERY:
        raise BadRequest(f"The query string is longer than {_LONGEST_QUERY} bytes.")
    given: dict[str, str] = {}
    for name, value in parse_qsl(query.decode("latin-1"), keep_blank_values=True):
        if name not in names:
            raise InvalidArgument(
                _short(name), f"{_short(name)!r} is no parameter here: {_list(names)}."
            )
        if name in given:
            raise InvalidArgument(name, f"{name} is given more than once.")
        given[name] = value
    return given


def _among(name: str, written: str, choices: Sequence[_Choice]) -> _Choice:
    for choice in choices:
        if choice.value == written:
            return choice
    words = [choice.value for choice in choices]
    raise InvalidArgument(name, f"{name} cannot be {_short(written)!r} here: {_list(words)}.")


def _list(words: Sequence[str]) -> str:
    *others, last = words
    return f"there are {', '.join(others)} and {last}" if others else f"there is {last}"


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_QUOTED else f"{text[:_LONGEST_QUOTED]}…"
