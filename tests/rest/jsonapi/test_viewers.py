"""What a viewer may spend here, and what a machine may do."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from gateway.app import create_app
from gateway.auth.api_keys import new_api_key
from gateway.auth.keys import KeyPair
from gateway.auth.tokens import issue_token
from gateway.auth.viewer import Scope
from gateway.db import Database
from gateway.directory.api_keys import add_api_key
from gateway.directory.load import load_directory
from gateway.settings import Settings

HIDDEN = {"id": 4, "name": "hidden", "stats_visibility": "private_agg_only", "private": True}
MEMBER = {"user_group_id": 4, "user_id": 1, "state": "active", "roles": ["group_admin"]}


@asynccontextmanager
async def asking(database_url: str, **settings: Any) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(Settings(database_url=database_url, groups="own", **settings))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway") as client,
    ):
        yield client


async def test_each_request_is_charged_like_an_operation(
    database_url: str, database: Database
) -> None:
    async with asking(database_url, cost_per_minute=45) as client:
        origin = {"origin": "https://example.org"}
        assert (await client.get("/api/user_groups", headers=origin)).status_code == 200
        assert (await client.get("/api/user_groups?page_size=24")).status_code == 200
        assert (await client.get("/api/user_groups/4")).status_code == 404
        refused = await client.get("/api/user_groups/4", headers=origin)
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert refused.headers["access-control-allow-origin"] == "*"
    assert "ETag" in refused.headers["access-control-expose-headers"]


async def test_a_change_is_charged_for_each_record_and_has_no_page(
    database_url: str, database: Database, keys: KeyPair
) -> None:
    expires = datetime.now(UTC) + timedelta(hours=1)
    ada = issue_token(keys.private.read_bytes(), 1, "ada", "Ada", False, expires)
    public = str(keys.public)
    joins = [{"join_token": "wrong", "links": {"user": 1, "user_group": group}} for group in (4, 5)]
    async with asking(database_url, jwt_public_key_file=public, cost_per_minute=100) as client:
        client.headers["authorization"] = f"Bearer {ada}"
        named = {"user_groups": {"display_name": "Moths"}}
        # 25 each; the second says nothing that a page could be made of.
        assert (await client.post("/api/user_groups", json=named)).status_code == 201
        path = "/api/user_groups?page_size=0&page=9&include=users,memberships"
        assert (await client.post(path, json=named)).status_code == 201
        # Of two joins 50: nothing is left.
        assert (await client.post("/api/memberships", json={"memberships": joins})).is_client_error
        refused = await client.get("/api/user_groups/4")
    assert refused.status_code == 429


async def test_a_machine_reads_what_site_admins_read_and_changes_nothing(
    database_url: str, database: Database
) -> None:
    key = new_api_key("machine", [Scope.STATS_READ], 1)
    await database.write(lambda connection: add_api_key(connection, key.stored))
    document = {"user_groups": [HIDDEN], "memberships": [MEMBER]}
    await database.write(lambda connection: load_directory(connection, document))
    async with asking(database_url) as client:
        client.headers["authorization"] = f"Bearer {key.text}"
        assert (await client.get("/api/user_groups/4")).status_code == 404
        shown = await client.get("/api/user_groups/4?admin=true")
        assert shown.status_code == 200
        assert "join_token" not in shown.json()["user_groups"][0]
        listed = await client.get("/api/memberships?admin=true&user_group_id=4")
        assert len(listed.json()["memberships"]) == 1
        assert (await client.get("/api/me")).status_code == 404
        tag = {"if-match": shown.headers["etag"]}
        path, body = "/api/user_groups/4?admin=true", {"user_groups": {"display_name": "New"}}
        created = await client.post("/api/user_groups?admin=true", json=body)
        changed = await client.put(path, json=body, headers=tag)
        ended = await client.delete(path, headers=tag)
        member = listed.json()["memberships"][0]["id"]
        left = await client.delete(f"/api/memberships/{member}?admin=true", headers=tag)
    assert [one.status_code for one in (created, changed, ended, left)] == [403] * 4
