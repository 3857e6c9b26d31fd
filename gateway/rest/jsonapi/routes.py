"""Routes of the JSON:API: its paths and their handlers."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.routing import Route
from starlette.types import ASGIApp

from gateway.http.consistency_headers import CONSISTENCY_HEADERS
from gateway.http.cors import with_cors
from gateway.rest.jsonapi import (
    group_changes,
    group_links,
    membership_changes,
    memberships,
    projects,
    user_groups,
    users,
)
from gateway.rest.jsonapi.call import Dependencies
from gateway.rest.jsonapi.endpoint import Endpoint, NoEndpoint
from gateway.rest.jsonapi.handler import Handler, Resource
from gateway.rest.jsonapi.schemas import (
    CHANGED_GROUP,
    CHANGED_MEMBERSHIP,
    INVITED_USERS,
    JOINED,
    NEW_GROUP,
)

#: Clients append it to the host.
BASE = "/api"
_METHODS = ("DELETE", "GET", "POST", "OPTIONS", "PUT", "HEAD")
#: Pages need the ETag for changes.
_EXPOSED = (
    *CONSISTENCY_HEADERS,
    "ETag",
    "Last-Modified",
    "Location",
    "Retry-After",
    "X-Request-Id",
)
_PREFLIGHT_SECONDS = 300
#: Costs, the same as of GraphQL mutations.
_CHANGE, _INVITE = 10, 25

RESOURCES: tuple[Resource, ...] = (
    Resource(
        f"{BASE}/user_groups",
        user_groups.KIND,
        {
            "GET": Handler(user_groups.list_groups, "Groups that exist for whoever asks"),
            "POST": Handler(
                group_changes.create_group,
                "Create a group",
                cost=_INVITE,
                signed_in=True,
                success=201,
                body=NEW_GROUP,
                refusals=(400, 403),
            ),
        },
        filters=user_groups.FILTERS,
        includes=user_groups.INCLUDES,
        is_list=True,
    ),
    Resource(
        f"{BASE}/user_groups/{{id}}",
        user_groups.KIND,
        {
            "GET": Handler(user_groups.show_group, "A group"),
            "PUT": Handler(
                group_changes.update_group,
                "Change names and level of a group, for its admins",
                cost=_CHANGE,
                signed_in=True,
                body=CHANGED_GROUP,
                if_match=True,
                refusals=(400, 403),
            ),
            "DELETE": Handler(
                group_changes.deactivate_group,
                "Deactivate a group, for its admins",
                cost=_CHANGE,
                signed_in=True,
                success=204,
                if_match=True,
                refusals=(403,),
            ),
        },
        includes=user_groups.INCLUDES,
    ),
    Resource(
        f"{BASE}/user_groups/{{id}}/links/users",
        user_groups.KIND,
        {
            "POST": Handler(
                group_links.invite_users,
                "Invite users to a group, for its admins",
                cost=_INVITE,
                body=INVITED_USERS,
                refusals=(403,),
            )
        },
    ),
    Resource(
        f"{BASE}/user_groups/{{id}}/links/users/{{ids}}",
        user_groups.KIND,
        {
            "DELETE": Handler(
                group_links.remove_users,
                "Remove users from a group, for its admins",
                cost=_CHANGE,
                success=204,
                refusals=(403,),
            )
        },
    ),
    Resource(
        f"{BASE}/memberships",
        memberships.KIND,
        {
            "GET": Handler(
                memberships.list_memberships,
                "Memberships that whoever asks may see",
                signed_in=True,
                refusals=(403,),
            ),
            "POST": Handler(
                membership_changes.join_groups,
                "Join a group with its join token",
                cost=_INVITE,
                signed_in=True,
                success=201,
                body=JOINED,
                refusals=(403,),
            ),
        },
        filters=memberships.FILTERS,
        includes=memberships.INCLUDES,
        is_list=True,
    ),
    Resource(
        f"{BASE}/memberships/{{id}}",
        memberships.KIND,
        {
            "GET": Handler(memberships.show_membership, "A membership", refusals=(403,)),
            "PUT": Handler(
                membership_changes.update_membership,
                "Change a membership: its state, and for admins its roles",
                cost=_CHANGE,
                signed_in=True,
                body=CHANGED_MEMBERSHIP,
                if_match=True,
                refusals=(403,),
            ),
            "DELETE": Handler(
                membership_changes.end_membership,
                "End a membership: leave, or remove somebody",
                cost=_CHANGE,
                signed_in=True,
                success=204,
                if_match=True,
                refusals=(403,),
            ),
        },
        includes=memberships.INCLUDES,
    ),
    Resource(
        f"{BASE}/users",
        users.KIND,
        {"GET": Handler(users.list_users, "Names of users, or of members of a group")},
        filters=users.FILTERS,
        is_list=True,
    ),
    Resource(
        f"{BASE}/users/{{id}}", users.KIND, {"GET": Handler(users.show_user, "Names of a user")}
    ),
    Resource(
        f"{BASE}/me",
        users.KIND,
        {"GET": Handler(users.show_me, "Whoever asks", signed_in=True)},
    ),
    Resource(
        f"{BASE}/projects",
        projects.KIND,
        {"GET": Handler(projects.list_projects, "Names of projects")},
        filters=projects.FILTERS,
        is_list=True,
    ),
    Resource(
        f"{BASE}/projects/{{id}}",
        projects.KIND,
        {"GET": Handler(projects.show_project, "Names of a project")},
    ),
)


def jsonapi_routes(dependencies: Dependencies, origins: Sequence[str]) -> list[Route]:
    """The routes of all resources, for pages of these origins."""

    def route(path: str, app: ASGIApp) -> Route:
        pages = with_cors(app, origins, _METHODS, _EXPOSED, _PREFLIGHT_SECONDS)
        return Route(path, pages)

    found = [route(resource.path, Endpoint(resource, dependencies)) for resource in RESOURCES]
    return [*found, route(f"{BASE}/{{path:path}}", NoEndpoint(dependencies.describe))]
