"""The paths of CKAN's actions."""

from __future__ import annotations

from collections.abc import Callable

from starlette.routing import Route

from gateway.auth.viewer import Viewer
from gateway.loaders.operation import Operation
from gateway.rest.ckan.action import routes_to_action
from gateway.rest.ckan.group_count import GroupCountEndpoint, Identify
from gateway.rest.ckan.help_show import HelpShowEndpoint, UnknownActionEndpoint
from gateway.telemetry.record import RequestRecord


def ckan_routes(
    identify: Identify,
    open_operation: Callable[[Viewer, RequestRecord], Operation],
    body_limit: int,
) -> list[Route]:
    """The routes of all actions; bodies have up to ``body_limit`` bytes."""
    return [
        *routes_to_action(GroupCountEndpoint(identify, open_operation, body_limit)),
        *routes_to_action(HelpShowEndpoint(body_limit)),
        *routes_to_action(UnknownActionEndpoint(body_limit), "{action}"),
    ]
