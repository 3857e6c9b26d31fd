"""What images are made of: scales, words, widths, and the colours of the pages."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.embed import wording
from gateway.embed.lettering import fitted, width_of
from gateway.embed.palette import DARK, LIGHT, Palette
from gateway.embed.parameters import Preset
from gateway.embed.scale import scale_to
from gateway.embed.subjects import Measure
from gateway.period import Period

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("highest", "ticks"),
    [
        (1, [0, 0.2, 0.4, 0.6, 0.8, 1]),
        (3, [0, 1, 2, 3]),
        (7, [0, 2, 4, 6, 8]),
        (153, [0, 50, 100, 150, 200]),
        (1640, [0, 500, 1000, 1500, 2000]),
        (0.3, [0, 0.1, 0.2, 0.3]),
    ],
)
def test_a_scale_ends_at_a_round_number(highest: float, ticks: list[float]) -> None:
    # As scaleLinear([0, highest]).nice(4) of d3 has it, and its ticks(4).
    assert list(scale_to(highest, whole=False).ticks) == pytest.approx(ticks)


@given(st.floats(1e-3, 1e12) | st.integers(1, 10**12))
def test_everything_has_its_place_on_its_scale(highest: float) -> None:
    scale = scale_to(highest, whole=False)

    assert scale.top >= highest
    assert 2 <= len(scale.ticks) <= 8
    assert scale.ticks[0] == 0
    assert scale.ticks[-1] == pytest.approx(scale.top)
    assert all(tick == int(tick) for tick in scale_to(highest, whole=True).ticks)


@pytest.mark.parametrize(
    ("value", "short", "full"),
    [
        (0, "0", "0"),
        (950, "950", "950"),
        (1500, "1.5K", "1,500"),
        (2_000_000, "2M", "2,000,000"),
        (3_140_000_000, "3.1B", "3,140,000,000"),
    ],
)
def test_numbers_are_written_as_on_the_pages(value: float, short: str, full: str) -> None:
    assert wording.short(value) == short
    assert wording.amount(Measure.CLASSIFICATIONS, value) == full


@pytest.mark.parametrize(
    ("hours", "text"), [(0.04, "0"), (0.25, "0.3"), (12.0, "12"), (99.96, "100"), (100.5, "101")]
)
def test_few_hours_have_a_tenth(hours: float, text: str) -> None:
    assert wording.amount(Measure.HOURS, hours) == text


def test_buckets_are_named_by_their_first_day() -> None:
    at = date(2024, 3, 4)

    assert [wording.bucket(at, period) for period in Period] == [
        "Mar 4, 2024",
        "Week of Mar 4, 2024",
        "March 2024",
        "2024",
    ]
    assert [wording.tick(at, one) for one in Period] == ["Mar 4", "Mar 4", "Mar 2024", "2024"]


def test_a_chart_has_two_bars_at_least_and_none_too_thin() -> None:
    assert {preset.value: [one.value for one in preset.periods] for preset in Preset} == {
        "week": ["day"],
        "month": ["day", "week"],
        "year": ["day", "week", "month"],
        "all": ["month", "year"],
    }


@given(st.text(max_size=200), st.floats(50, 700))
def test_a_name_has_the_room_that_there_is(name: str, room: float) -> None:
    shown = fitted(name, 15, room)

    assert width_of(shown, 15) <= room
    assert "\n" not in shown


def test_colours_are_those_of_the_pages() -> None:
    theme = (ROOT / "web" / "src" / "theme" / "theme.css").read_text()
    sheet = (ROOT / "gateway" / "embed" / "embed.css").read_text()
    light, _, dark = theme.partition("@media (prefers-color-scheme: dark)")
    parts = sheet.split("}\n\n")[:3]

    for palette, page, blocks in ((LIGHT, light, parts[:1]), (DARK, dark, parts[1:])):
        for name, colour in zip(Palette._fields, palette, strict=True):
            assert f"--{name}: {colour};" in page
            assert all(re.search(rf"--{name}: {colour};", block) for block in blocks)
