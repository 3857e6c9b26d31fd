"""Entity tags (ETag) and If-None-Match (RFC 9110, 8.8.3 and 13.1.2)."""

from __future__ import annotations

import re
from hashlib import blake2b

_ENTITY_TAG = re.compile(r'(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")')


def entity_tag(media: str, coding: str | None, body: bytes) -> str:
    """Strong entity tag of a body, from its bytes before compression.

    It depends only on the arguments, so it reveals nothing beyond the answer.
    """
    of = f"{media}\0{coding or 'identity'}\0".encode()
    digest = blake2b(body, digest_size=16, key=blake2b(of, digest_size=32).digest())
    return f'"{digest.hexdigest()}"'


def etag_matches(if_none_match: str, etag: str) -> bool:
    """Whether If-None-Match (all lines of it) has the tag: the client has the answer already.

    The comparison is weak: a tag that a proxy has made weak matches.
    """
    return if_none_match.strip() == "*" or etag in _ENTITY_TAG.findall(if_none_match)
