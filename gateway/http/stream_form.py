"""Stream form: how the answers of a subscription are written into one HTTP response."""

from __future__ import annotations

from typing import Protocol

from gateway.http.response import SECRET

#: Headers of every stream. Proxies must not cache, compress or buffer it (nginx buffers answers
#: unless ``X-Accel-Buffering`` forbids it). A connection ends with its stream, so that a client
#: whose server stops reconnects to another.
STREAM_HEADERS = {**SECRET, "X-Accel-Buffering": "no", "Connection": "close"}


class StreamForm(Protocol):
    """Format of a stream. Frames and errors are JSON texts; ``errors`` is a list of errors."""

    #: The value of Content-Type.
    media: str
    #: What is written before the first frame.
    beginning: bytes
    #: Keeps an idle connection open: clients ignore it.
    heartbeat: bytes

    def frame(self, frame: bytes) -> bytes:
        """One answer."""

    def completed(self, errors: bytes | None) -> bytes:
        """The end of the subscription; ``errors`` have the reason."""

    def interrupted(self, errors: bytes, seconds: float) -> bytes:
        """The end of this connection only: the client may reconnect after ``seconds``."""
