"""Clients that write WebSocket byte by byte."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from websockets.frames import Frame, Opcode

from tests.http.raw import connect, until_closed
from tests.server import Server

HANDSHAKE = {
    "Host": "g:80",
    "Connection": "keep-alive, Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Protocol": "graphql-transport-ws",
}
INIT = json.dumps({"type": "connection_init"}).encode()
PING = json.dumps({"type": "ping"}).encode()


def handshake(target: str = "/graphql", method: str = "GET", **changed: str | None) -> bytes:
    """A handshake with some headers changed, or left out (None); names have _ for -."""
    headers = HANDSHAKE | {name.replace("_", "-"): value for name, value in changed.items()}
    lines = [f"{name}: {value}" for name, value in headers.items() if value is not None]
    return "\r\n".join([f"{method} {target} HTTP/1.1", *lines, "", ""]).encode("latin-1")


def frame(opcode: Opcode, data: bytes = b"", *, fin: bool = True) -> bytes:
    """A frame of a client, masked."""
    return Frame(opcode, data, fin).serialize(mask=True)


def text(data: bytes, *, fin: bool = True) -> bytes:
    return frame(Opcode.TEXT, data, fin=fin)


def message(kind: str, **parts: Any) -> bytes:
    return text(json.dumps({"type": kind, **parts}).encode())


@contextmanager
def open_socket(server: Server, receive_bytes: int | None = None) -> Iterator[socket.socket]:
    """A connection that is a WebSocket; its system takes ``receive_bytes`` ahead of it."""
    with connect(server) as connection:
        if receive_bytes is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        connection.sendall(handshake())
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += connection.recv(1)
        assert head.startswith(b"HTTP/1.1 101 ")
        yield connection


@contextmanager
def initialised_socket(server: Server, receive_bytes: int | None = None) -> Iterator[socket.socket]:
    """The same, after the server has acknowledged its client."""
    with open_socket(server, receive_bytes) as connection:
        connection.sendall(text(INIT))
        assert hear_json(connection) == {"type": "connection_ack"}
        yield connection


class Heard(NamedTuple):
    """A frame of the server."""

    opcode: Opcode
    data: bytes


def hear(connection: socket.socket) -> Heard:
    """The next frame of the server."""
    head = _exactly(connection, 2)
    length = head[1]
    if length == 126:
        length = int.from_bytes(_exactly(connection, 2))
    elif length == 127:
        length = int.from_bytes(_exactly(connection, 8))
    assert head[0] & 0x80, "The server sends no fragments."
    return Heard(Opcode(head[0] & 0x0F), _exactly(connection, length))


def hear_json(connection: socket.socket) -> Any:
    """The next message of the server; pings are left out."""
    while (heard := hear(connection)).opcode is Opcode.PING:
        pass
    assert heard.opcode is Opcode.TEXT, heard
    return json.loads(heard.data)


def close_code(connection: socket.socket) -> int:
    """The code that the server closes with; nothing follows."""
    while (heard := hear(connection)).opcode is not Opcode.CLOSE:
        pass
    assert until_closed(connection) == b""
    return int.from_bytes(heard.data[:2])


def _exactly(connection: socket.socket, number: int) -> bytes:
    data = b""
    while len(data) < number:
        more = connection.recv(number - len(data))
        assert more, "The server closed the connection."
        data += more
    return data
