"""Runtime configuration of the pages, read before sign-in: one bundle fits any settings."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from gateway.http.documents import SAFE_HEADERS
from gateway.http.media import JSON
from gateway.http.response import raw_json_response
from gateway.json_bytes import json_bytes
from gateway.settings import Settings
from gateway.web.roles import RoleToken
from gateway.web.sign_in import SignIn

CONFIG_PATH = "/web/config.json"


class RuntimeConfig:
    """The endpoint of the settings that pages need; the same for everyone, and no secret."""

    def __init__(
        self, settings: Settings, sign_in: SignIn | None, roles: Sequence[RoleToken]
    ) -> None:
        said: dict[str, Any] = {
            # A link that signs in is for a server on one's own machine alone.
            "tokenInFragment": settings.loopback_hosts_only,
            "roles": [{"name": role.name, "sees": role.sees} for role in roles],
            "signIn": sign_in
            and {
                "issuer": sign_in.issuer,
                "clientId": sign_in.client_id,
                "scopes": sign_in.scopes,
                "resource": sign_in.resource,
                "audience": sign_in.audience,
                "returnUrl": sign_in.return_url,
                "authorizeUrl": sign_in.authorize_url,
                "tokenUrl": sign_in.token_url,
                "implicit": sign_in.implicit,
            },
        }
        self._body = json_bytes(said)

    async def respond(self, _: Request) -> Response:
        """Respond without caching: a page that is open for days signs in by current settings."""
        headers = {"Cache-Control": "no-store", **SAFE_HEADERS}
        return raw_json_response(self._body, HTTPStatus.OK, JSON, headers)
