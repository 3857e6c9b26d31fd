"""What the root says: its status to machines, where to go to people."""

from __future__ import annotations

from importlib.metadata import version

import httpx
import pytest

from gateway.rest.openapi import describe

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.mark.parametrize("accept", [None, "*/*", "application/json", "application/json, text/html"])
async def test_machines_get_the_status(client: httpx.AsyncClient, accept: str | None) -> None:
    response = await client.get("/", headers={"Accept": accept} if accept else {})

    assert response.json() == {
        "status": "ok",
        "service": "stats-gateway",
        "version": version("stats-gateway"),
        "graphql": "/graphql",
        "openapi": "/openapi.json",
    }


async def test_browsers_get_a_page_without_scripts(client: httpx.AsyncClient) -> None:
    response = await client.get("/", headers={"Accept": "text/html,*/*;q=0.8"})
    policy = response.headers["content-security-policy"]

    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert policy.startswith("default-src 'none'; style-src 'self' 'sha256-")
    assert "script" not in policy
    assert "unsafe" not in policy
    assert "<script" not in response.text


async def test_the_page_names_every_operation_and_parameter(client: httpx.AsyncClient) -> None:
    page = (await client.get("/", headers={"Accept": "text/html"})).text

    for path, methods in describe("0")["paths"].items():
        for method, operation in methods.items():
            assert f"<code>{method.upper()} {path}</code>" in page
            for parameter in operation.get("parameters", ()):
                assert f"<code>{parameter['name']}</code>" in page
    assert "{{" not in page
