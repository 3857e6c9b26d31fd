"""Text tables: columns are as wide as their widest cell."""

from __future__ import annotations

from collections.abc import Sequence


def table_lines(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines of a table; characters that are not printable, such as escapes, become ``?``."""
    lines = [headings, *([_printable(cell) for cell in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    ]


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else "?" for character in text)
