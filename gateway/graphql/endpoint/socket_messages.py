"""Messages of ``graphql-transport-ws``: reads those of clients, and writes those to them.

https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md
"""

from __future__ import annotations

from enum import IntEnum, StrEnum
from types import NoneType
from typing import Any, NamedTuple

import orjson

from gateway.auth.credentials import CREDENTIAL_HEADERS
from gateway.http.body import decode_json
from gateway.http.refusals import BadRequest

SUBPROTOCOL = "graphql-transport-ws"
#: Ids are sent back with each message.
_LONGEST_ID = 256


#: The parts of an operation, and their types.
_OPERATION: dict[str, tuple[type, ...]] = {
    "query": (str, NoneType),
    "operationName": (str, NoneType),
    "variables": (dict, NoneType),
    "extensions": (dict, NoneType),
}
#: An operation has one of these at least.
_NAMES = frozenset({"query", "documentId", "extensions"})


class CloseCode(IntEnum):
    """Why the server closes a socket, as the protocol numbers it."""

    BAD_MESSAGE = 4400
    NOT_ACKNOWLEDGED = 4401
    FORBIDDEN = 4403
    OTHER_SUBPROTOCOL = 4406
    INITIALISED_LATE = 4408
    ID_IN_USE = 4409
    INITIALISED_TWICE = 4429
    FAILED = 4500
    #: Of WebSockets in general: clients connect again.
    STOPPING = 1012
    TRY_AGAIN_LATER = 1013


class Kind(StrEnum):
    """Types of the messages that clients send."""

    INIT = "connection_init"
    PING = "ping"
    PONG = "pong"
    SUBSCRIBE = "subscribe"
    COMPLETE = "complete"


class ClientMessage(NamedTuple):
    """A message of a client; ``id`` is empty for those that are about no operation.

    ``size`` is its length in characters.
    """

    kind: Kind
    id: str
    payload: dict[str, Any] | None
    size: int


def read_message(text: str) -> ClientMessage:
    """Read a message; BadRequest, with a short reason, if it is wrong."""
    content = decode_json(text, "The message")
    if not isinstance(content, dict):
        raise BadRequest("The message is no JSON object.")
    try:
        kind = Kind(str(content.get("type")))
    except ValueError:
        raise BadRequest("The message is of no known type.") from None
    payload = content.get("payload")
    if not isinstance(payload, dict | None):
        raise BadRequest(f"The payload of {kind} must be an object.")
    if kind not in (Kind.SUBSCRIBE, Kind.COMPLETE):
        return ClientMessage(kind, "", payload, len(text))
    operation = content.get("id")
    if not isinstance(operation, str) or not 1 <= len(operation) <= _LONGEST_ID:
        raise BadRequest(f"The id of {kind} must have 1 to {_LONGEST_ID} characters.")
    if kind is Kind.SUBSCRIBE:
        _check_operation(payload or {})
    return ClientMessage(kind, operation, payload, len(text))


def _check_operation(payload: dict[str, Any]) -> None:
    for name, types in _OPERATION.items():
        if not isinstance(payload.get(name), types):
            raise BadRequest(f"{name} is not of the type that {Kind.SUBSCRIBE} needs.")
    if _NAMES.isdisjoint(payload):
        raise BadRequest(f"The payload of {Kind.SUBSCRIBE} needs a query.")


def credentials_in(payload: dict[str, Any] | None) -> list[tuple[str, str]]:
    """The credentials among connection parameters, as header lines; their case does not matter.

    BadRequest if one is no text.
    """
    lines = []
    for name, value in (payload or {}).items():
        if name.lower() in CREDENTIAL_HEADERS and value is not None:
            if not isinstance(value, str):
                raise BadRequest(f"The connection parameter {name.lower()} must be a string.")
            lines.append((name.lower(), value))
    return lines


ACKNOWLEDGED = '{"type":"connection_ack"}'
PONG = '{"type":"pong"}'


class ServerMessages:
    """Messages to the client about one operation, as JSON texts."""

    def __init__(self, operation: str) -> None:
        self._head = b'{"id":' + orjson.dumps(operation) + b',"type":"'

    def next(self, answer: bytes) -> str:
        """An answer, which is JSON."""
        return (self._head + b'next","payload":' + answer + b"}").decode()

    def error(self, errors: Any) -> str:
        """Why the operation is not executed, or is over; nothing follows."""
        return (self._head + b'error","payload":' + orjson.dumps(errors) + b"}").decode()

    def complete(self) -> str:
        """The operation is complete; nothing follows."""
        return (self._head + b'complete"}').decode()
