"""Ends of live streams: the errors for which the server ends one.

GatewayError
├── Unauthenticated
│   └── CredentialsOver     UNAUTHENTICATED     expired, revoked, or the volunteer was erased
└── Unavailable
    └── ServerStopping      UNAVAILABLE         subscribe again, which leads elsewhere
"""

from __future__ import annotations

import math
from typing import Any

from gateway.auth.unverified import Wrong
from gateway.errors import Unauthenticated, Unavailable


class CredentialsOver(Unauthenticated):
    """The credentials of the stream are expired or revoked, or the volunteer was erased."""

    reason = Wrong.OVER

    def __init__(self) -> None:
        super().__init__(
            "The credentials of this subscription are no longer valid: subscribe again with others."
        )


class ServerStopping(Unavailable):
    """The process stops; clients reconnect after ``retry_after_seconds``, not all at once."""

    def __init__(self, retry_after_seconds: float) -> None:
        super().__init__("The server is stopping: subscribe again in a moment.")
        self.retry_after_seconds = retry_after_seconds

    @property
    def extensions(self) -> dict[str, Any]:
        return {"code": self.code, "retryAfter": math.ceil(self.retry_after_seconds)}
