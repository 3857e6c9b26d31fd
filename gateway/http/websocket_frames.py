"""WebSocket frames: parsing and writing, without the socket (RFC 6455, section 5).

The library parses and writes frames. This bounds the memory of input: bytes are parsed in small
pieces, and not while a message waits in the queue.
"""

from __future__ import annotations

import logging
from collections import deque

from websockets.frames import CloseCode, Frame, Opcode
from websockets.protocol import Protocol, Side, State

_logger = logging.getLogger("websockets")

#: Bytes that are parsed at once: 170 messages of the smallest size.
_PIECE = 1024
#: Bytes of a reason that fit into a close frame beside the code.
_LONGEST_REASON = 123


class Frames:
    """The server's side of an open WebSocket; a message has up to ``message_bytes``."""

    def __init__(self, message_bytes: int) -> None:
        self._protocol = Protocol(Side.SERVER, max_size=message_bytes, logger=_logger)
        self._unparsed = bytearray()
        self._opcode = Opcode.TEXT
        self._message = bytearray()
        #: Queue of whole messages: str for texts, bytes for binary ones.
        self.messages: deque[str | bytes] = deque()

    @property
    def is_open(self) -> bool:
        """Whether neither side has begun to close."""
        return self._protocol.state is State.OPEN

    @property
    def is_over(self) -> bool:
        """Whether input is ignored: both sides have closed, or the client broke a rule."""
        return self._protocol.eof_sent

    @property
    def was_closed_by_client(self) -> bool:
        """Whether the client has sent a close frame."""
        return self._protocol.close_rcvd is not None

    @property
    def code(self) -> int:
        """The close code of the client, else of the server."""
        close = self._protocol.close_rcvd or self._protocol.close_sent
        return CloseCode.ABNORMAL_CLOSURE if close is None else int(close.code)

    @property
    def is_behind(self) -> bool:
        """Whether bytes are not parsed yet, since a message waits in the queue."""
        return bool(self._unparsed)

    @property
    def has_part(self) -> bool:
        """Whether an incomplete message takes memory."""
        protocol = self._protocol
        return bool(protocol.reader.buffer) or protocol.current_size is not None

    def feed(self, data: bytes) -> None:
        """Add bytes from the client; ``parse`` parses them."""
        if not self.is_over:
            self._unparsed += data

    def parse(self) -> None:
        """Parse what was fed, until there is a message or nothing is left."""
        while self._unparsed and not self.messages and not self.is_over:
            piece = bytes(self._unparsed[:_PIECE])
            del self._unparsed[:_PIECE]
            self._protocol.receive_data(piece)
            for frame in self._protocol.events_received():
                assert isinstance(frame, Frame)  # noqa: S101 - the handshake is over
                self._take(frame)
        if not self.is_open:
            self.messages.clear()
        if self.is_over:
            self._unparsed.clear()

    def _take(self, frame: Frame) -> None:
        if frame.opcode in (Opcode.TEXT, Opcode.BINARY):
            self._opcode = frame.opcode
        elif frame.opcode is not Opcode.CONT:
            return
        self._message += frame.data
        if not frame.fin:
            return
        message, self._message = self._message, bytearray()
        if not self.is_open:
            return  # no answers are needed after a close
        if self._opcode is Opcode.BINARY:
            self.messages.append(bytes(message))
            return
        try:
            self.messages.append(message.decode())
        except UnicodeDecodeError:
            self._protocol.fail(CloseCode.INVALID_DATA, "The text is not UTF-8.")

    def write_text(self, text: str) -> None:
        """Queue a text message for ``to_write``."""
        self._protocol.send_text(text.encode())

    def write_ping(self) -> None:
        """Queue a ping."""
        self._protocol.send_ping(b"")

    def close(self, code: int, reason: str) -> None:
        """Begin to close; nothing can be sent any more, and messages are dropped."""
        if self.is_open:
            self._protocol.send_close(code, _shortened(reason))
        self.messages.clear()

    def to_write(self) -> bytes:
        """The bytes to write since the last call: also answers to pings and to close frames."""
        return b"".join(self._protocol.data_to_send())


def _shortened(reason: str) -> str:
    return reason.encode()[:_LONGEST_REASON].decode(errors="ignore")
