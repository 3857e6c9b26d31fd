"""What is written to a client, given up when the client does not take it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from contextlib import suppress
from socket import SO_LINGER, SOL_SOCKET
from struct import pack
from typing import Any

from gateway.http.peers import PeerLimits

if sys.platform == "linux":
    import fcntl
    import termios
    from struct import unpack

    def _in_kernel(transport: asyncio.Transport) -> int:
        """What the kernel has, and the client has not acknowledged.

        It takes over megabytes, and more of them only when a third of them is gone: without
        this, a client that reads steadily would seem to stop for long.
        """
        with suppress(OSError):  # closed
            number = transport.get_extra_info("socket").fileno()
            (queued,) = unpack("i", fcntl.ioctl(number, termios.TIOCOUTQ, bytes(4)))
            return int(queued)
        return 0

else:

    def _in_kernel(transport: asyncio.Transport) -> int:
        """Not known here."""
        return 0


#: The value of SO_LINGER by which a closed socket is reset.
_AT_ONCE = pack("ii", 1, 0)
#: Bytes that are copied behind a head.
_SHORT = 65_536


class Outgoing(asyncio.Transport):
    """A transport around another; it is cut off, and ``stalled`` called, when little is taken.

    What counts as taken is what the client's system has acknowledged. The head of an answer is sent
    together with what is written in the same turn of the loop: a system call costs as much as
    finding the answer.
    """

    def __init__(
        self,
        transport: asyncio.Transport,
        loop: asyncio.AbstractEventLoop,
        limits: PeerLimits,
        stalled: Callable[[], None],
    ) -> None:
        super().__init__()
        #: Whether reading was paused since somebody last set this to False.
        self.held = False
        self._transport = transport
        self._loop = loop
        self._limits = limits
        self._stalled = stalled
        self._written = 0
        self._due = 0
        self._taken = 0
        self._window: asyncio.TimerHandle | None = None
        self._awaits_head = False
        self._head = b""

    def begin_answer(self) -> None:
        """What is written next is the head of an answer."""
        self._awaits_head = True

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if self._awaits_head:
            self._awaits_head = False
            self._head = bytes(data)
            self._loop.call_soon(self._write_head)
        elif self._head and len(data) <= _SHORT:
            head, self._head = self._head, b""
            self._write(head + data)
        else:
            self._write_head()
            self._write(data)

    def _write_head(self) -> None:
        if self._head:
            head, self._head = self._head, b""
            self._write(head)

    def _write(self, data: bytes | bytearray | memoryview) -> None:
        self._written += len(data)
        self._transport.write(data)
        if self._window is None:
            self._begin_window()

    def _begin_window(self) -> None:
        self._due = self._written
        self._taken = self._written - self._waiting()
        self._window = self._loop.call_later(self._limits.stall_seconds, self._end_window)

    def _end_window(self) -> None:
        self._window = None
        waiting = self._waiting()
        if not waiting:
            return
        taken = self._written - waiting
        # What was written only since then may wait: an answer in parts has pauses of its own.
        if taken < self._due and taken - self._taken < self._limits.stall_bytes:
            self._stalled()
            self.abort()
        else:
            self._begin_window()

    def _waiting(self) -> int:
        return self._transport.get_write_buffer_size() + _in_kernel(self._transport)

    def stop(self) -> None:
        """The connection is lost: there is nothing to wait for."""
        self._head = b""
        if self._window is not None:
            self._window.cancel()
            self._window = None

    def pause_reading(self) -> None:
        self.held = True
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        self._transport.resume_reading()

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """What comes next is of another protocol."""
        self._transport.set_protocol(protocol)

    def write_eof(self) -> None:
        """Write no more, and read on."""
        self._write_head()
        self._transport.write_eof()

    def get_write_buffer_size(self) -> int:
        return len(self._head) + self._transport.get_write_buffer_size()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self._transport.get_extra_info(name, default)

    def is_closing(self) -> bool:
        return self._transport.is_closing()

    def close(self) -> None:
        """Close once what was written is taken, or given up."""
        self._write_head()
        self._transport.close()

    def abort(self) -> None:
        """Close at once, and have the system forget what it holds for the client: megabytes."""
        with suppress(OSError):  # closed
            self._transport.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_LINGER, _AT_ONCE)
        self._transport.abort()
