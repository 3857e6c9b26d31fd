"""Why an operation is not executed, or not to its end; ``gateway.http.refusals`` has the rest.

    GatewayError
    └── RequestRefused
        ├── UnknownOperation        OPERATION_RESOLUTION_FAILURE   no such operation in the document
        └── OperationTimeout        OPERATION_TIMEOUT              took longer than it may

OperationTypeRefused is none of them: what it means depends on how the operation was sent, so the
endpoint says it. The HTTP status of each code stands in ``statuses``.
"""

from __future__ import annotations

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


class OperationTypeRefused(Exception):
    """The operation is of a ``kind`` (query, mutation, subscription) that may not be sent so."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind
