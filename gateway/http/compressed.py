"""Compression middleware: compresses whole responses, and caches the compressed bodies.

Starlette's middleware compresses a body at once, with credentials too, caches nothing, and ignores
the ETag.
"""

from __future__ import annotations

from hashlib import blake2b

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.bounded_cache import BoundedCache
from gateway.http.coding import coding_for, compress
from gateway.http.media import content_type
from gateway.telemetry.counts import CacheCounts

#: A body that takes more than this part of the memory would push out all others.
_LARGEST_PART = 8
#: Memory of an entry, without its body.
_ENTRY_BYTES = 300


class CompressedBodies:
    """LRU cache of compressed bodies, of at most ``capacity`` bytes.

    The key is a hash of the uncompressed body.
    """

    def __init__(self, capacity: int) -> None:
        self._bodies: BoundedCache[tuple[str, bytes], bytes] = BoundedCache(capacity)

    @property
    def capacity(self) -> int:
        """The limit in bytes."""
        return self._bodies.capacity

    @property
    def size(self) -> int:
        """The cached bytes."""
        return self._bodies.size

    @property
    def counts(self) -> CacheCounts:
        """Hits, misses and entries, for metrics."""
        bodies = self._bodies
        return CacheCounts(bodies.hits, bodies.misses, len(bodies))

    async def compressed(self, body: bytes, coding: str) -> bytes:
        """Compress a body, or take it from the cache."""
        if len(body) > self._bodies.capacity:
            return await compress(body, coding)
        key = (coding, blake2b(body, digest_size=16).digest())
        known = self._bodies.get(key)
        if known is not None:
            return known
        made = await compress(body, coding)
        if len(made) <= self._bodies.capacity // _LARGEST_PART:
            self._bodies.put(key, made, len(made) + _ENTRY_BYTES)
        return made


class CompressedAnswers:
    """ASGI middleware: compresses text responses for clients that accept it.

    It does not change responses in several messages (parts and files), in a coding already, or
    with ``no-transform``.
    """

    def __init__(self, app: ASGIApp, bodies: CompressedBodies) -> None:
        self._app = app
        self._bodies = bodies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        accepted = ", ".join(Headers(scope=scope).getlist("accept-encoding"))
        held: Message | None = None

        async def send_compressed(message: Message) -> None:
            nonlocal held
            if message["type"] == "http.response.start":
                held = message
                return
            start, held = held, None
            if start is not None:
                message = await self._compressed(accepted, start, message)
                await send(start)
            await send(message)

        await self._app(scope, receive, send_compressed)

    async def _compressed(self, accepted: str, start: Message, message: Message) -> Message:
        """The message with the body in the coding that the headers in ``start`` then name."""
        headers = MutableHeaders(raw=start["headers"])
        start["headers"] = headers.raw
        # An endpoint that varies by it has negotiated the coding itself.
        if "accept-encoding" in headers.get("vary", "").lower():
            return message
        if "content-encoding" in headers:
            headers.add_vary_header("Accept-Encoding")
            return message
        if not _may_be_compressed(start["status"], headers):
            return message
        headers.add_vary_header("Accept-Encoding")
        body = message.get("body", b"")
        if message.get("more_body") or headers.get("content-length") != str(len(body)):
            return message
        coding = coding_for(accepted, body)
        if coding is None:
            return message
        body = await self._bodies.compressed(body, coding)
        headers["content-encoding"] = coding
        headers["content-length"] = str(len(body))
        return {**message, "body": body}


def _may_be_compressed(status: int, headers: Headers) -> bool:
    if "content-encoding" in headers or "no-transform" in headers.get("cache-control", ""):
        return False
    # Ranges count the bytes of the file itself.
    if "accept-ranges" in headers:
        return False
    if "content-type" not in headers:
        return status == 304
    media, _ = content_type(headers["content-type"])
    return media.startswith("text/") or media.endswith(("/json", "+json", "+xml"))
