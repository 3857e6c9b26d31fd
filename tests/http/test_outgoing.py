"""The head of an answer goes out with its body, and never later than its turn of the loop."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import pytest

from gateway.http.outgoing import Outgoing
from gateway.http.peers import PeerLimits

HEAD = b"HTTP/1.1 200 OK\r\n\r\n"


@contextmanager
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        for one in (ours, theirs):
            one.setblocking(False)
        yield ours, theirs


@pytest.fixture
async def ends() -> AsyncIterator[tuple[Outgoing, socket.socket]]:
    """What an answer is written to, and the client's end of it."""
    loop = asyncio.get_running_loop()
    with pair() as (ours, theirs):
        transport, _ = await loop.create_connection(asyncio.Protocol, sock=ours)
        outgoing = Outgoing(transport, loop, PeerLimits(), lambda: None)
        outgoing.begin_answer()
        yield outgoing, theirs
        outgoing.stop()
        outgoing.abort()


async def received(client: socket.socket, size: int) -> bytes:
    loop, data = asyncio.get_running_loop(), b""
    while len(data) < size:
        data += await loop.sock_recv(client, size - len(data))
    return data


async def test_a_head_waits_for_what_follows_in_its_turn(
    ends: tuple[Outgoing, socket.socket],
) -> None:
    outgoing, client = ends
    outgoing.write(HEAD)
    assert outgoing.get_write_buffer_size() == len(HEAD)
    with pytest.raises(BlockingIOError):
        client.recv(1)
    outgoing.write(b"{}")
    assert client.recv(100) == HEAD + b"{}"


async def test_a_head_alone_is_written_at_the_end_of_its_turn(
    ends: tuple[Outgoing, socket.socket],
) -> None:
    outgoing, client = ends
    outgoing.write(HEAD)
    assert await asyncio.wait_for(received(client, len(HEAD)), 5) == HEAD
    outgoing.write(b"{}")
    assert await asyncio.wait_for(received(client, 2), 5) == b"{}"


@pytest.mark.parametrize("size", [0, 1, 65_536, 65_537, 1_000_000])
async def test_a_body_of_any_length_comes_behind_its_head(
    ends: tuple[Outgoing, socket.socket], size: int
) -> None:
    outgoing, client = ends
    outgoing.write(HEAD)
    outgoing.write(b"x" * size)
    whole = await asyncio.wait_for(received(client, len(HEAD) + size), 5)
    assert whole == HEAD + b"x" * size


async def test_a_head_is_written_before_the_connection_is_closed(
    ends: tuple[Outgoing, socket.socket],
) -> None:
    outgoing, client = ends
    outgoing.write(HEAD)
    outgoing.close()
    assert client.recv(100) == HEAD
