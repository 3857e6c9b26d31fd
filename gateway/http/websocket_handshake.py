"""WebSocket handshake: upgrades an HTTP connection (RFC 6455, section 4)."""

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
#: The headers of a handshake; all others are ignored.
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
    """The handshake is not valid; the response names the supported version of the protocol."""

    @property
    def headers(self) -> dict[str, str]:
        return {"Sec-WebSocket-Version": "13"}


class Handshake(NamedTuple):
    """Valid handshake: the key to accept it with, and the offered subprotocols."""

    #: The value of Sec-WebSocket-Accept.
    accept: str
    subprotocols: tuple[str, ...]


def asks_for_websocket(method: bytes, version: str, headers: HeaderLines) -> bool:
    """Whether an upgrade request is for WebSocket.

    Names are in lower case. Other requests than GET by HTTP/1.1 are answered without an upgrade.
    """
    return (
        method == b"GET"
        and version == "1.1"
        and any(name == b"upgrade" and value.lower() == b"websocket" for name, value in headers)
    )


def read_handshake(headers: HeaderLines) -> Handshake:
    """Read the handshake; BadHandshake, which names the header, if it is not valid.

    No extension is negotiated: compressed lengths would reveal secrets.
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
        # The library's message repeats the value.
        raise BadHandshake(f"The WebSocket handshake needs a valid {error.name} header.") from None
    except InvalidHandshake:
        raise BadHandshake("The WebSocket handshake is not valid.") from None
    return Handshake(accept, tuple(name for names in offered for name in names))
