"""Content codings (RFC 9110, 8.4): negotiate and compress.

All clients read gzip. Zstandard takes a quarter of the time; it is in Python from 3.14 on, and
before that in the extra ``zstd``.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Callable
from functools import lru_cache
from importlib import import_module
from typing import Any, Protocol

from gateway.http.media import LONGEST_CACHED, quality_of

#: Smaller answers fit into a packet or two as they are.
SMALLEST = 1024
#: Bytes that are compressed before other tasks may run: about a millisecond's work.
PIECE = 65_536
#: Marks of credentials: every API key and every token has one (a dot and a brace before claims).
_CREDENTIALS = (b"sgw_", b".eyJ")


class _Compressor(Protocol):
    def compress(self, data: bytes, /) -> bytes: ...

    def flush(self) -> bytes: ...


def _zstandard() -> Any:
    for name in ("compression.zstd", "backports.zstd"):
        try:
            return import_module(name)
        except ImportError:
            continue
    return None


def _compressors() -> dict[str, Callable[[], _Compressor]]:
    # 31 is the window of 15 bits in gzip's format: its head has no time, so that it is the same.
    found: dict[str, Callable[[], _Compressor]] = {"gzip": lambda: zlib.compressobj(6, wbits=31)}
    zstandard = _zstandard()
    return found if zstandard is None else {"zstd": zstandard.ZstdCompressor, **found}


_COMPRESSORS = _compressors()
#: The available codings, the cheapest first.
CODINGS = tuple(_COMPRESSORS)


@lru_cache(maxsize=256)
def negotiate_coding(accepted: str | None, offers: tuple[str, ...] = CODINGS) -> str | None:
    """Negotiate the coding by an Accept-Encoding header; None for the identity coding.

    The highest quality wins, then the first offer. ``*`` stands for gzip, which is the safest.
    """
    qualities = dict(quality_of(part) for part in (accepted or "").split(","))
    if "gzip" not in qualities:
        qualities["gzip"] = qualities.get("*", 0.0)
    best = max(offers, key=lambda offer: qualities.get(offer, 0.0))
    quality = qualities.get(best, 0.0)
    return best if 0 < quality >= qualities.get("identity", 0.0) else None


def negotiate(accepted: str | None) -> str | None:
    """Call :func:`negotiate_coding`, without its cache for long headers."""
    short = len(accepted or "") <= LONGEST_CACHED
    return (negotiate_coding if short else negotiate_coding.__wrapped__)(accepted)


def is_compressible(body: bytes) -> bool:
    """Whether a body may be compressed, and is large enough.

    A body with a token or a key may not: its compressed length would reveal its content (BREACH).
    """
    return len(body) >= SMALLEST and not any(mark in body for mark in _CREDENTIALS)


def coding_for(accepted: str | None, body: bytes) -> str | None:
    """The coding of a body, by the Accept-Encoding header; None for the identity coding."""
    coding = negotiate(accepted)
    return coding if coding is not None and is_compressible(body) else None


async def compress(body: bytes, coding: str) -> bytes:
    """Compress a body in one of ``CODINGS``; other tasks may run after each ``PIECE`` of it."""
    compressor = _COMPRESSORS[coding]()
    done = []
    for start in range(0, len(body), PIECE):
        if start:
            await asyncio.sleep(0)
        done.append(compressor.compress(body[start : start + PIECE]))
    done.append(compressor.flush())
    return b"".join(done)
