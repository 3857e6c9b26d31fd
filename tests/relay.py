"""A network between clients and servers: connections lead elsewhere, and break."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

#: Closing then sends a reset, as a network does that forgets a connection.
_RESET = struct.pack("ii", 1, 0)
_PIECE = 65_536


class Relay:
    """Passes each connection on to the server of that moment."""

    def __init__(self, listener: socket.socket, url: str) -> None:
        self._listener = listener
        self._open: list[socket.socket] = []
        self._lock = threading.Lock()
        self.connections = 0
        #: All that clients have sent.
        self.sent = b""
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}{urlsplit(url).path}"
        self.lead_to(url)
        threading.Thread(target=self._accept, daemon=True).start()

    def lead_to(self, url: str) -> None:
        """From now on, connections lead to the server of this URL."""
        where = urlsplit(url)
        assert where.hostname is not None
        self._server = (where.hostname, where.port)

    def break_all(self) -> None:
        """Break all connections, without a word to either side."""
        with self._lock:
            broken, self._open = self._open, []
        for one in broken:
            with suppress(OSError):
                one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            with suppress(OSError):
                # Wakes who reads it; `close` alone would wait for that.
                one.shutdown(socket.SHUT_RD)
            one.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            try:
                server = socket.create_connection(self._server)
            except OSError:
                client.close()
                continue
            with self._lock:
                self._open += [client, server]
            for pair in ((client, server), (server, client)):
                words = (*pair, pair[0] is client)
                threading.Thread(target=self._pass_on, args=words, daemon=True).start()

    def _pass_on(self, source: socket.socket, sink: socket.socket, is_client: bool) -> None:
        with suppress(OSError):
            while piece := source.recv(_PIECE):
                if is_client:
                    self.sent += piece
                sink.sendall(piece)
        with suppress(OSError):
            sink.shutdown(socket.SHUT_WR)


@contextmanager
def relaying(url: str) -> Iterator[Relay]:
    """A relay to the server of this URL."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        relay = Relay(listener, url)
        try:
            yield relay
        finally:
            # `close` alone would leave a thread in `accept`.
            listener.shutdown(socket.SHUT_RDWR)
            relay.break_all()
