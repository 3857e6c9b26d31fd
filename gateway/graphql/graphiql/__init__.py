"""GraphiQL, where it was built: ``make graphiql`` puts its files into the folder ``bundle`` here.

Its sources are in ``graphiql/`` at the root of the repository. A gateway that was installed without
them has the small page alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from gateway.graphql.endpoint.html import (
    SAFE_HEADERS,
    Example,
    html_response,
    seen_from,
    with_examples,
)
from gateway.http.coding import negotiate_coding

_BUNDLE = Path(__file__).parent / "bundle"
_MEDIA_TYPES = {".css": "text/css", ".js": "text/javascript", ".ttf": "font/ttf"}
_POLICY = (
    "script-src 'self'",
    "worker-src 'self'",
    # Its editor, Monaco, places every line by a style attribute and writes its theme into style
    # elements, which change with what is shown: neither a nonce nor a hash can allow them.
    "style-src 'self' 'unsafe-inline'",
    "font-src 'self'",
    # Monaco underlines mistakes with pictures that stand in its styles.
    "img-src 'self' data:",
    "connect-src 'self'",
)
#: A worker obeys the policy that comes with its own file: it works on what it is sent, no more.
_POLICY_OF_FILES = "default-src 'none'"
#: The name of a file is a hash of what is in it.
_FOREVER = "public, max-age=31536000, immutable"


def built_graphiql(examples: Sequence[Example], bundle: Path = _BUNDLE) -> GraphiQL | None:
    """GraphiQL with these examples as its tabs; None if it was not built."""
    return GraphiQL(bundle, examples) if (bundle / "index.html").is_file() else None


class GraphiQL:
    """The page and its files; it asks nothing but these and the endpoint."""

    def __init__(self, bundle: Path, examples: Sequence[Example]) -> None:
        self._html = with_examples((bundle / "index.html").read_text("utf-8"), examples)
        # What is there now can be asked for, by its bare name: nothing else, and nowhere else.
        self._files = {file.name: file for file in (bundle / "graphql" / "graphiql").iterdir()}

    def document(self, *, inside: bool = False) -> Response:
        """The page itself; ``inside`` is whether its address ends with a slash."""
        return html_response(seen_from(self._html, inside=inside), _POLICY)

    async def file(self, request: Request) -> Response:
        """One of the page's files, by the ``name`` in the path; compressed for who accepts it."""
        name = request.path_params["name"]
        media = _MEDIA_TYPES.get(Path(name).suffix)
        if media is None or name not in self._files:
            raise HTTPException(404, f"GraphiQL has no file {name}.")
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
