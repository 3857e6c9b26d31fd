"""Credentials of a request: a bearer token or an API key."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from gateway.auth.api_keys import is_marked_as_key
from gateway.auth.unverified import Unverified, Wrong

_AUTHORIZATION = "authorization"
#: Where CKAN's and Open edX's clients put their keys.
_KEY_HEADERS = ("x-ckan-api-key", "edx-api-key")
#: The headers that credentials are read from; nothing else of a request identifies its viewer.
CREDENTIAL_HEADERS = frozenset({_AUTHORIZATION, *_KEY_HEADERS})


class Credential(NamedTuple):
    """A token, or an API key; not verified yet."""

    text: str
    is_api_key: bool


def sent_credential(headers: Iterable[tuple[str, str]]) -> Credential | None:
    """The credential among a request's header lines (names in lower case); None without any.

    An API key may stand in several headers, as some clients send it. Two different credentials,
    or a header sent twice, are Unverified: which one counted would be a matter of luck. So is
    a header that carries neither a token nor a key.
    """
    sent = [(name, value) for name, value in headers if name in CREDENTIAL_HEADERS]
    if not sent:
        return None
    if len(sent) == 1:
        return _read(*sent[0])
    credentials = {_read(name, value) for name, value in sent}
    if len(credentials) > 1 or len({name for name, _ in sent}) < len(sent):
        raise Unverified(Wrong.SEVERAL)
    return credentials.pop()


def _read(name: str, value: str) -> Credential:
    value = value.strip(" \t")
    if is_marked_as_key(value):
        return Credential(value, is_api_key=True)
    scheme, _, text = value.partition(" ")
    if name != _AUTHORIZATION or scheme.lower() != "bearer":
        raise Unverified(Wrong.MALFORMED)
    text = text.strip(" ")
    return Credential(text, is_api_key=is_marked_as_key(text))
