"""Retired service that ERAS replaced: redirects its requests to the resources of ERAS.

It counted by period alone, with ``project_id``, ``workflow_id`` and ``user_id``. What ERAS cannot
express is gone (410). The answers have the shape of ERAS.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from gateway.http.response import json_response
from gateway.period import Period, name_periods
from gateway.rest.eras.parameters import PERIOD, PROJECT_ID, USER_ID, WORKFLOW_ID, read_ids
from gateway.rest.eras.query import read_query
from gateway.rest.reading import ReadEndpoint, route_to
from gateway.rest.sentence import DescribeError

PATH = "/counts/{activity}/{period}"

_FILTERS = (PROJECT_ID, WORKFLOW_ID, USER_ID)
_NAMES = frozenset(parameter.name for parameter in _FILTERS)


class Gone(Exception):
    """The request is no longer served; its text is the message."""


def location(activity: str, period: str, given: Mapping[str, str]) -> str:
    """The path and query to redirect a request to; Gone if there is none.

    An ArgumentError if a list of ids is not valid.
    """
    lists = {one.name: read_ids(given, one) for one in _FILTERS}
    if period not in [known.value for known in Period]:
        raise Gone(f"Counts exist only by {name_periods(' and ')}.")
    filters = {name: ids for name, ids in lists.items() if ids is not None}
    if PROJECT_ID.name in filters and WORKFLOW_ID.name in filters:
        raise Gone(
            "Counts by project and workflow together are no longer served: give only one of them."
        )
    path = _path(activity, filters)
    query = {name: ",".join(map(str, ids)) for name, ids in filters.items()}
    return f"{path}?{urlencode({PERIOD.name: period, **query}, safe=',')}"


def _path(activity: str, filters: dict[str, tuple[int, ...]]) -> str:
    """The path of the resource; the id in it is removed from ``filters``."""
    if activity == "comment":
        if WORKFLOW_ID.name in filters:
            raise Gone("Comments do not belong to workflows: give a project or a user instead.")
        return "/comments"
    if activity != "classification":
        raise Gone("Only classification and comment can be counted.")
    users = filters.pop(USER_ID.name, None)
    if users is None:
        return "/classifications"
    if len(users) > 1:
        raise Gone("Classifications of several users together are no longer served: give one user.")
    return f"/classifications/users/{users[0]}"


class RetiredEndpoint(ReadEndpoint):
    """Redirects permanently (308), or answers what is gone (410)."""

    async def respond(self, request: Request) -> Response:
        given = read_query(request.scope["query_string"], _NAMES)
        try:
            target = location(**request.path_params, given=given)
        except Gone as gone:
            return json_response({"error": str(gone)}, 410)
        # Keeps the path under which a proxy serves the gateway.
        return RedirectResponse(request.scope.get("root_path", "") + target, 308)


def retired_route(describe: DescribeError) -> Route:
    """The route of the retired service."""
    return route_to(PATH, RetiredEndpoint(describe))
