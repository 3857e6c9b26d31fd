"""Requests to the API of the tests' own Panoptes, checked in the order in which Panoptes does.

Content type, ban, login, what is in scope, scope of the token, precondition, body, validation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import Response

from tests.directory.panoptes import local_changes, local_pages
from tests.directory.panoptes.local_answers import (
    ACCEPT,
    Record,
    RefusedError,
    answer,
    demand_match,
    demand_type,
    etag,
    last_modified,
    parsed_body,
)
from tests.directory.panoptes.local_caller import Caller, acts_as_admin, caller_of
from tests.directory.panoptes.local_records import (
    FILTERS,
    changeable,
    matches,
    searched,
    visible,
)
from tests.directory.panoptes.local_shapes import asked_includes, linked, shown, templates

if TYPE_CHECKING:
    from starlette.requests import Request

    from tests.directory.panoptes.local import LocalPanoptes

#: How Panoptes answers a banned person, without a body and without effect.
BANNED = {"POST": 201, "PUT": 200, "DELETE": 204}
WRITTEN = {"user_groups", "memberships"}


def answered(panoptes: LocalPanoptes, request: Request, content: bytes) -> Response:
    """The answer to a request; refusals are raised."""
    if request.method == "PATCH":
        raise RefusedError(501, "PATCH Requests are not currently supported")
    if ACCEPT not in request.headers.get("accept", ""):
        # Its routes exist for this media type alone.
        raise RefusedError(404, "Not Found")
    demand_type(request)
    body = parsed_body(content) if request.method in {"POST", "PUT"} else {}
    caller = caller_of(panoptes, request)
    api = Api(panoptes, request, caller, acts_as_admin(caller, request, body), body)
    match request.path_params["path"].split("/"):
        case ["me"] if request.method in {"GET", "HEAD"}:
            caller.demand()
            return api.page("users", caller.user_id, api.visible("users"))
        case [resource] if resource in FILTERS:
            return api.collection(resource)
        case [resource, record_id] if resource in FILTERS and record_id.isdecimal():
            return api.single(resource, record_id)
        case ["user_groups", record_id, "links", "users"] if request.method == "POST":
            return api.link(record_id)
        case ["user_groups", record_id, "links", "users", ids] if request.method == "DELETE":
            return api.unlink(record_id, ids)
    raise RefusedError(404, "Not Found")


class Api:
    """One request and whoever sent it."""

    def __init__(
        self,
        panoptes: LocalPanoptes,
        request: Request,
        caller: Caller,
        as_admin: bool,
        body: Record,
    ) -> None:
        self.panoptes, self.request, self.caller = panoptes, request, caller
        self.as_admin, self.body = as_admin, body

    def visible(self, resource: str) -> list[Record]:
        return visible(self.panoptes, resource, self.caller, as_admin=self.as_admin)

    def changeable(self, resource: str) -> list[Record]:
        return changeable(self.panoptes, resource, self.caller, as_admin=self.as_admin)

    def collection(self, resource: str) -> Response:
        if self.request.method in {"GET", "HEAD"}:
            if resource == "memberships":
                self.caller.demand()
                self.caller.demand_scope()
            found = self.visible(resource)
            if resource == "user_groups" and "search" in self.request.query_params:
                found = searched(found, self.request.query_params["search"])
            return self.page(resource, None, found)
        if self.request.method != "POST" or resource not in WRITTEN:
            raise RefusedError(404, "Not Found")
        if self.banned():
            return Response(status_code=BANNED["POST"])
        self.caller.demand()
        self.caller.demand_scope()
        if resource == "user_groups":
            made = [local_changes.create_group(self.panoptes, self.caller, self.body)]
        else:
            made = local_changes.join(self.panoptes, self.caller, self.body)
        href = f"{self.panoptes.url}/api/{resource}/{made[0]['id']}"
        return self.one(resource, made, 201, {"ETag": etag(resource, made[0]), "Location": href})

    def single(self, resource: str, record_id: str) -> Response:
        if self.request.method in {"GET", "HEAD"}:
            found = self.find(resource, record_id, self.visible(resource))
            if resource == "memberships":
                self.caller.demand_scope()
            tag = etag(resource, found)
            if self.request.headers.get("if-none-match", "").removeprefix("W/") == tag:
                return Response(status_code=304, headers={"ETag": tag})
            return self.page(resource, record_id, [found], {"ETag": tag})
        if self.request.method == "POST" or resource not in WRITTEN:
            raise RefusedError(404, "Not Found")
        if self.banned():
            return Response(status_code=BANNED[self.request.method])
        self.caller.demand()
        found = self.find(resource, record_id, self.changeable(resource))
        self.caller.demand_scope()
        demand_match(self.request, resource, found)
        if self.request.method == "PUT":
            if resource == "user_groups":
                local_changes.update_group(self.panoptes, found, self.body)
            else:
                local_changes.update_membership(found, self.body)
            return self.one(resource, [found])
        if resource == "user_groups":
            local_changes.end_group(self.panoptes, found)
        else:
            local_changes.end_membership(found)
        return Response(status_code=204)

    def link(self, record_id: str) -> Response:
        """Neither this nor taking users out asks for a scope, or for an ETag."""
        group = self.find("user_groups", record_id, self.changeable("user_groups"))
        local_changes.link_users(self.panoptes, group, self.body)
        return self.one("user_groups", [group])

    def unlink(self, record_id: str, ids: str) -> Response:
        group = self.find("user_groups", record_id, self.changeable("user_groups"))
        local_changes.unlink_users(self.panoptes, group, ids.split(","))
        return Response(status_code=204)

    def find(self, resource: str, record_id: str, among: list[Record]) -> Record:
        found = next((one for one in among if one["id"] == record_id), None)
        if found is None:
            kind = resource.removesuffix("s")
            raise RefusedError(404, f"Could not find {kind} with id='{record_id}'")
        return found

    def banned(self) -> bool:
        return self.caller.user_id in self.panoptes.banned

    def one(
        self,
        resource: str,
        records: list[Record],
        status: int = 200,
        headers: dict[str, str] | None = None,
    ) -> Response:
        """The answer to a change."""
        body = self.whole(resource, records, {"id": records[0]["id"]}, len(records), [])
        return answer(body, status, {**last_modified(records[0]), **(headers or {})})

    def page(
        self,
        resource: str,
        record_id: str | None,
        among: list[Record],
        headers: dict[str, str] | None = None,
    ) -> Response:
        parameters = dict(self.request.query_params)
        if record_id is not None:
            parameters["id"] = record_id
        names = asked_includes(resource, parameters)
        found = [one for one in among if matches(resource, one, parameters)]
        if parameters.get("sort") == "id":
            found.sort(key=lambda one: int(one["id"]))
        size, number = local_pages.size(parameters), local_pages.number(parameters)
        page = found[(number - 1) * size : number * size]
        page = [*page, *self.panoptes.beside.get(resource, ())]
        return answer(self.whole(resource, page, parameters, len(found), names), 200, headers)

    def whole(
        self,
        resource: str,
        page: list[Record],
        parameters: dict[str, str],
        count: int,
        names: list[str],
    ) -> Record:
        panoptes, as_admin = self.panoptes, self.as_admin
        records = [shown(panoptes, resource, one, self.caller, as_admin=as_admin) for one in page]
        meta = local_pages.meta(resource, parameters, count, names)
        if panoptes.next_href is not None:
            meta["next_href"] = panoptes.next_href
        if panoptes.page_count is not None:
            meta["page_count"] = panoptes.page_count
        body = {resource: records, "links": templates(resource), "meta": {resource: meta}}
        if names:
            body["linked"] = linked(panoptes, resource, page, names, as_admin=as_admin)
        return body
