"""ASGI events of a WebSocket: extensions of the standard, and those that applications send.

A scope has the extension ``EXTENSION`` if the server supports them.
"""

from __future__ import annotations

from starlette.types import Message

EXTENSION = "stats_gateway.websocket"
#: Received when the server stops: the application finishes its operations and closes.
STOPPING = f"{EXTENSION}.stopping"
#: Sent to say whether operations are under way; see ``occupied``.
OCCUPIED = f"{EXTENSION}.occupied"


def accept(subprotocol: str | None) -> Message:
    """Accept the handshake, with the subprotocol, if any."""
    return {"type": "websocket.accept", "subprotocol": subprotocol, "headers": []}


def close(code: int, reason: str) -> Message:
    """Close the WebSocket; the reason is cut to the size of a close frame."""
    return {"type": "websocket.close", "code": code, "reason": reason}


def occupied(value: bool) -> Message:  # noqa: FBT001 - the value of the message
    """Say whether operations are under way: a WebSocket without them may be evicted.

    Sending it raises Unavailable if too many slots are taken for long.
    """
    return {"type": OCCUPIED, "value": value}
