"""The paths of the tests' own Panoptes, and what they answer.

JSON-API of Panoptes' kind: resources by name with ``links``, templates of links, ``meta`` with
pages, media type and version in Accept, OAuth, and the session of a person who signs in.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

if TYPE_CHECKING:
    from tests.directory.panoptes.local import LocalPanoptes

CLIENT_ID = "the-gateway"
CLIENT_SECRET = "hush hush"
ACCEPT = "application/vnd.api+json; version=1"

Record = dict[str, Any]

#: Query parameters that filter, and where a record has what they are compared with.
FILTERS: dict[str, dict[str, str]] = {
    "users": {"id": "id", "login": "login"},
    "user_groups": {"id": "id", "name": "name"},
    "memberships": {"id": "id", "user_id": "links.user", "user_group_id": "links.user_group"},
    "projects": {"id": "id", "slug": "slug"},
    "workflows": {"id": "id", "project_id": "links.project"},
}
TEMPLATES = {
    "user_groups.memberships": ("/memberships?user_group_id={user_groups.id}", "memberships"),
    "user_groups.users": ("/users?user_group_id={user_groups.id}", "users"),
    "memberships.user": ("/users/{memberships.user}", "users"),
    "memberships.user_group": ("/user_groups/{memberships.user_group}", "user_groups"),
    "projects.workflows": ("/workflows?project_id={projects.id}", "workflows"),
    "workflows.project": ("/projects/{workflows.project}", "projects"),
}


def application(panoptes: LocalPanoptes) -> Starlette:
    routes = Routes(panoptes)
    return Starlette(
        routes=[
            Route("/oauth/token", routes.token, methods=["POST"]),
            Route("/users/sign_in", routes.sign_in, methods=["GET", "POST"]),
            Route("/api/{resource}", routes.api),
            Route("/api/{resource}/{ids}", routes.api),
        ]
    )


class Routes:
    """What the API answers, from what the Panoptes has."""

    def __init__(self, panoptes: LocalPanoptes) -> None:
        self.panoptes = panoptes

    async def api(self, request: Request) -> Response:
        query = f"?{request.url.query}" if request.url.query else ""
        asked = request.url.path.removeprefix("/api") + query
        self.panoptes.asked.append(asked)
        self.panoptes.at_once += 1
        self.panoptes.most_at_once = max(self.panoptes.most_at_once, self.panoptes.at_once)
        try:
            if self.panoptes.delay_seconds:
                await asyncio.sleep(self.panoptes.delay_seconds)
            # Tests change it from another thread, where no asyncio.Event can be set.
            while self.panoptes.held_at is not None and self.panoptes.held_at in asked:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            return self.answer(request)
        finally:
            self.panoptes.at_once -= 1

    def answer(self, request: Request) -> Response:
        if self.panoptes.always is not None:
            return Response("It broke.", self.panoptes.always)
        if self.panoptes.body is not None:
            content, headers = self.panoptes.body
            return Response(content, headers=headers, media_type="application/json")
        if self.panoptes.faults:
            status, headers = self.panoptes.faults.popleft()
            return refusal(status, "Not now.", headers)
        if request.headers.get("accept") != ACCEPT:
            # Its routes exist for this media type alone.
            return refusal(404, "Not Found")
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        known = self.panoptes.tokens.get(token, 0) > time.time()
        if "authorization" in request.headers and not known:
            return refusal(401, "The access token was revoked")
        resource = request.path_params["resource"]
        if resource not in FILTERS:
            return refusal(404, "Not Found")
        if resource == "memberships" and not known:
            return refusal(401, "You must be logged in to access this resource.")
        as_admin = known and self.panoptes.admin and "admin" in request.query_params
        return self.records(request, resource, as_admin=as_admin)

    def records(self, request: Request, resource: str, *, as_admin: bool) -> Response:
        parameters = dict(request.query_params)
        ids = request.path_params.get("ids")
        if ids is not None:
            parameters["id"] = ids
        found = [one for one in self.panoptes.has[resource] if matches(resource, one, parameters)]
        if not as_admin:
            public = {one["id"] for one in self.panoptes.has["user_groups"] if not one["private"]}
            group = {"user_groups": "id", "memberships": "links.user_group"}.get(resource)
            found = [one for one in found if group is None or at(one, group) in public]
        if ids is not None and not found:
            return refusal(404, f"Could not find {resource.removesuffix('s')} with id='{ids}'")
        if parameters.get("sort") == "id":
            found.sort(key=lambda one: int(one["id"]))
        size = int(parameters.get("page_size", 20))
        number = int(parameters.get("page", 1))
        page = found[(number - 1) * size : number * size]
        page = [*page, *self.panoptes.beside.get(resource, ())]
        body: Record = {
            resource: [self.shown(resource, one, as_admin=as_admin) for one in page],
            "links": {
                name: {"href": href, "type": kind}
                for name, (href, kind) in TEMPLATES.items()
                if name.startswith(f"{resource}.")
            },
            "meta": {resource: meta(resource, parameters, len(found), number, size)},
        }
        if self.panoptes.next_href is not None:
            body["meta"][resource]["next_href"] = self.panoptes.next_href
        if self.panoptes.page_count is not None:
            body["meta"][resource]["page_count"] = self.panoptes.page_count
        if "user" in parameters.get("include", "").split(","):
            named = {at(one, "links.user") for one in page}
            body["linked"] = {
                "users": [
                    self.shown("users", one, as_admin=as_admin)
                    for one in self.panoptes.has["users"]
                    if one["id"] in named
                ]
                + self.panoptes.beside.get("users", [])
            }
        return JSONResponse(body, headers={"ETag": f'W/"{hash(str(body)):x}"'}, media_type=ACCEPT)

    def shown(self, resource: str, record: Record, *, as_admin: bool) -> Record:
        record = {"href": f"/{resource}/{record['id']}", **record}
        if resource == "users" and not as_admin:
            record.pop("email", None)
        if resource == "user_groups":
            own = [
                one
                for one in self.panoptes.has["memberships"]
                if at(one, "links.user_group") == record["id"]
            ]
            active = [one for one in own if one["state"] == "active"]
            record["links"] = {
                "memberships": [one["id"] for one in own],
                "users": [at(one, "links.user") for one in active],
            }
        return record

    async def sign_in(self, request: Request) -> Response:
        if request.method == "GET":
            return JSONResponse({}, headers={"X-CSRF-Token": "a-csrf-token"})
        body = await request.json()
        named, csrf = body["user"], body["authenticity_token"]
        if csrf != "a-csrf-token" or self.panoptes.logins.get(named["login"]) != named["password"]:
            return JSONResponse({"error": "Invalid email or password."}, 401)
        session = secrets.token_hex(8)
        self.panoptes.sessions.add(session)
        user = next(one for one in self.panoptes.has["users"] if one["login"] == named["login"])
        response = JSONResponse({"users": [user]})
        response.set_cookie("_Panoptes_session", session)
        return response

    async def token(self, request: Request) -> Response:
        form = {
            name: values[0] for name, values in parse_qs((await request.body()).decode()).items()
        }
        if form.get("grant_type") == "client_credentials":
            known = (form.get("client_id"), form.get("client_secret")) == (CLIENT_ID, CLIENT_SECRET)
        else:
            known = request.cookies.get("_Panoptes_session") in self.panoptes.sessions
        if not known:
            told = "Client authentication failed."
            return JSONResponse({"error": "invalid_client", "error_description": told}, 401)
        given = secrets.token_hex(16)
        self.panoptes.tokens[given] = time.time() + self.panoptes.token_lasts
        self.panoptes.tokens_given += 1
        answered = {"access_token": given, "token_type": "bearer", "scope": "user group public"}
        return JSONResponse({**answered, "expires_in": self.panoptes.token_lasts})


def refusal(status: int, message: str, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse({"errors": [{"message": message}]}, status, headers)


def matches(resource: str, record: Record, parameters: dict[str, str]) -> bool:
    return all(
        str(at(record, where)) in parameters[name].split(",")
        for name, where in FILTERS[resource].items()
        if parameters.get(name)
    )


def at(record: Record, where: str) -> Any:
    for step in where.split("."):
        record = record.get(step, {})
    return record


def meta(resource: str, parameters: dict[str, str], count: int, page: int, size: int) -> Record:
    last = -(-count // size) or 1
    kept = {name: parameters[name] for name in ("include", "sort") if name in parameters}
    kept |= {name: parameters[name] for name in FILTERS[resource] if parameters.get(name)}

    def href(number: int | None) -> str | None:
        if number is None:
            return None
        named = {} if number == 1 else {"page": str(number)}
        named |= {} if size == 20 else {"page_size": str(size)}
        query = "&".join(f"{name}={value}" for name, value in (named | kept).items())
        return f"/{resource}?{query}" if query else f"/{resource}"

    following = page + 1 if page < last else None
    previous = page - 1 if page > 1 else None
    return {
        "page": page,
        "page_size": size,
        "count": count,
        "include": [],
        "page_count": last,
        "previous_page": previous,
        "next_page": following,
        "first_href": href(1),
        "previous_href": href(previous),
        "next_href": href(following),
        "last_href": href(last),
    }
