"""Apollo's multipart protocol for subscriptions, ``subscriptionSpec=1.0``.

https://www.apollographql.com/docs/graphos/routing/operations/subscriptions/multipart-protocol
"""

from __future__ import annotations

from gateway.http.media import JSON, MULTIPART

_BOUNDARY = b"--graphql"


def _part(content: bytes) -> bytes:
    """A part and the boundary behind it, so that a client need not wait to know it whole."""
    head = f"\r\nContent-Type: {JSON}\r\n\r\n".encode()
    return head + content + b"\r\n" + _BOUNDARY


class SubscriptionParts:
    """A ``StreamForm``."""

    media = f'{MULTIPART}; boundary="graphql"; subscriptionSpec=1.0'
    beginning = b"\r\n" + _BOUNDARY
    heartbeat = _part(b"{}")

    def frame(self, frame: bytes) -> bytes:
        """A part whose ``payload`` is the answer."""
        return _part(b'{"payload":' + frame + b"}")

    def completed(self, errors: bytes | None) -> bytes:
        """The last boundary, after a part whose errors are those of the whole subscription."""
        told = b"" if errors is None else _part(b'{"payload":null,"errors":' + errors + b"}")
        return told + b"--\r\n"

    def interrupted(self, errors: bytes, seconds: float) -> bytes:
        """The same: Apollo's RetryLink asks again after errors of the whole subscription."""
        return self.completed(errors)
