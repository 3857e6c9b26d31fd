"""Bar chart as an SVG image: the bars of the pages, with a title and few numbers at the axes."""

from __future__ import annotations

import math
from typing import NamedTuple

from gateway.embed import wording
from gateway.embed.figures import Figures
from gateway.embed.lettering import width_of
from gateway.embed.markup import Element, add
from gateway.embed.palette import Palette
from gateway.embed.picture import EDGE, add_name, open_picture
from gateway.embed.scale import scale_to

_WIDTH, _HEIGHT = 720.0, 380.0
#: Small enough that its letters stay readable in a narrow frame.
_PLAIN_WIDTH, _PLAIN_HEIGHT = 600.0, 280.0
_SMALL = 12.0
#: From the lower edge to the floor that bars stand on.
_BELOW = 46.0
_LABEL_ROOM = 76.0
_THICKEST = 72.0


class _PlotArea(NamedTuple):
    """Plot area: the width of the image, and the y of the top and of the floor of the bars."""

    width: float
    top: float
    floor: float


def draw_card(figures: Figures, palette: Palette) -> Element:
    """Draw a chart as an image of its own, with its title."""
    label = f"{figures.title}: {wording.heading(figures)}"
    picture = open_picture(_WIDTH, _HEIGHT, label, wording.summary(figures), palette, framed=True)
    add_name(picture, figures.title, 40, 19, _WIDTH - 2 * EDGE, palette.text)
    line = add(picture, "text", x=EDGE, y=66, font_size=14, fill=palette.muted)
    total = wording.amount(figures.measure, figures.total)
    add(line, "tspan", total, font_weight="650", fill=palette.text)
    last = add(line, "tspan", f" {subtitle(figures)}")
    last.set("xml:space", "preserve")
    _draw(picture, figures, palette, _PlotArea(_WIDTH, 88, _HEIGHT - _BELOW))
    return picture


def draw_plain(figures: Figures, palette: Palette) -> Element:
    """Draw a chart without its title, for a document that has it."""
    label = f"{figures.title}: {wording.heading(figures)}"
    picture = open_picture(
        _PLAIN_WIDTH, _PLAIN_HEIGHT, label, wording.summary(figures), palette, framed=False
    )
    _draw(picture, figures, palette, _PlotArea(_PLAIN_WIDTH, 12, _PLAIN_HEIGHT - 30))
    return picture


def subtitle(figures: Figures) -> str:
    """Subtitle: the unit, the range and the period, behind the total."""
    of = wording.unit(figures.measure, figures.total)
    return f"{of}, {wording.days_of(figures.preset)}, by {figures.period.value}"


def _draw(picture: Element, figures: Figures, palette: Palette, area: _PlotArea) -> None:
    width, top, floor = area
    best = figures.highest
    if best is None:
        _draw_empty(picture, palette, width / 2, (top + floor) / 2)
        return
    scale = scale_to(best.value, whole=figures.measure.is_whole)
    names = [wording.short(tick) for tick in scale.ticks]
    left = EDGE + max(width_of(name, _SMALL) for name in names) + 8
    right = width - EDGE
    height = (floor - top) / scale.top
    for tick, name in zip(scale.ticks, names, strict=True):
        y = floor - tick * height
        stroke = palette.line if tick else palette.muted
        add(picture, "line", x1=left, x2=right, y1=y, y2=y, stroke=stroke)
        _add_label(picture, name, left - 8, y + 4, "end", palette)
    bars = figures.bars
    step = (right - left) / len(bars)
    # One bar alone would be as wide as the image.
    thickness = min(step * (0.85 if len(bars) > 60 else 0.75), _THICKEST)
    every = math.ceil(len(bars) / max(1, int((right - left) / _LABEL_ROOM)))
    columns = add(picture, "g", fill=palette.bar)
    for index, bar in enumerate(bars):
        middle = left + (index + 0.5) * step
        if bar.value > 0:
            # A value above 0 is always visible.
            tall = max(bar.value * height, 2.0)
            add(columns, "path", d=_column(middle, thickness, floor - tall, floor))
        if index % every == 0:
            label = wording.tick(bar.starts_on, figures.period)
            _add_label(picture, label, middle, floor + 20, "middle", palette)


def _draw_empty(picture: Element, palette: Palette, x: float, y: float) -> None:
    add(
        picture,
        "text",
        "There is nothing on these days.",
        x=x,
        y=y,
        text_anchor="middle",
        font_size=15,
        fill=palette.muted,
    )


def _add_label(
    picture: Element, text: str, x: float, y: float, anchor: str, palette: Palette
) -> None:
    add(picture, "text", text, x=x, y=y, text_anchor=anchor, font_size=_SMALL, fill=palette.muted)


def _column(middle: float, width: float, top: float, floor: float) -> str:
    """A bar from the floor to a height, round at its upper corners."""
    radius = min(4.0, width / 2, floor - top)
    left, right = middle - width / 2, middle + width / 2
    return (
        f"M{left:.2f},{floor:.2f}V{top + radius:.2f}"
        f"Q{left:.2f},{top:.2f} {left + radius:.2f},{top:.2f}"
        f"H{right - radius:.2f}"
        f"Q{right:.2f},{top:.2f} {right:.2f},{top + radius:.2f}"
        f"V{floor:.2f}Z"
    )
