"""Refusals of operations: errors of a request; ``gateway.http.refusals`` has those of HTTP.

    GatewayError
    └── RequestRefused
        ├── UnknownOperation        OPERATION_RESOLUTION_FAILURE   no such operation in the document
        ├── OperationTimeout        OPERATION_TIMEOUT              took longer than it may
        ├── PersistedQueryNotFound      PERSISTED_QUERY_NOT_FOUND      send the text as well
        ├── PersistedQueryNotSupported  PERSISTED_QUERY_NOT_SUPPORTED  send texts alone
        ├── PersistedQueryMismatch      PERSISTED_QUERY_MISMATCH       the hash of another text
        ├── UntrustedDocument           DOCUMENT_NOT_TRUSTED           none of those that run here
        └── LimitExceeded           names the limit, and the value where it is known
            ├── TooManyTokens       TOO_MANY_TOKENS                a document of too many tokens
            ├── DocumentTooDeep     DOCUMENT_TOO_DEEP              selections within selections
            ├── TooManyAliases      TOO_MANY_ALIASES               fields selected again and again
            ├── TooManyDirectives   TOO_MANY_DIRECTIVES            such as @include
            ├── BatchTooLarge       BATCH_TOO_LARGE                operations in one request
            ├── DocumentTooLarge    DOCUMENT_TOO_LARGE             a document of too many bytes
            ├── CostTooHigh         COST_TOO_HIGH                  one operation costs too much
            ├── TooManyValues       TOO_MANY_VALUES                an answer of too many values
            ├── AnswerTooLarge      ANSWER_TOO_LARGE               an answer of too many bytes
            ├── TooManyLiveOperations  TOO_MANY_LIVE_OPERATIONS    the viewer watches enough
            ├── TooManyOperations   TOO_MANY_OPERATIONS            under way on one WebSocket
            └── RateLimited         RATE_LIMITED                   the viewer's minute is used up

OperationTypeRefused is none of them: its meaning depends on how the operation was sent, so the
endpoint decides it. The HTTP status of each code is in ``statuses``.
"""

from __future__ import annotations

from typing import Any, ClassVar

from gateway.http.refusals import RequestRefused


class UnknownOperation(RequestRefused):
    """The document has no such operation, or has several and none was named."""

    code = "OPERATION_RESOLUTION_FAILURE"


class OperationTimeout(RequestRefused):
    """The operation took longer than ``seconds``."""

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
        super().__init__("The hash in the request is not the SHA-256 hash of the query.")


class UntrustedDocument(RequestRefused):
    """Only documents of the manifest run, and this is none of them."""

    code = "DOCUMENT_NOT_TRUSTED"

    def __init__(self) -> None:
        super().__init__(
            "This server runs only trusted documents, and this document is not one of them."
        )


class LimitExceeded(RequestRefused):
    """Something is larger than ``limit``; ``value`` is how large, None where it was not counted."""

    #: The message, in which attributes are named in braces.
    sentence: ClassVar[str]

    def __init__(self, limit: int, value: int | None = None) -> None:
        self.limit = limit
        self.value = value
        super().__init__(self.sentence.format_map(vars(self)))

    @property
    def extensions(self) -> dict[str, Any]:
        known = {} if self.value is None else {"value": self.value}
        return {"code": self.code, "limit": self.limit, **known}


class TooManyTokens(LimitExceeded):
    """The document has more tokens: names, values and punctuation; it was read no further."""

    code = "TOO_MANY_TOKENS"
    sentence = (
        "The document has more than {limit:,} tokens (names, values and punctuation): "
        "split it into several."
    )


class DocumentTooLarge(LimitExceeded):
    """The text of the document is too long to be read at all."""

    code = "DOCUMENT_TOO_LARGE"
    sentence = (
        "The document is larger than {limit:,} bytes: send less text, and values as variables."
    )


class DocumentTooDeep(LimitExceeded):
    """Selections stand too deep within one another, those of fragments included."""

    code = "DOCUMENT_TOO_DEEP"
    sentence = "The document nests selections {value:,} levels deep: at most {limit:,} are allowed."


class TooManyAliases(LimitExceeded):
    """Too many fields are selected under another name, or again under the same."""

    code = "TOO_MANY_ALIASES"
    sentence = (
        "The document has too many fields with an alias or selected again ({value:,}): "
        "at most {limit:,} are allowed."
    )


class TooManyDirectives(LimitExceeded):
    """The document has too many directives, such as ``@include``."""

    code = "TOO_MANY_DIRECTIVES"
    sentence = "The document has {value:,} directives: at most {limit:,} are allowed."


class BatchTooLarge(LimitExceeded):
    """The request has too many operations."""

    code = "BATCH_TOO_LARGE"
    sentence = "The batch has {value:,} operations: at most {limit:,} are allowed."


class CostTooHigh(LimitExceeded):
    """The operation costs more than any may, or turned out to while it was executed."""

    code = "COST_TOO_HIGH"
    sentence = "The operation costs {value:,} points: at most {limit:,} are allowed."


class SeriesTooCostly(CostTooHigh):
    """The queries of a series cost more than a viewer may spend in any minute."""

    sentence = (
        "This costs more than your {limit:,} cost points a minute: ask for less, such as fewer "
        "days."
    )


class TooManyValues(LimitExceeded):
    """The answer would have more values than any may: fields, and items of lists."""

    code = "TOO_MANY_VALUES"
    sentence = "The answer has {value:,} values: at most {limit:,} are allowed."


class AnswerTooLarge(LimitExceeded):
    """The answer would have more bytes than any may; it was written no further."""

    code = "ANSWER_TOO_LARGE"
    sentence = "The answer is larger than {limit:,} bytes: ask for fewer fields or shorter lists."


class BatchAnswerTooLarge(AnswerTooLarge):
    """The answers of a batch would have more bytes together than that of one operation may."""

    sentence = (
        "The answers of the batch are larger than {limit:,} bytes together: "
        "send fewer operations in one request."
    )


class TooManyLiveOperations(LimitExceeded):
    """The viewer has as many live operations under way as one may have."""

    code = "TOO_MANY_LIVE_OPERATIONS"
    sentence = (
        "You have {limit:,} subscriptions open, and no more are allowed: end one of them, or try "
        "again in {seconds} seconds."
    )

    def __init__(self, limit: int) -> None:
        #: An estimate: it is unknown when one of them ends.
        self.seconds = 10
        super().__init__(limit)

    @property
    def headers(self) -> dict[str, str]:
        return {"Retry-After": str(self.seconds)}

    @property
    def extensions(self) -> dict[str, Any]:
        return {**super().extensions, "retryAfter": self.seconds}


class TooManyOperations(LimitExceeded):
    """A WebSocket has as many operations under way as it may have."""

    code = "TOO_MANY_OPERATIONS"
    sentence = (
        "This WebSocket has {limit:,} operations under way, and no more are allowed: "
        "end one of them first."
    )


class OperationsTooLarge(TooManyOperations):
    """The operations that wait on a WebSocket have more characters together than a message may."""

    sentence = (
        "The operations that wait on this WebSocket have more than {limit:,} characters together: "
        "wait until some are answered."
    )


class RateLimited(LimitExceeded):
    """What the viewer may spend in a minute is used up, until ``seconds`` from now."""

    code = "RATE_LIMITED"
    sentence = (
        "The operation needs {value:,} of your {limit:,} cost points a minute, and fewer are left: "
        "try again in {seconds} seconds."
    )

    def __init__(self, limit: int, value: int, seconds: int) -> None:
        self.seconds = seconds
        super().__init__(limit, value)

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
