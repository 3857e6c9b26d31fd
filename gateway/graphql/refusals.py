"""Why an operation is not executed, or not to its end; ``gateway.http.refusals`` has the rest.

    GatewayError
    └── RequestRefused
        ├── UnknownOperation        OPERATION_RESOLUTION_FAILURE   no such operation in the document
        ├── OperationTimeout        OPERATION_TIMEOUT              took longer than it may
        ├── PersistedQueryNotFound      PERSISTED_QUERY_NOT_FOUND      send the text as well
        ├── PersistedQueryNotSupported  PERSISTED_QUERY_NOT_SUPPORTED  send texts alone
        ├── PersistedQueryMismatch      PERSISTED_QUERY_MISMATCH       the hash of another text
        ├── UntrustedDocument           DOCUMENT_NOT_TRUSTED           none of those that run here
        └── LimitExceeded           names the limit, and the value where it is known
            ├── TooManyTokens       TOO_MANY_TOKENS                a document of too many words
            ├── DocumentTooDeep     DOCUMENT_TOO_DEEP              selections within selections
            ├── TooManyAliases      TOO_MANY_ALIASES               fields selected again and again
            ├── TooManyDirectives   TOO_MANY_DIRECTIVES            such as @include
            ├── BatchTooLarge       BATCH_TOO_LARGE                operations in one request
            ├── DocumentTooLarge    DOCUMENT_TOO_LARGE             a document of too many bytes
            ├── CostTooHigh         COST_TOO_HIGH                  one operation costs too much
            ├── TooManyValues       TOO_MANY_VALUES                an answer of too many values
            ├── AnswerTooLarge      ANSWER_TOO_LARGE               an answer of too many bytes
            └── RateLimited         RATE_LIMITED                   the viewer's minute is used up

OperationTypeRefused is none of them: what it means depends on how the operation was sent, so the
endpoint says it. The HTTP status of each code stands in ``statuses``.
"""

from __future__ import annotations

from typing import Any, ClassVar

from gateway.http.refusals import RequestRefused


class UnknownOperation(RequestRefused):
    """The document has no such operation, or has several and none was named."""

    code = "OPERATION_RESOLUTION_FAILURE"


class OperationTimeout(RequestRefused):
    """The operation was given up after ``seconds``."""

    code = "OPERATION_TIMEOUT"

    def __init__(self, seconds: float) -> None:
        super().__init__(f"The operation took longer than {seconds:g} seconds.")
        self.seconds = seconds


class PersistedQueryNotFound(RequestRefused):
    """No document of this name is known. Clients look for the message, which is Apollo's."""

    code = "PERSISTED_QUERY_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("PersistedQueryNotFound")


class PersistedQueryNotSupported(RequestRefused):
    """Clients register no documents here. Clients look for the message, which is Apollo's."""

    code = "PERSISTED_QUERY_NOT_SUPPORTED"

    def __init__(self) -> None:
        super().__init__("PersistedQueryNotSupported")


class PersistedQueryMismatch(RequestRefused):
    """The text that was sent is not the one that was named."""

    code = "PERSISTED_QUERY_MISMATCH"

    def __init__(self) -> None:
        super().__init__("The hash that was sent is not that of the query.")


class UntrustedDocument(RequestRefused):
    """Only documents of the manifest run, and this is none of them."""

    code = "DOCUMENT_NOT_TRUSTED"

    def __init__(self) -> None:
        super().__init__("Only trusted documents run here, and this is none of them.")


class LimitExceeded(RequestRefused):
    """Something is larger than ``limit``; ``value`` is how large, None where it was not counted."""

    what: ClassVar[str]

    def __init__(self, limit: int, value: int | None = None) -> None:
        beyond = "more" if value is None else f"{value:,}"
        super().__init__(f"{self.what}: {beyond}, and at most {limit:,} may be.")
        self.limit = limit
        self.value = value

    @property
    def extensions(self) -> dict[str, Any]:
        known = {} if self.value is None else {"value": self.value}
        return {"code": self.code, "limit": self.limit, **known}


class TooManyTokens(LimitExceeded):
    """The document has more tokens: names, values and punctuation; it was read no further."""

    code = "TOO_MANY_TOKENS"
    what = "The document has too many tokens"


class DocumentTooLarge(LimitExceeded):
    """The text of the document is too long to be read at all."""

    code = "DOCUMENT_TOO_LARGE"
    what = "The document has too many bytes"


class DocumentTooDeep(LimitExceeded):
    """Selections stand too deep within one another, those of fragments included."""

    code = "DOCUMENT_TOO_DEEP"
    what = "The document's selections are nested too deeply"


class TooManyAliases(LimitExceeded):
    """Too many fields are selected under another name, or again under the same."""

    code = "TOO_MANY_ALIASES"
    what = "The document has too many aliases and fields selected again"


class TooManyDirectives(LimitExceeded):
    """The document has too many directives, such as ``@include``."""

    code = "TOO_MANY_DIRECTIVES"
    what = "The document has too many directives"


class BatchTooLarge(LimitExceeded):
    """The request has too many operations."""

    code = "BATCH_TOO_LARGE"
    what = "The batch has too many operations"


class CostTooHigh(LimitExceeded):
    """The operation costs more than any may, or turned out to while it was executed."""

    code = "COST_TOO_HIGH"
    what = "The operation costs too much"


class TooManyValues(LimitExceeded):
    """The answer would have more values than any may: fields, and items of lists."""

    code = "TOO_MANY_VALUES"
    what = "The answer has too many values"


class AnswerTooLarge(LimitExceeded):
    """The answer would have more bytes than any may; it was written no further."""

    code = "ANSWER_TOO_LARGE"
    what = "The answer has too many bytes"


class RateLimited(LimitExceeded):
    """What the viewer may spend in a minute is used up, until ``seconds`` from now."""

    code = "RATE_LIMITED"
    what = "You asked for too much within a minute"

    def __init__(self, limit: int, value: int, seconds: int) -> None:
        super().__init__(limit, value)
        self.message = f"{self.message[:-1]}: try again in {seconds} seconds."
        self.seconds = seconds

    @property
    def headers(self) -> dict[str, str]:
        return {"Retry-After": str(self.seconds)}

    @property
    def extensions(self) -> dict[str, Any]:
        return {**super().extensions, "retryAfter": self.seconds}


class OperationTypeRefused(Exception):
    """The operation is of a ``kind`` (query, mutation, subscription) that may not be sent so."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind
