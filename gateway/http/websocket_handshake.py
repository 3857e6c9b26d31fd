"""The handshake by which an HTTP connection becomes a WebSocket (RFC 6455, section 4)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from websockets.datastructures import Headers
from websockets.exceptions import InvalidHandshake, InvalidHeader
from websockets.headers import parse_subprotocol
from websockets.http11 import Request
from websockets.server import ServerProtocol

from gateway.http.refusals import BadRequest

HeaderLines = Sequence[tuple[bytes, bytes]]

_SUBPROTOCOLS = "Sec-WebSocket-Protocol"
#: What the handshake is read from; nothing else of the head is looked at for it.
_READ = {
    name.lower().encode(): name
    for name in (
        "Connection",
        "Upgrade",
        "Origin",
        "Sec-WebSocket-Key",
        "Sec-WebSocket-Version",
        _SUBPROTOCOLS,
    )
}
_OF_A_BODY = frozenset({b"content-length", b"transfer-encoding"})


class BadHandshake(BadRequest):
    """The handshake is not valid; the response names the version of the protocol that is."""

    @property
    def headers(self) -> dict[str, str]:
        return {"Sec-WebSocket-Version": "13"}


class Handshake(NamedTuple):
    """What the server answers a valid handshake with, and what the client offers to speak."""

    #: The value of Sec-WebSocket-Accept.
    accept: str
    subprotocols: tuple[str, ...]


def asks_for_websocket(method: bytes, version: str, headers: HeaderLines) -> bool:
    """Whether a request that asks for another protocol asks for this one.

    Names are in lower case. What is no GET of HTTP/1.1 is answered as if it had not asked.
    """
    return (
        method == b"GET"
        and version == "1.1"
        and any(name == b"upgrade" and value.lower() == b"websocket" for name, value in headers)
    )


def read_handshake(headers: HeaderLines) -> Handshake:
    """The handshake; BadHandshake, which names the header, if it is not valid.

    No extension is agreed on: the length of what is compressed would tell of secrets in it.
    """
    for name, value in headers:
        if name in _OF_A_BODY and value != b"0":
            raise BadHandshake("A WebSocket handshake has no body.")
    read = Headers()
    for name, value in headers:
        if name in _READ:
            read[_READ[name]] = value.decode("latin-1")
    try:
        accept, _, _ = ServerProtocol().process_request(Request("/", read))
        offered = [parse_subprotocol(value) for value in read.get_all(_SUBPROTOCOLS)]
    except InvalidHeader as error:
        # Its own words repeat the value.
        raise BadHandshake(f"The WebSocket handshake needs a valid {error.name} header.") from None
    except InvalidHandshake:
        raise BadHandshake("The WebSocket handshake is not valid.") from None
    return Handshake(accept, tuple(name for names in offered for name in names))
