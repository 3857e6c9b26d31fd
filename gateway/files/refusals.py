"""Errors of file downloads, beside those of operations.

RequestRefused
├── FileTooLarge    FILE_TOO_LARGE    names the limit in bytes
└── TooManyFiles    TOO_MANY_FILES    the viewer has enough under way: try again later
"""

from __future__ import annotations

from typing import Any

from gateway.http.refusals import RequestRefused


class FileTooLarge(RequestRefused):
    """Error: the file would have more than ``limit`` bytes."""

    code = "FILE_TOO_LARGE"

    def __init__(self, limit: int) -> None:
        super().__init__(f"The file would be larger than {limit:,} bytes: choose fewer days.")
        self.limit = limit

    @property
    def extensions(self) -> dict[str, Any]:
        return {"code": self.code, "limit": self.limit}


class TooManyFiles(RequestRefused):
    """Error: the viewer reads ``limit`` files, or has as many tickets; these end in ``seconds``."""

    code = "TOO_MANY_FILES"

    def __init__(self, message: str, limit: int, seconds: int) -> None:
        super().__init__(message)
        self.limit = limit
        self.seconds = seconds

    @property
    def headers(self) -> dict[str, str]:
        return {"Retry-After": str(self.seconds)}

    @property
    def extensions(self) -> dict[str, Any]:
        return {"code": self.code, "limit": self.limit, "retryAfter": self.seconds}
