"""The paths of the tests' own Panoptes, what they answer, and how they are made to fail.

JSON-API of Panoptes' kind: resources by name with ``links``, templates of links, ``meta`` with
pages, media type and version in Accept, OAuth, and the session of a person who signs in.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.directory.panoptes.local_answers import CutOff, RefusedError, answer, refusal
from tests.directory.panoptes.local_api import answered
from tests.directory.panoptes.local_caller import Caller

if TYPE_CHECKING:
    from tests.directory.panoptes.local import LocalPanoptes

CLIENT_ID = "the-gateway"
CLIENT_SECRET = "hush hush"
VERBS = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH"]
#: Records that nobody has asked for.
OTHER = {
    "user_groups": [{"id": "777", "name": "x", "display_name": "X", "stats_visibility": 4}],
    "memberships": [
        {
            "id": "778",
            "state": "active",
            "roles": ["group_admin"],
            "links": {"user": "1003", "user_group": "501"},
        }
    ],
}
CORS = Middleware(
    CORSMiddleware,
    allow_origins=["*"],
    allow_methods=["DELETE", "GET", "POST", "OPTIONS", "PUT", "HEAD"],
    allow_headers=["*"],
    expose_headers=["ETag", "X-CSRF-Param", "X-CSRF-Token"],
    max_age=300,
)


def application(panoptes: LocalPanoptes) -> Starlette:
    routes = Routes(panoptes)
    return Starlette(
        routes=[
            Route("/oauth/token", routes.token, methods=["POST"]),
            Route("/users/sign_in", routes.sign_in, methods=["GET", "POST"]),
            Route("/api/{path:path}", routes.api, methods=VERBS),
        ],
        middleware=[CORS],
    )


class Routes:
    """What the API answers, from what the Panoptes has."""

    def __init__(self, panoptes: LocalPanoptes) -> None:
        self.panoptes = panoptes

    async def api(self, request: Request) -> Response:
        query = f"?{request.url.query}" if request.url.query else ""
        asked = request.url.path.removeprefix("/api") + query
        self.panoptes.asked.append(asked)
        line = request.headers.get("authorization"), request.headers.get("if-match")
        self.panoptes.sent.append((request.method, asked, *line))
        self.panoptes.at_once += 1
        self.panoptes.most_at_once = max(self.panoptes.most_at_once, self.panoptes.at_once)
        try:
            content = await request.body()
            if self.panoptes.delay_seconds:
                await asyncio.sleep(self.panoptes.delay_seconds)
            # Tests change it from another thread, where no asyncio.Event can be set.
            while self.panoptes.held_at is not None and self.panoptes.held_at in asked:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            if request.method not in {"POST", "PUT", "DELETE"}:
                if self.panoptes.to_questions:
                    return await self.lost(self.panoptes.to_questions.popleft())
                return self.answer(request, content)
            if self.panoptes.meanwhile:
                self.panoptes.meanwhile.popleft()()
            if self.panoptes.before_commit:
                return await self.lost(self.panoptes.before_commit.popleft())
            response = self.answer(request, content)
            if self.panoptes.after_commit:
                return await self.lost(self.panoptes.after_commit.popleft())
            return response
        finally:
            self.panoptes.at_once -= 1

    async def lost(self, fault: int | str) -> Response:
        """What is answered in place of what belongs there."""
        if fault == "cut off":
            return CutOff()
        if fault == "hang":
            self.panoptes.hangs = True
            while self.panoptes.hangs:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            return refusal(503, "Not now.")
        if fault == "empty":
            return Response(status_code=200)
        if fault == "nonsense":
            return Response("<html>It works!</html>", media_type="text/html")
        if fault == "redirect":
            return Response(status_code=307, headers={"Location": self.panoptes.elsewhere})
        if fault == "other":
            return answer(OTHER)
        status, _, told = str(fault).partition(" ")
        return refusal(int(status), told or "It broke.", {"Retry-After": "7"})

    def answer(self, request: Request, content: bytes) -> Response:
        if self.panoptes.always is not None:
            return Response("It broke.", self.panoptes.always)
        if self.panoptes.body is not None:
            told, headers = self.panoptes.body
            return Response(told, headers=headers, media_type="application/json")
        if self.panoptes.faults:
            status, headers = self.panoptes.faults.popleft()
            return refusal(status, "Not now.", headers)
        try:
            return answered(self.panoptes, request, content)
        except RefusedError as error:
            return error.response()

    async def sign_in(self, request: Request) -> Response:
        if request.method == "GET":
            return JSONResponse({}, headers={"X-CSRF-Token": "a-csrf-token"})
        body = await request.json()
        named, csrf = body["user"], body["authenticity_token"]
        if csrf != "a-csrf-token" or self.panoptes.logins.get(named["login"]) != named["password"]:
            return JSONResponse({"error": "Invalid email or password."}, 401)
        session = secrets.token_hex(8)
        user = next(one for one in self.panoptes.has["users"] if one["login"] == named["login"])
        self.panoptes.sessions[session] = user["id"]
        response = JSONResponse({"users": [user]})
        response.set_cookie("_Panoptes_session", session)
        return response

    async def token(self, request: Request) -> Response:
        form = {
            name: values[0] for name, values in parse_qs((await request.body()).decode()).items()
        }
        given = secrets.token_hex(16)
        session = request.cookies.get("_Panoptes_session", "")
        if form.get("grant_type") == "client_credentials":
            known = (form.get("client_id"), form.get("client_secret")) == (CLIENT_ID, CLIENT_SECRET)
        else:
            known = session in self.panoptes.sessions
        if not known:
            told = "Client authentication failed."
            return JSONResponse({"error": "invalid_client", "error_description": told}, 401)
        if form.get("grant_type") != "client_credentials":
            self.panoptes.people[given] = Caller(self.panoptes.sessions[session])
        self.panoptes.tokens[given] = time.time() + self.panoptes.token_lasts
        self.panoptes.tokens_given += 1
        answer = {"access_token": given, "token_type": "bearer", "scope": "user group public"}
        return JSONResponse({**answer, "expires_in": self.panoptes.token_lasts})
