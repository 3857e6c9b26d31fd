"""Credentials of the event stream: one user name and password (HTTP basic, RFC 7617)."""

from __future__ import annotations

import binascii
from base64 import b64decode
from hmac import compare_digest


class StreamCredentials:
    """Checks the credentials of a request; admits nobody while either is unset or empty."""

    def __init__(self, username: str | None, password: str | None) -> None:
        self._expected = (username.encode(), password.encode()) if username and password else None

    def admit(self, headers: list[str]) -> bool:
        """Whether there is exactly one Authorization header, with the credentials."""
        sent = _decoded(headers[0]) if len(headers) == 1 else None
        if sent is None or self._expected is None:
            return False
        # Both are always compared, each in constant time: the duration reveals nothing.
        same = [compare_digest(a, b) for a, b in zip(sent, self._expected, strict=True)]
        return all(same)


def _decoded(header: str) -> tuple[bytes, bytes] | None:
    """User name and password as bytes; None if the header does not carry any."""
    scheme, _, encoded = header.strip().partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        username, colon, password = b64decode(encoded.strip(), validate=True).partition(b":")
    except (binascii.Error, ValueError):
        return None
    return (username, password) if colon else None
