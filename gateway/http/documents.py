"""HTML documents and their built static files, with security headers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from gateway.http.coding import negotiate_coding
from gateway.http.media import HTML

#: Headers of a document and of each of its files.
SAFE_HEADERS = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}
#: What ``default-src`` does not cover.
_NO_WAY_OUT = ("base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'")
#: A worker has the policy of its own file: it may load nothing.
_POLICY_OF_FILES = "default-src 'none'"
#: The name of a file is a hash of what is in it.
_FOREVER = "public, max-age=31536000, immutable"
_MEDIA_TYPES = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".ttf": "font/ttf",
}


def html_response(
    html: bytes, policy: Sequence[str], headers: Mapping[str, str] | None = None
) -> Response:
    """HTML response with a Content-Security-Policy that allows only the directives given."""
    return Response(
        html,
        media_type=HTML,
        headers={
            "Content-Security-Policy": "; ".join(("default-src 'none'", *policy, *_NO_WAY_OUT)),
            "Cache-Control": "no-cache",
            "Vary": "Accept",
            **SAFE_HEADERS,
            **(headers or {}),
        },
    )


class BuiltFiles:
    """Static files of a folder, each named by its hash, with a gzip file beside it.

    ``owner`` is what they belong to, for the message that there is no such file.
    """

    def __init__(self, folder: Path, owner: str) -> None:
        # Only files that exist now are served, by their bare names: no path can leave the folder.
        self._files = {file.name: file for file in folder.iterdir()}
        self._owner = owner

    async def respond(self, request: Request) -> Response:
        """Serve the file ``name`` of the path; compressed if the client accepts gzip."""
        name = request.path_params["name"]
        media = _MEDIA_TYPES.get(Path(name).suffix)
        if media is None or name not in self._files:
            raise HTTPException(404, f"{self._owner} has no file {name}.")
        headers = {
            "Content-Security-Policy": _POLICY_OF_FILES,
            "Cache-Control": _FOREVER,
            "Vary": "Accept-Encoding",
            **SAFE_HEADERS,
        }
        file = self._files[name]
        compressed = self._files.get(f"{name}.gz")
        accepted = ", ".join(request.headers.getlist("accept-encoding"))
        if compressed is not None and negotiate_coding(accepted, ("gzip",)) == "gzip":
            file = compressed
            headers["Content-Encoding"] = "gzip"
        return FileResponse(file, media_type=media, headers=headers)
