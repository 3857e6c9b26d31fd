"""The one answer to credentials that do not verify."""

from __future__ import annotations

from gateway.errors import Unauthenticated


class Unverified(Unauthenticated):
    """Credentials were sent and are not good.

    Always in the same words: which check failed is nobody's business. Raise it ``from None``, so
    that no log tells the cause together with the credentials.
    """

    def __init__(self) -> None:
        super().__init__("The credentials are not valid.")


class UnknownKey(Unverified):
    """No known key signed the token; ``kid`` is what it names its key, which is unverified.

    Told apart from the rest to read the keys anew; to a caller it is the same.
    """

    def __init__(self, kid: str | None) -> None:
        super().__init__()
        self.kid = kid
