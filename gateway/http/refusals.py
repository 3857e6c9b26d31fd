"""Refusals: errors of requests that are answered without being executed.

    GatewayError
    └── RequestRefused
        ├── BadRequest              BAD_REQUEST                    not a request of this endpoint
        ├── MethodNotAllowed        METHOD_NOT_ALLOWED             names the methods that are
        ├── NotAcceptable           NOT_ACCEPTABLE                 wants another media type
        ├── BodyTooLarge            BODY_TOO_LARGE                 names the limit
        ├── HeadTooLarge            HEAD_TOO_LARGE                 names the limit
        ├── RequestTimeout          REQUEST_TIMEOUT                came too slowly
        └── UnsupportedMediaType    UNSUPPORTED_MEDIA_TYPE         a body that is not JSON in UTF-8

Each endpoint has its own HTTP status for a code.
"""

from __future__ import annotations

from typing import Any

from gateway.errors import GatewayError


class RequestRefused(GatewayError):
    """Base of the refusals; ``headers`` go with the response."""

    @property
    def headers(self) -> dict[str, str]:
        """HTTP headers that the status calls for."""
        return {}


class BadRequest(RequestRefused):
    """The body or the query string cannot be used by this endpoint."""

    code = "BAD_REQUEST"


class MethodNotAllowed(RequestRefused):
    """The method is not one of ``allowed``."""

    code = "METHOD_NOT_ALLOWED"

    def __init__(self, message: str, allowed: tuple[str, ...]) -> None:
        super().__init__(message)
        self.allowed = allowed

    @property
    def headers(self) -> dict[str, str]:
        return {"Allow": ", ".join(self.allowed)}


class NotAcceptable(RequestRefused):
    """The Accept header allows none of the media types that are written here."""

    code = "NOT_ACCEPTABLE"


class BodyTooLarge(RequestRefused):
    """The body has more than ``limit`` bytes."""

    code = "BODY_TOO_LARGE"

    def __init__(self, limit: int) -> None:
        super().__init__(f"The request body is larger than {limit:,} bytes.")
        self.limit = limit

    @property
    def extensions(self) -> dict[str, Any]:
        return {"code": self.code, "limit": self.limit}


class HeadTooLarge(RequestRefused):
    """The request line and headers have more than ``limit`` of ``unit``."""

    code = "HEAD_TOO_LARGE"

    def __init__(self, limit: int, unit: str) -> None:
        super().__init__(f"The request line and headers are longer than {limit:,} {unit}.")
        self.limit = limit

    @property
    def extensions(self) -> dict[str, Any]:
        return {"code": self.code, "limit": self.limit}


class RequestTimeout(RequestRefused):
    """The head or the body did not come in time."""

    code = "REQUEST_TIMEOUT"


class UnsupportedMediaType(RequestRefused):
    """The body is not declared to be JSON in UTF-8, or is compressed."""

    code = "UNSUPPORTED_MEDIA_TYPE"
