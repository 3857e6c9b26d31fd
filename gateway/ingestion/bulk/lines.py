"""Rows of numbers on their way to DuckDB: lines of CSV, written in a tenth of csv's time."""

from __future__ import annotations

import glob
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

#: A missing value.
NULL = "null"


def as_lines(rows: Sequence[tuple[Any, ...]]) -> bytes:
    """A line for each row of numbers, missing values, and lists of groups as JSON texts."""
    # Brackets around a comma stand between rows alone.
    return orjson.dumps(rows)[2:-2].replace(b"],[", b"\n") + b"\n" if rows else b""


def joined_lines(rows: Sequence[str]) -> bytes:
    """A line for each row that is a JSON list of the same."""
    return "".join(rows)[1:-1].replace("][", "\n").encode("ascii") + b"\n"


def lines_of(file: Path, columns: Mapping[str, str]) -> str:
    """What DuckDB selects the rows of a file from; ``columns`` says how it keeps them."""
    # Lists are texts there.
    kinds = ", ".join(
        f"'{name}': '{'VARCHAR' if kind.endswith('[]') else kind}'"
        for name, kind in columns.items()
    )
    lines = (
        f"read_csv({quoted_pattern(file)}, columns = {{{kinds}}}, header = false, delim = ',',"
        f""" quote = '"', escape = '"', nullstr = '{NULL}', auto_detect = false)"""
    )
    chosen = ", ".join(f"{name}::{kind} AS {name}" for name, kind in columns.items())
    return f"(SELECT {chosen} FROM {lines})"


def quoted(path: Path) -> str:
    """A literal of DuckDB's SQL."""
    return "'" + str(path).replace("'", "''") + "'"


def quoted_pattern(path: Path) -> str:
    """A literal that means this path alone: DuckDB takes a path for a pattern."""
    return quoted(Path(glob.escape(str(path))))
