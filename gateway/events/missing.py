"""Missing values in tables and events, in the notations of R, PostgreSQL, pandas and others."""

from __future__ import annotations

#: Nothing, R's NA, PostgreSQL's \N, and what pandas takes for missing (``na_values``) or writes.
_WORDS = (
    *("", "NA", "<NA>", "N/A", "#N/A", "#N/A N/A", "#NA", r"\N", "NaN", "-NaN", "NaT"),
    *("Null", "None", "-1.#IND", "1.#QNAN", "1.#IND", "-1.#QNAN"),
)
#: In any of the usual letter cases, also with a space beside it: looked up as a whole, since cells
#: are many.
_MISSING = frozenset(
    spaced
    for word in _WORDS
    for cased in (word, word.lower(), word.upper(), word.capitalize())
    for spaced in (cased, f" {cased}", f"{cased} ", f" {cased} ")
)
_MISSING_NAMES = frozenset({"", "NA", r"\N"})


def given(cell: object) -> object:
    """Cell of a table; None if it is a missing value."""
    if isinstance(cell, str):
        return given_text(cell)
    # Nothing but a floating-point NaN differs from itself.
    return None if cell != cell else cell


def given_text(cell: str | None) -> str | None:
    """Text of a cell; None if it is a missing value."""
    return None if cell is None or cell in _MISSING or cell.isspace() else cell


def given_name(cell: str | None) -> str | None:
    """Name in a cell; None if it is missing. Fewer words count as missing: Nan may be a name."""
    return None if cell in _MISSING_NAMES else cell


def not_blank(value: object) -> object:
    """Value of JSON; None if it is a blank text."""
    return None if isinstance(value, str) and (not value or value.isspace()) else value
