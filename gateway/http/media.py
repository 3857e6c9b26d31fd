"""Content negotiation: the media type of a response, by the Accept header (RFC 9110)."""

from __future__ import annotations

from collections.abc import Sequence
from email.message import Message
from functools import lru_cache

JSON = "application/json"
GRAPHQL = "application/graphql-response+json"
HTML = "text/html"
MULTIPART = "multipart/mixed"
EVENT_STREAM = "text/event-stream"

#: Parameters that request multipart/mixed in other forms.
_OTHER_PARTS = frozenset({"deferspec", "subscriptionspec"})
#: In characters: longer headers are parsed each time.
LONGEST_CACHED = 300
#: The memory of a cached header, at most.
_ENTRY_BYTES = 800


def negotiate(accept: str | None, offers: tuple[str, ...]) -> str | None:
    """Choose the offer that the Accept header prefers; None if it accepts none.

    The highest quality wins, then what the header names first, then what we offer first.
    No header allows everything.
    """
    choose = _choose if len(accept or "") <= LONGEST_CACHED else _choose.__wrapped__
    return choose(accept, offers)


@lru_cache(maxsize=256)
def _choose(accept: str | None, offers: tuple[str, ...]) -> str | None:
    if accept is None or not accept.strip():
        return offers[0]
    ranges = [quality_of(part) for part in accept.split(",")]
    best: tuple[float, int] | None = None
    chosen = None
    for offer in offers:
        quality, index = _quality_of_offer(offer, ranges)
        if quality > 0 and (best is None or (quality, -index) > best):
            best, chosen = (quality, -index), offer
    return chosen


def accepts_parts(accept: str | None) -> bool:
    """Whether the header names multipart/mixed, in the form that is written here.

    ``deferSpec`` asks for an older one, and ``subscriptionSpec`` for subscriptions.
    """
    for part in (accept or "").split(","):
        name, quality = quality_of(part)
        if name == MULTIPART and quality > 0 and _OTHER_PARTS.isdisjoint(_parameters_of(part)):
            return True
    return False


def negotiate_stream(accept: str | None) -> str | None:
    """Choose the media type of a subscription: ``EVENT_STREAM``, ``MULTIPART``, or None.

    The header has to name it. ``multipart/mixed`` counts with ``subscriptionSpec=1.0``.
    """
    best, chosen = 0.0, None
    for part in (accept or "").split(","):
        name, quality = quality_of(part)
        if quality <= best:
            continue
        if name == EVENT_STREAM or (
            name == MULTIPART and _parameters_of(part).get("subscriptionspec") == "1.0"
        ):
            best, chosen = quality, name
    return chosen


def _parameters_of(part: str) -> dict[str, str]:
    """The parameters of one item of an Accept header, in lower case, without quotation marks."""
    parameters = {}
    for piece in part.lower().split(";")[1:]:
        name, _, value = piece.partition("=")
        parameters[name.strip()] = value.strip().strip('"')
    return parameters


def content_type(header: str) -> tuple[str, str | None]:
    """Split a Content-Type header into media type and charset, both in lower case."""
    return (_split if len(header) <= LONGEST_CACHED else _split.__wrapped__)(header)


def headers_size() -> int:
    """Estimate the bytes of cached headers."""
    return _ENTRY_BYTES * (_choose.cache_info().currsize + _split.cache_info().currsize)


@lru_cache(maxsize=256)
def _split(header: str) -> tuple[str, str | None]:
    message = Message()
    message["content-type"] = header
    return message.get_content_type(), message.get_content_charset()


def quality_of(part: str) -> tuple[str, float]:
    """Split an item of an Accept or Accept-Encoding header: its name in lower case, its quality."""
    name, *parameters = (piece.strip().lower() for piece in part.split(";"))
    for parameter in parameters:
        key, _, value = parameter.partition("=")
        if key.strip() == "q":
            try:
                return name, min(max(0.0, float(value)), 1.0)
            except ValueError:
                return name, 0.0
    return name, 1.0


def _quality_of_offer(offer: str, ranges: Sequence[tuple[str, float]]) -> tuple[float, int]:
    """Quality and index of the most specific range that covers the offer."""
    for pattern in (offer, offer.partition("/")[0] + "/*", "*/*"):
        for index, (name, quality) in enumerate(ranges):
            if name == pattern:
                return quality, index
    return 0.0, 0
