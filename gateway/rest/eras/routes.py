"""Routes of the ERAS resources."""

from __future__ import annotations

from typing import Any

from starlette.routing import Route

from gateway.rest.eras.classifications import Classifications
from gateway.rest.eras.comments import Comments
from gateway.rest.eras.endpoint import IdentifyViewer, OpenOperation, ResourceEndpoint
from gateway.rest.eras.resource import Resource
from gateway.rest.eras.user_groups import UserGroups
from gateway.rest.eras.users import Users
from gateway.rest.reading import route_to
from gateway.rest.sentence import DescribeError

RESOURCES: tuple[Resource[Any], ...] = (Classifications(), Users(), UserGroups(), Comments())


def eras_routes(
    identify: IdentifyViewer,
    open_operation: OpenOperation,
    describe: DescribeError,
    timeout_seconds: float,
) -> list[Route]:
    """The routes of all resources."""
    return [
        route_to(
            resource.path,
            ResourceEndpoint(resource, identify, open_operation, describe, timeout_seconds),
        )
        for resource in RESOURCES
    ]
