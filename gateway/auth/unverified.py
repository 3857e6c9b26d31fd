"""Errors of credentials that do not verify: clients see the same answer for all of them."""

from __future__ import annotations

from enum import StrEnum

from gateway.errors import Unauthenticated


class Wrong(StrEnum):
    """What is wrong with credentials: for the log and metrics, never for whoever sent them."""

    #: Neither a token nor an API key, or one that cannot be read.
    MALFORMED = "malformed"
    #: Two different ones in one request.
    SEVERAL = "several"
    EXPIRED = "expired"
    #: Not valid yet.
    EARLY = "early"
    ISSUER = "issuer"
    AUDIENCE = "audience"
    #: No known key has signed it, or with an algorithm that is not accepted.
    KEY = "key"
    #: Signed, and without a claim that is needed, or with one that cannot be used.
    CLAIMS = "claims"
    #: An API key that is unknown or revoked.
    API_KEY = "api_key"
    #: Those of a volunteer who was erased.
    ERASED = "erased"
    #: They were good when a live answer began, and are not any more.
    OVER = "over"


class Unverified(Unauthenticated):
    """Credentials were sent and are not good.

    Always in the same words to whoever sent them: which check failed is nobody else's business
    than the operator's, whom ``reason`` tells. Raise it ``from None``, so that no log tells the
    cause together with the credentials.
    """

    def __init__(self, reason: Wrong = Wrong.MALFORMED) -> None:
        super().__init__("The credentials are not valid.")
        self.reason = reason


class UnknownKey(Unverified):
    """No known key signed the token; ``kid`` is what it names its key, which is unverified.

    Told apart from the rest to read the keys anew; to a caller it is the same.
    """

    def __init__(self, kid: str | None) -> None:
        super().__init__(Wrong.KEY)
        self.kid = kid
