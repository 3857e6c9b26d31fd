"""The application as ``serve`` runs it, on a real SQLite file."""

import sqlite3
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from gateway.app import create_app
from gateway.auth.keys import write_new_keys
from gateway.auth.tokens import issue_token
from gateway.graphql.page.examples import EXAMPLES
from gateway.settings import Settings
from tests.auth.conftest import Pair, pair
from tests.auth.issuer import entry, running_issuer

URL = "http://gateway"
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def ours() -> Pair:
    return pair()


@pytest.fixture
def database_file(tmp_path):
    return tmp_path / "app.db"


@pytest.fixture
async def app(database_file):
    app = create_app(Settings(database_url=f"sqlite:///{database_file}"), clock=lambda: NOW)
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
async def client(app):
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=URL) as client:
        yield client


async def test_alive_as_long_as_the_process_is(client):
    assert (await client.get("/livez")).json() == {"status": "alive"}


async def test_ready_when_the_database_answers(client):
    response = await client.get("/readyz")
    assert (response.status_code, response.json()) == (
        200,
        {"status": "ready", "role": "primary", "lag_seconds": 0.0},
    )


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (
            "UPDATE alembic_version SET version_num = '9999'",
            "belong to another version of stats-gateway.",
        ),
        ("DROP TABLE alembic_version", "does not answer."),
    ],
)
async def test_not_ready_on_tables_of_another_version(client, database_file, change, reason):
    with sqlite3.connect(database_file) as connection:
        connection.execute(change)
    connection.close()
    response = await client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["status"] == "unavailable"
    assert response.json()["reason"].endswith(reason)
    assert (await client.get("/livez")).status_code == 200


@asynccontextmanager
async def trusting(issuer, tmp_path):
    settings = Settings(database_url=f"sqlite:///{tmp_path}/keys.db", jwt_jwks_url=issuer.url)
    app = create_app(settings)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=URL) as client,
    ):
        yield client


async def test_not_ready_while_the_issuers_keys_were_never_had(tmp_path):
    with running_issuer() as issuer:
        issuer.status = 500
        async with trusting(issuer, tmp_path) as client:
            response = await client.get("/readyz")
    assert response.status_code == 503
    assert response.json() == {
        "status": "unavailable",
        "reason": "The gateway has no keys yet to verify tokens with.",
    }


async def test_asking_whether_it_is_ready_has_the_keys_looked_for(tmp_path, ours):
    with running_issuer() as issuer:
        issuer.status = 500
        async with trusting(issuer, tmp_path) as client:
            issuer.publish(entry(ours))
            assert (await client.get("/readyz")).status_code == 200


async def test_keys_that_were_had_once_keep_it_ready(tmp_path, ours):
    with running_issuer() as issuer:
        issuer.publish(entry(ours))
        async with trusting(issuer, tmp_path) as client:
            issuer.status = 500
            assert (await client.get("/readyz")).status_code == 200


async def test_root_leads_browsers_to_the_page(client):
    response = await client.get("/", headers={"accept": "text/html,*/*;q=0.8"})
    assert (response.status_code, response.headers["content-type"]) == (
        200,
        "text/html; charset=utf-8",
    )
    assert '<a href="graphql">' in response.text


async def test_root_tells_programs_what_this_is(client):
    answer = (await client.get("/")).json()
    assert answer["service"] == "stats-gateway"
    assert answer["graphql"] == "/graphql"


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nothing", 404, "NOT_FOUND"),
        ("GET", "/graphql/assets/none.js", 404, "NOT_FOUND"),
        ("GET", "/graphql/assets/../__init__.py", 404, "NOT_FOUND"),
        ("GET", "/graphql/assets/__init__.py", 404, "NOT_FOUND"),
        ("POST", "/livez", 405, "METHOD_NOT_ALLOWED"),
        ("DELETE", "/readyz", 405, "METHOD_NOT_ALLOWED"),
        ("PUT", "/graphql", 405, "METHOD_NOT_ALLOWED"),
    ],
)
async def test_what_is_not_served_is_json_with_errors(client, method, path, status, code):
    response = await client.request(method, path)
    assert response.status_code == status
    answer = response.json()
    assert list(answer) == ["errors"]
    assert answer["errors"][0]["extensions"] == {"code": code}


@pytest.mark.parametrize(
    ("name", "media"),
    [
        ("page.css", "text/css; charset=utf-8"),
        ("page.js", "text/javascript; charset=utf-8"),
        ("icon.svg", "image/svg+xml"),
    ],
)
async def test_page_files_are_served_with_their_types_and_revalidated(client, name, media):
    first = await client.get(f"/graphql/assets/{name}")
    again = await client.get(
        f"/graphql/assets/{name}", headers={"if-none-match": first.headers["etag"]}
    )
    assert (first.status_code, first.headers["content-type"]) == (200, media)
    assert first.headers["x-content-type-options"] == "nosniff"
    assert (again.status_code, again.content) == (304, b"")


async def test_every_file_that_the_page_names_is_served(client):
    page = await client.get("/graphql?page=small", headers={"accept": "text/html"})
    words = page.text.replace('"', " ").split()
    named = {word for word in words if word.startswith("graphql/assets/")}
    assert len(named) == 3
    for path in named:
        assert (await client.get(f"/{path}")).status_code == 200


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.title)
async def test_every_example_is_valid(client, example):
    body = {"query": example.query, "variables": example.variables}
    answer = (await client.post("/graphql", json=body)).json()
    assert "data" in answer
    codes = {error["extensions"]["code"] for error in answer.get("errors", [])}
    assert codes <= {"NOT_FOUND"}


async def test_token_signed_with_the_configured_key_names_the_viewer(tmp_path):
    keys = write_new_keys(tmp_path / "keys")
    settings = Settings(
        database_url=f"sqlite:///{tmp_path}/signed.db", jwt_public_key_file=str(keys.public)
    )
    app = create_app(settings)
    expires = datetime.now(UTC) + timedelta(minutes=5)
    token = issue_token(keys.private.read_bytes(), 77, "ada", "Ada", False, expires)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=URL) as client,
    ):
        query = {"query": "{ me { id } }"}
        hers = await client.post(
            "/graphql", json=query, headers={"authorization": f"Bearer {token}"}
        )
        broken = await client.post(
            "/graphql", json=query, headers={"authorization": f"Bearer {token}x"}
        )
    assert hers.json() == {"data": {"me": {"id": "77"}}}
    assert broken.status_code == 401
    assert broken.headers["www-authenticate"] == "Bearer"


async def test_without_a_key_every_token_is_refused(client):
    response = await client.post(
        "/graphql", json={"query": "{ me { id } }"}, headers={"authorization": "Bearer a.b.c"}
    )
    assert response.status_code == 401
    assert list(response.json()) == ["errors"]
