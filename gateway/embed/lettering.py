"""Text width, estimated: an image cannot measure it, and fonts differ."""

from __future__ import annotations

import unicodedata

FONT = 'system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif'

#: Widths of letters as parts of the font's size.
_WIDE, _USUAL, _CAPITAL = 1.0, 0.6, 0.7


def width_of(text: str, size: float) -> float:
    """Estimate the width of text, in the units of ``size``."""
    return size * sum(map(_width, text))


def fitted(text: str, size: float, room: float) -> str:
    """Fit text on one line; its end is cut off where it would not fit."""
    line = " ".join(text.split())
    if width_of(line, size) <= room:
        return line
    left = room / size - _WIDE
    fitting = []
    for letter in line:
        left -= _width(letter)
        if left < 0:
            break
        fitting.append(letter)
    return "".join(fitting).rstrip() + "…"


def _width(letter: str) -> float:
    if unicodedata.combining(letter):
        return 0.0
    if unicodedata.east_asian_width(letter) in "WF":
        return _WIDE
    return _CAPITAL if letter.isupper() else _USUAL
