"""Empty tokens: what front ends of ERAS send in ``Authorization`` while nobody is signed in."""

from __future__ import annotations

from collections.abc import Sequence

_AUTHORIZATION = "authorization"
#: The texts that JavaScript writes for a missing token, and the empty text.
_NO_TOKEN = frozenset({"", "null", "undefined"})


def drop_empty_token(headers: Sequence[tuple[str, str]]) -> Sequence[tuple[str, str]]:
    """Drop an Authorization header without a token from header lines (names in lower case).

    ERAS ignores the header for public data. Several Authorization lines are not changed: which of
    them counts would be ambiguous.
    """
    sent = [value for name, value in headers if name == _AUTHORIZATION]
    if len(sent) != 1 or not _is_no_token(sent[0]):
        return headers
    return [(name, value) for name, value in headers if name != _AUTHORIZATION]


def _is_no_token(value: str) -> bool:
    value = value.strip(" \t")
    scheme, _, token = value.partition(" ")
    return value in _NO_TOKEN or (scheme.lower() == "bearer" and token.strip(" ") in _NO_TOKEN)
