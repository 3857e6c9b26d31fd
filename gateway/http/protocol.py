"""How the server reads HTTP: what is no request, or does not end, is answered as all else.

Uvicorn answers it in plain text, and reads a request line and headers of any length.
"""

from __future__ import annotations

from http import HTTPStatus

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from gateway.http.refusals import BadRequest
from gateway.http.response import json_response

#: The most that may come without completing the headers, a piece of the body or the trailers.
#: Of an address alone the parser takes less: 65,535 bytes.
LONGEST_HEAD_BYTES = 256 * 1024

_REFUSAL = BadRequest(
    "This is no HTTP request, or its address is longer than 65,535 bytes, or its headers are"
    f" longer than {LONGEST_HEAD_BYTES:,}."
)


class Protocol(HttpToolsProtocol):
    """Uvicorn's, with a limit on what comes around a body, and errors in both of our shapes.

    Nobody can tell which endpoint was meant: clients of ERAS read ``error``, others ``errors``.
    """

    _gained = False
    _gained_nothing_bytes = 0

    def data_received(self, data: bytes) -> None:
        self._gained = False
        super().data_received(data)
        self._gained_nothing_bytes = 0 if self._gained else self._gained_nothing_bytes + len(data)
        too_long = self._gained_nothing_bytes > LONGEST_HEAD_BYTES
        if too_long and not self.transport.is_closing():
            self.send_400_response("")

    def on_headers_complete(self) -> None:
        self._gained = True
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._gained = True
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._gained = True
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Refuse what came, and close the connection; uvicorn's message says less than ours."""
        error = {"message": _REFUSAL.message, "extensions": _REFUSAL.extensions}
        headers = {"Connection": "close", "Access-Control-Allow-Origin": "*"}
        response = json_response(
            {"error": _REFUSAL.message, "errors": [error]}, HTTPStatus.BAD_REQUEST, headers=headers
        )
        lines = [b"HTTP/1.1 400 Bad Request", *(b": ".join(one) for one in response.raw_headers)]
        self.transport.write(b"\r\n".join([*lines, b"", bytes(response.body)]))
        self.transport.close()
