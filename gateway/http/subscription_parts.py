"""Apollo's multipart protocol for subscriptions, ``subscriptionSpec=1.0``.

https://www.apollographql.com/docs/graphos/routing/operations/subscriptions/multipart-protocol
"""

from __future__ import annotations

from gateway.http.media import JSON, MULTIPART

_BOUNDARY = b"--graphql"


def _part(content: bytes) -> bytes:
    """A part with the boundary after it, so that a client knows at once that it is complete."""
    head = f"\r\nContent-Type: {JSON}\r\n\r\n".encode()
    return head + content + b"\r\n" + _BOUNDARY


class SubscriptionParts:
    """Multipart subscription, a ``StreamForm``."""

    media = f'{MULTIPART}; boundary="graphql"; subscriptionSpec=1.0'
    beginning = b"\r\n" + _BOUNDARY
    heartbeat = _part(b"{}")

    def frame(self, frame: bytes) -> bytes:
        """A part whose ``payload`` is the answer."""
        return _part(b'{"payload":' + frame + b"}")

    def completed(self, errors: bytes | None) -> bytes:
        """The last boundary, after a part whose errors are those of the whole subscription."""
        part = b"" if errors is None else _part(b'{"payload":null,"errors":' + errors + b"}")
        return part + b"--\r\n"

    def interrupted(self, errors: bytes, seconds: float) -> bytes:
        """The same as ``completed``: Apollo's RetryLink retries after errors of a subscription."""
        return self.completed(errors)
