"""Python's notation of a dict, which is how pandas saves JSON that was decoded.

Nothing is evaluated: a text of anything but literals is refused before it is parsed.
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
    """What a text of literals says; ValueError if it holds anything else, TooMuch beyond limits.

    A number that is none, or without end, is None.
    """
    if len(text) > _LONGEST:
        raise TooMuch
    plain: list[str] = []
    place = depth = 0
    while place < len(text):
        token = _TOKEN.match(text, place)
        if token is None:
            raise ValueError
        place = token.end()
        depth += (token["open"] is not None) - (token["close"] is not None)
        if depth > _DEEPEST:
            raise TooMuch
        plain.append("None" if token["name"] in {"nan", "-nan", "inf", "-inf"} else token[0])
    try:
        return ast.literal_eval("".join(plain).strip())
    except (SyntaxError, TypeError, MemoryError, RecursionError) as error:
        raise ValueError from error
