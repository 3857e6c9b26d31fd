"""Request head validation beyond that of the parser (RFC 9112)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from gateway.http.refusals import BadRequest

#: A name or an address, with an optional port; some proxies would read a comma as two hosts.
_HOST = re.compile(rb"(?:[A-Za-z0-9._~!$&'()*+;=%-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]*)?")


def check_head(version: str, headers: Sequence[tuple[bytes, bytes]]) -> None:
    """BadRequest for a head that a proxy could read otherwise; names are in lower case."""
    if version not in ("1.0", "1.1"):
        raise BadRequest(f"HTTP/{version} is not supported: use HTTP/1.1.")
    hosts, codings = [], []
    for name, value in headers:
        if name == b"host":
            hosts.append(value)
        elif name == b"transfer-encoding":
            codings.append(value.lower())
    if len(hosts) > 1 or (not hosts and version == "1.1"):
        raise BadRequest(
            f"A request must have exactly one Host header, but this one has {len(hosts) or 'none'}."
        )
    if hosts and not _HOST.fullmatch(hosts[0]):
        raise BadRequest("The Host header must be the name of one host.")
    if codings and (codings != [b"chunked"] or version == "1.0"):
        raise BadRequest("The only supported Transfer-Encoding is chunked, over HTTP/1.1.")


def head_bytes(method: bytes, target: bytes, headers: Sequence[tuple[bytes, bytes]]) -> int:
    """Length of a head in bytes, written without superfluous spaces."""
    request_line = len(method) + len(target) + len(b"  HTTP/1.1\r\n")
    length = request_line + len(b"\r\n") + len(headers) * len(b": \r\n")
    for name, value in headers:
        length += len(name) + len(value)
    return length
