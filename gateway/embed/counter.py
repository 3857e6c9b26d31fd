"""Counter as an SVG image: one number with its unit and its range."""

from __future__ import annotations

from gateway.embed import wording
from gateway.embed.figures import Figures
from gateway.embed.lettering import width_of
from gateway.embed.markup import Element, add
from gateway.embed.palette import Palette
from gateway.embed.picture import EDGE, add_name, open_picture

_WIDTH, _HEIGHT = 320.0, 132.0
_NUMBER = 44.0


def draw_counter(figures: Figures, palette: Palette) -> Element:
    """Draw a counter."""
    measure, total = figures.measure, figures.total
    amount, of = wording.amount(measure, total), wording.unit(measure, total)
    text = f"{amount} {of}, {wording.days_of(figures.preset)}"
    picture = open_picture(
        _WIDTH, _HEIGHT, f"{figures.title}: {text}", f"{text}.", palette, framed=True
    )
    room = _WIDTH - 2 * EDGE
    add_name(picture, figures.title, 36, 15, room, palette.muted)
    size = min(_NUMBER, _NUMBER * room / width_of(amount, _NUMBER))
    add(
        picture,
        "text",
        amount,
        x=EDGE,
        y=85,
        font_size=size,
        font_weight="650",
        fill=palette.accent,
    )
    below = f"{of}, {wording.days_of(figures.preset)}"
    add(picture, "text", below, x=EDGE, y=111, font_size=14, fill=palette.muted)
    return picture
