"""Server-sent events, as graphql-sse writes them in its "distinct connections mode".

https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md
"""

from __future__ import annotations

from gateway.http.media import EVENT_STREAM

#: Browsers dispatch no event without a line of data.
_COMPLETE = b"event: complete\ndata:\n\n"


def _next(frame: bytes) -> bytes:
    # JSON has its line ends escaped, so that it is one line.
    return b"event: next\ndata: " + frame + b"\n\n"


def single_event(answer: bytes) -> bytes:
    """Write the whole stream of an operation with one answer."""
    return _next(answer) + _COMPLETE


class EventStream:
    """Server-sent events of a subscription, a ``StreamForm``.

    ``by_browser`` is for a browser's own EventSource, which reconnects by itself after the time in
    ``retry``. Older releases of graphql-sse take that line for an error; they wait for a time of
    their own.
    """

    media = f"{EVENT_STREAM}; charset=utf-8"
    beginning = b""
    heartbeat = b":\n\n"

    def __init__(self, *, by_browser: bool) -> None:
        self._by_browser = by_browser

    def frame(self, frame: bytes) -> bytes:
        """An event ``next``."""
        return _next(frame)

    def completed(self, errors: bytes | None) -> bytes:
        """An event ``complete``, after one with the errors."""
        return _COMPLETE if errors is None else _next(b'{"errors":' + errors + b"}") + _COMPLETE

    def interrupted(self, errors: bytes, seconds: float) -> bytes:
        """No event: clients take a stream that ends without ``complete`` for a lost connection."""
        return b"retry: %d\n\n" % (seconds * 1000) if self._by_browser else b""
