"""Palettes: the colours of the pages, for images without a style sheet."""

from __future__ import annotations

from typing import NamedTuple


class Palette(NamedTuple):
    """Colours as attributes of SVG take them; names as in the theme of the pages."""

    surface: str
    sunken: str
    line: str
    text: str
    muted: str
    accent: str
    bar: str


LIGHT = Palette("#ffffff", "#e9eef2", "#d5dde3", "#17222c", "#536372", "#0b7285", "#14879c")
DARK = Palette("#182027", "#222d36", "#2f3c47", "#e6edf2", "#9dadba", "#5ccbdf", "#3fb2c7")
#: The colours of the style sheet of a document.
STYLED = Palette(*(f"var(--{name})" for name in Palette._fields))
