"""Image frame: the card of an SVG image, with its title and description for screen readers."""

from __future__ import annotations

from gateway.embed.lettering import FONT, fitted
from gateway.embed.markup import Element, add, make
from gateway.embed.palette import Palette

EDGE = 24.0


def open_picture(
    width: float, height: float, label: str, description: str, palette: Palette, *, framed: bool
) -> Element:
    """Open an image to draw in; ``framed`` draws the card, which a document has by itself."""
    picture = make(
        "svg",
        xmlns="http://www.w3.org/2000/svg",
        width=width,
        height=height,
        viewBox=f"0 0 {width:g} {height:g}",
        role="img",
        aria_labelledby="embedded-title embedded-description",
        font_family=FONT,
        direction="ltr",
    )
    add(picture, "title", label, id="embedded-title")
    add(picture, "desc", description, id="embedded-description")
    if framed:
        add(
            picture,
            "rect",
            x=0.5,
            y=0.5,
            width=width - 1,
            height=height - 1,
            rx=14,
            fill=palette.surface,
            stroke=palette.line,
        )
    return picture


def add_name(picture: Element, name: str, y: float, size: float, room: float, fill: str) -> None:
    """Add a user-chosen name: on one line, isolated from the text around it."""
    # The viewport clips what exceeds the estimated width or height.
    viewport = add(picture, "svg", x=EDGE, y=y - size * 1.2, width=room, height=size * 1.6)
    add(
        viewport,
        "text",
        fitted(name, size, room),
        y=size * 1.2,
        font_size=size,
        font_weight="650",
        fill=fill,
        unicode_bidi="isolate",
    )
