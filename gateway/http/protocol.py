"""Uvicorn's protocol, with a refusal of our shape for what is no HTTP at all."""

from __future__ import annotations

import orjson
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from gateway.http.media import JSON

_REFUSAL = orjson.dumps(
    {"errors": [{"message": "The request is not HTTP/1.1.", "extensions": {"code": "BAD_REQUEST"}}]}
)


class Protocol(HttpToolsProtocol):
    """Such a request never comes to the application; uvicorn answers it in plain text."""

    def send_400_response(self, msg: str) -> None:
        """Refuse the request and close the connection."""
        head = (
            f"content-type: {JSON}; charset=utf-8\r\n"
            f"content-length: {len(_REFUSAL)}\r\n"
            "connection: close\r\n\r\n"
        )
        self.transport.write(STATUS_LINE[400] + head.encode() + _REFUSAL)
        self.transport.close()
