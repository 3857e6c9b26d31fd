"""Transport with a write timeout: aborts the connection of a client that reads too slowly."""

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
        """Bytes in the kernel's send queue, not acknowledged by the client.

        The kernel buffers megabytes, and accepts more only when a third of them is sent: without
        this number, a client that reads steadily would seem to stop for long.
        """
        with suppress(OSError):  # closed
            number = transport.get_extra_info("socket").fileno()
            (queued,) = unpack("i", fcntl.ioctl(number, termios.TIOCOUTQ, bytes(4)))
            return int(queued)
        return 0

else:

    def _in_kernel(transport: asyncio.Transport) -> int:
        """Unknown on this system."""
        return 0


#: The value of SO_LINGER by which a closed socket is reset.
_AT_ONCE = pack("ii", 1, 0)
#: Bodies up to this size are joined with their head.
_SHORT = 65_536


class Outgoing(asyncio.Transport):
    """Wrapped transport; calls ``stalled`` and aborts when the client reads too slowly.

    Bytes count as read once the client's system has acknowledged them. The head of an answer is
    sent together with what is written in the same iteration of the loop: a system call costs as
    much as computing the answer.
    """

    def __init__(
        self,
        transport: asyncio.Transport,
        loop: asyncio.AbstractEventLoop,
        limits: PeerLimits,
        stalled: Callable[[], None],
    ) -> None:
        super().__init__()
        #: Whether reading was paused since this was last set to False.
        self.was_paused = False
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
        """Begin an answer: the next write is its head."""
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
        # Bytes written since the window began may wait: an answer in parts has its own pauses.
        if taken < self._due and taken - self._taken < self._limits.stall_bytes:
            self._stalled()
            self.abort()
        else:
            self._begin_window()

    def _waiting(self) -> int:
        return self._transport.get_write_buffer_size() + _in_kernel(self._transport)

    def stop(self) -> None:
        """Cancel the timer: the connection is lost."""
        self._head = b""
        if self._window is not None:
            self._window.cancel()
            self._window = None

    def pause_reading(self) -> None:
        self.was_paused = True
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        self._transport.resume_reading()

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Switch to another protocol."""
        self._transport.set_protocol(protocol)

    def write_eof(self) -> None:
        """Close the write side, and read on."""
        self._write_head()
        self._transport.write_eof()

    def get_write_buffer_size(self) -> int:
        return len(self._head) + self._transport.get_write_buffer_size()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self._transport.get_extra_info(name, default)

    def is_closing(self) -> bool:
        return self._transport.is_closing()

    def close(self) -> None:
        """Close once everything written was sent; a client that reads too slowly is aborted."""
        self._write_head()
        self._transport.close()

    def abort(self) -> None:
        """Close at once with a reset, so that the kernel drops its send buffer of megabytes."""
        with suppress(OSError):  # closed
            self._transport.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_LINGER, _AT_ONCE)
        self._transport.abort()
