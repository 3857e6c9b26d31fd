"""JSON decoding, also of valid JSON that the fast decoder rejects.

Half of a surrogate pair (a text cut inside an emoji) and numbers of any length are JSON, and must
not lose an event, far less the others that came with it.
"""

from __future__ import annotations

import json
from typing import Any, NoReturn

import orjson

#: Longer numbers are no ids and no times, and Python writes none of more than 4,300 digits.
_MOST_DIGITS = 400


class TooMuch(ValueError):
    """Error: a text is longer, or nested deeper, than the limit."""


def decode(text: bytes | str) -> Any:
    """Decode JSON in UTF-8; ValueError if it is not JSON, or nested too deep."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        try:
            text = text if isinstance(text, str) else text.decode()
            return json.loads(text, parse_int=_whole, parse_constant=_refuse)
        except (ValueError, RecursionError):
            raise error from None


def decode_leniently(text: str) -> Any:
    """Decode JSON with ``NaN`` and its like, which Python writes; they are None.

    TooMuch if it is nested too deep.
    """
    try:
        return json.loads(text, parse_int=_whole, parse_constant=lambda _: None)
    except RecursionError as error:
        raise TooMuch from error


def _whole(digits: str) -> int | None:
    return int(digits) if len(digits) <= _MOST_DIGITS else None


def _refuse(_: str) -> NoReturn:
    raise ValueError
