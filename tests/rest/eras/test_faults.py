"""What is not the caller's fault: told in a sentence, with the status that says so."""

from __future__ import annotations

import logging

import httpx
import pytest
from starlette.applications import Starlette

from gateway.app import create_app
from gateway.auth.viewer import ANONYMOUS, Viewer
from gateway.graphql.masking import ErrorMask
from gateway.loaders.operation import Operation
from gateway.rest.eras.routes import eras_routes
from gateway.settings import Settings
from gateway.telemetry.record import RequestRecord
from tests.rest.conftest import NOW

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


async def ask(app: Starlette) -> httpx.Response:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
        return await client.get("/classifications", headers={"Origin": "https://page.example"})


async def test_an_answer_that_takes_too_long_is_503(settings: Settings) -> None:
    hurried = settings.model_copy(update={"operation_timeout_seconds": 1e-9})
    app = create_app(hurried, clock=lambda: NOW)
    async with app.router.lifespan_context(app):
        response = await ask(app)

    assert (response.status_code, response.headers["retry-after"]) == (503, "1")
    assert response.json() == {"error": "The answer took longer than 1e-09 seconds."}


async def test_what_is_our_own_fault_is_masked_and_readable_by_pages(
    database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def identify(_: object) -> Viewer:
        return ANONYMOUS

    def open_operation(_: Viewer, __: RequestRecord) -> Operation:
        raise RuntimeError("postgresql://user:secret@host/name")

    mask = ErrorMask(new_reference=lambda: "r1")
    routes = eras_routes(identify, open_operation, mask.unexpected, 10)
    with caplog.at_level(logging.ERROR):
        response = await ask(Starlette(routes=routes))

    said = "Something went wrong in the gateway: report the reference r1."
    assert (response.status_code, response.json()) == (500, {"error": said})
    assert response.headers["access-control-allow-origin"] == "*"
    assert "error r1" in caplog.text
