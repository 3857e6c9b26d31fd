"""Consistency tokens: encrypted log positions, the state of the database that a client saw.

A token is a Fernet token (AES-CBC and HMAC-SHA256): nobody else can make one or read it. Its key
is made of the instance's secret, which all gateways of a database share.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64encode
from collections.abc import Callable
from struct import Struct

from cryptography.fernet import Fernet, InvalidToken

from gateway.changes.position import LogPosition

#: How long a token is good for, and how far the clocks of gateways may be apart.
LIFETIME_SECONDS = 3600
#: Longer texts are none; ours have 120 characters.
_LONGEST = 200
_PURPOSE = b"stats-gateway consistency token"
_POSITION = Struct(">qq")


class UnusableToken(Exception):
    """The text is no valid token, or has expired."""

    def __init__(self, *, is_expired: bool) -> None:
        super().__init__("expired" if is_expired else "invalid")
        self.is_expired = is_expired


class ConsistencyTokens:
    """Encrypts positions and decrypts tokens; ``now`` is in seconds since the epoch."""

    def __init__(self, secret: str, now: Callable[[], float]) -> None:
        key = hmac.digest(secret.encode(), _PURPOSE, hashlib.sha256)
        self._fernet = Fernet(urlsafe_b64encode(key))
        self._now = now

    def seal(self, position: LogPosition) -> str:
        """A token for this position.

        Each differs: equal ones would tell that nothing was written meanwhile, not even what
        their holders may not see.
        """
        return self._fernet.encrypt_at_time(_POSITION.pack(*position), int(self._now())).decode()

    def open(self, token: str) -> LogPosition:
        """The position that was sealed; UnusableToken if there is none."""
        if len(token) > _LONGEST:
            raise UnusableToken(is_expired=False)
        try:
            sealed_at = self._fernet.extract_timestamp(token)
            # The clock of the gateway that has made it may be ahead: Fernet would take a minute.
            if abs(int(self._now()) - sealed_at) > LIFETIME_SECONDS:
                raise UnusableToken(is_expired=True)
            content = self._fernet.decrypt(token)
        except (InvalidToken, ValueError):
            raise UnusableToken(is_expired=False) from None
        return LogPosition(*_POSITION.unpack(content))
