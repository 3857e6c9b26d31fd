"""Clients that write HTTP byte by byte."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterable
from typing import NamedTuple

import httpx

from tests.server import DEADLINE_SECONDS, Server


def connect(server: Server) -> socket.socket:
    url = httpx.URL(server.url)
    return socket.create_connection((url.host, url.port or 80), timeout=DEADLINE_SECONDS)


def until_closed(connection: socket.socket) -> bytes:
    """All that comes until the server closes the connection."""
    received = b""
    try:
        while data := connection.recv(65_536):
            received += data
    except ConnectionResetError:  # it closed with some of what was sent unread
        pass
    return received


def answer_to(server: Server, *pieces: bytes) -> bytes:
    """All that comes back to these pieces until the server closes the connection."""
    with connect(server) as connection:
        for piece in pieces:
            connection.sendall(piece)
        return until_closed(connection)


def drip(connection: socket.socket, pieces: Iterable[bytes], pause_seconds: float) -> int:
    """Send piece after piece until the server has had enough; how many it let through."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    sent = 0
    connection.settimeout(pause_seconds)
    for piece in pieces:
        assert time.monotonic() < deadline, "The server puts up with it."
        try:
            connection.sendall(piece)
            sent += 1
            # Nothing is read yet, only looked at.
            connection.recv(1, socket.MSG_PEEK)
        except TimeoutError:
            continue
        except OSError:
            pass
        break
    connection.settimeout(DEADLINE_SECONDS)
    return sent


class Refused(NamedTuple):
    """A refusal: its status, code and message."""

    status: int
    code: str
    message: str


def refusal(answer: bytes) -> Refused:
    """What was refused, in both shapes; the connection is closed with it."""
    head, _, body = answer.partition(b"\r\n\r\n")
    lines = head.decode().lower().split("\r\n")
    assert "connection: close" in lines
    assert "content-type: application/json; charset=utf-8" in lines
    content = json.loads(body)
    (error,) = content["errors"]
    assert content["error"] == error["message"]
    return Refused(int(head.split()[1]), error["extensions"]["code"], error["message"])


def statuses(answers: bytes) -> list[int]:
    """The statuses of all responses in what came back."""
    return [int(piece[:3]) for piece in answers.split(b"HTTP/1.1 ")[1:]]


def next_status(connection: socket.socket) -> int:
    """Receive one response whole; its status."""
    received = b""
    while not (parts := received.partition(b"\r\n\r\n"))[1]:
        received += _some(connection)
    head, _, body = parts
    length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
    while len(body) < int(length or 0):
        body += _some(connection)
    return int(head.split()[1])


def _some(connection: socket.socket) -> bytes:
    data = connection.recv(65_536)
    assert data, "The server closed the connection."
    return data
