"""GraphiQL: serves the page that ``make graphiql`` builds into the folder ``bundle`` here.

Its sources are in ``graphiql/`` at the root of the repository. A gateway that was installed without
them has the small page alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from starlette.responses import Response

from gateway.graphql.endpoint.html import Example, with_examples, with_relative_links
from gateway.http.documents import BuiltFiles, html_response

_BUNDLE = Path(__file__).parent / "bundle"
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


def built_graphiql(examples: Sequence[Example], bundle: Path = _BUNDLE) -> GraphiQL | None:
    """GraphiQL with these examples as its tabs; None if it was not built."""
    return GraphiQL(bundle, examples) if (bundle / "index.html").is_file() else None


class GraphiQL:
    """The page and its files; it requests only these and the endpoint."""

    def __init__(self, bundle: Path, examples: Sequence[Example]) -> None:
        self._html = with_examples((bundle / "index.html").read_text("utf-8"), examples)
        self.files = BuiltFiles(bundle / "graphql" / "graphiql", "GraphiQL")

    def document(self, *, inside: bool = False) -> Response:
        """The page itself; ``inside`` is whether its address ends with a slash."""
        return html_response(with_relative_links(self._html, inside=inside), _POLICY)
