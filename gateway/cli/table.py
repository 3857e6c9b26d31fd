"""Tables for people: columns as wide as what stands in them."""

from __future__ import annotations

from collections.abc import Sequence


def table_lines(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """The lines of a table; characters that would move a terminal's cursor are shown as ``?``."""
    lines = [headings, *([_printable(cell) for cell in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    ]


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else "?" for character in text)
