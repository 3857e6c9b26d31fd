"""Events of a WebSocket that go beyond ASGI, and those that applications send.

A scope has the extension ``EXTENSION`` where a server knows them.
"""

from __future__ import annotations

from starlette.types import Message

EXTENSION = "stats_gateway.websocket"
#: Received when the server stops: the application is to finish what it can, and to close.
STOPPING = f"{EXTENSION}.stopping"
#: Sent to say whether anything is under way; see ``occupied``.
OCCUPIED = f"{EXTENSION}.occupied"


def accept(subprotocol: str | None) -> Message:
    """Answer the handshake; the protocol on top of WebSocket is this one, if any."""
    return {"type": "websocket.accept", "subprotocol": subprotocol, "headers": []}


def close(code: int, reason: str) -> Message:
    """Close the WebSocket; of the reason, what fits into a close frame is sent."""
    return {"type": "websocket.close", "code": code, "reason": reason}


def occupied(value: bool) -> Message:  # noqa: FBT001 - the value of the message
    """Say whether anything is under way: a WebSocket without may give way to others.

    To send it raises Unavailable where too many connections are taken for long.
    """
    return {"type": OCCUPIED, "value": value}
