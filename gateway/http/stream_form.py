"""Stream form: how the answers of a subscription are written into one HTTP response."""

from __future__ import annotations

from typing import Protocol

from gateway.http.response import SECRET

#: Of every stream. Proxies must neither keep nor compress nor hold back what comes (nginx holds
#: answers back unless ``X-Accel-Buffering`` forbids it). A connection ends with its stream, so that
#: a client whose server stops is led to another.
STREAM_HEADERS = {**SECRET, "X-Accel-Buffering": "no", "Connection": "close"}


class StreamForm(Protocol):
    """Frames and errors are JSON texts; ``errors`` is a list of errors as answers have them."""

    #: The value of Content-Type.
    media: str
    #: What is written before the first frame.
    beginning: bytes
    #: What is written when there is nothing to tell: clients leave it out.
    heartbeat: bytes

    def frame(self, frame: bytes) -> bytes:
        """One answer."""

    def completed(self, errors: bytes | None) -> bytes:
        """The end: there is nothing more to come, for the reason that ``errors`` tell."""

    def interrupted(self, errors: bytes, seconds: float) -> bytes:
        """The end on this connection: the client may ask again after so many seconds."""
