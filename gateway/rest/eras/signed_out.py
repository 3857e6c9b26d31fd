"""What front ends of ERAS send in ``Authorization`` while nobody is signed in."""

from __future__ import annotations

from collections.abc import Sequence

_AUTHORIZATION = "authorization"
#: What JavaScript writes where there is no token, and nothing at all.
_NO_TOKEN = frozenset({"", "null", "undefined"})


def without_no_token(headers: Sequence[tuple[str, str]]) -> Sequence[tuple[str, str]]:
    """The header lines (names in lower case) without an Authorization that carries no token.

    ERAS looks at no header where the data is public. One of several such lines is kept: which of
    them counted would be a matter of luck.
    """
    sent = [value for name, value in headers if name == _AUTHORIZATION]
    if len(sent) != 1 or not _is_no_token(sent[0]):
        return headers
    return [(name, value) for name, value in headers if name != _AUTHORIZATION]


def _is_no_token(value: str) -> bool:
    value = value.strip(" \t")
    scheme, _, token = value.partition(" ")
    return value in _NO_TOKEN or (scheme.lower() == "bearer" and token.strip(" ") in _NO_TOKEN)
