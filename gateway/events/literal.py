"""Python literals: dicts in Python's notation, as pandas saves decoded JSON.

Nothing is evaluated: a text with anything but literals is rejected before it is parsed.
"""

from __future__ import annotations

import ast
import re

from gateway.events.json_text import TooMuch

#: Python's parser needs memory by length (up to 1 KB a byte) and stack by depth.
_LONGEST = 128 * 1024
_DEEPEST = 32

_ESCAPES = r"""\\(?:[\\'"abfnrtv]|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8})"""
_TOKEN = re.compile(
    rf"""
    (?P<string> u?(?: '(?:[^'\\\n\r\0]|{_ESCAPES})*+' | "(?:[^"\\\n\r\0]|{_ESCAPES})*+" ))
    | (?P<open> [\[{{(]) | (?P<close> [\]}})]) | [,:] | \s++
    | -?[0-9]{{1,400}}(?:\.[0-9]{{0,400}})?(?:[eE][-+]?[0-9]{{1,9}})?(?![0-9a-zA-Z_.])
    | (?P<name> None|True|False|-?nan|-?inf)(?![0-9a-zA-Z_(.])
    """,
    re.VERBOSE,
)


def read_literal(text: str) -> object:
    """Parse a Python literal; ValueError if it has anything else, TooMuch beyond limits.

    NaN and infinity are None.
    """
    if len(text) > _LONGEST:
        raise TooMuch
    plain: list[str] = []
    offset = depth = 0
    while offset < len(text):
        token = _TOKEN.match(text, offset)
        if token is None:
            raise ValueError
        offset = token.end()
        depth += (token["open"] is not None) - (token["close"] is not None)
        if depth > _DEEPEST:
            raise TooMuch
        plain.append("None" if token["name"] in {"nan", "-nan", "inf", "-inf"} else token[0])
    try:
        return ast.literal_eval("".join(plain).strip())
    except (SyntaxError, TypeError, MemoryError, RecursionError) as error:
        raise ValueError from error
