"""Entity tags, and the condition that clients make of them (RFC 9110, 8.8.3 and 13.1.2)."""

from __future__ import annotations

import re
from hashlib import blake2b

_ENTITY_TAG = re.compile(r'(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")')


def entity_tag(media: str, coding: str | None, body: bytes) -> str:
    """The strong tag of a body, as it is before it is put into a content coding.

    It depends on nothing else: whoever has the answer could have made it, and learns nothing.
    """
    of = f"{media}\0{coding or 'identity'}\0".encode()
    digest = blake2b(body, digest_size=16, key=blake2b(of, digest_size=32).digest())
    return f'"{digest.hexdigest()}"'


def has_already(if_none_match: str, etag: str) -> bool:
    """Whether the client has what the tag stands for, by its If-None-Match (all lines of it).

    That compares weakly: what a proxy has made weak is the same answer.
    """
    return if_none_match.strip() == "*" or etag in _ENTITY_TAG.findall(if_none_match)
