"""Pages for browsers at the endpoint's address: GraphiQL, and a small one of our own."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.graphql.graphiql import GraphiQL
from gateway.graphql.page import Page
from gateway.http.slashes import had_trailing_slash


class Pages:
    """Chooses the page: GraphiQL if it was built; else, or by ``?page=small``, the small one."""

    def __init__(self, small: Page, graphiql: GraphiQL | None) -> None:
        self._small = small
        self._graphiql = graphiql

    def document(self, request: Request) -> Response:
        """The page for this request."""
        inside = had_trailing_slash(request.scope)
        if self._graphiql is None or request.query_params.get("page") == "small":
            return self._small.document(inside=inside)
        return self._graphiql.document(inside=inside)

    def routes(self, path: str) -> list[Route]:
        """Where the pages' files are, below the ``path`` of the endpoint."""
        routes = [Route(f"{path}/assets/{{name}}", self._small.asset)]
        if self._graphiql is not None:
            routes.append(Route(f"{path}/graphiql/{{name}}", self._graphiql.files.respond))
        return routes
