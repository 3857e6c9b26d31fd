"""Who is taken for whom over HTTP: the application as ``serve`` runs it, on each database."""

from __future__ import annotations

import base64
import hashlib
import hmac
import logging
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from starlette.applications import Starlette

from gateway.app import create_app
from gateway.auth.api_keys import new_api_key
from gateway.auth.viewer import Scope
from gateway.db import Database, open_database
from gateway.directory.api_keys import add_api_key, revoke_api_key
from gateway.settings import Settings
from tests.auth.conftest import Pair, pair
from tests.auth.issuer import Issuer, entry, running_issuer
from tests.auth.signing import ABSENT, REFUSAL, part, payload, seconds_from_now, signed
from tests.auth.waiting import until
from tests.valid import valid_response

PUBLIC = "{ classifications { totalCount } }"
#: What the anonymous may not see: a volunteer's own statistics.
PRIVATE = "{ classifications { totalCount } user(id: 1002) { classifications { totalCount } } }"
NOW_US = int(datetime.now(UTC).timestamp() * 1_000_000)

Headers = dict[str, str] | list[tuple[str, str]]


@pytest.fixture(scope="module")
def ours() -> Pair:
    return pair()


@pytest.fixture(scope="module")
def foreign() -> Pair:
    return pair()


@pytest.fixture
def settings(database_url: str, tmp_path: Path, ours: Pair) -> Settings:
    public = tmp_path / "public.pem"
    public.write_bytes(ours.public_pem)
    return Settings(database_url=database_url, jwt_public_key_file=str(public))


@pytest.fixture
async def app(settings: Settings) -> AsyncIterator[Starlette]:
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
async def client(app: Starlette) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
        yield client


@pytest.fixture
async def beside(database_url: str, app: Starlette) -> AsyncIterator[Database]:
    """The database as another process opens it: the command line."""
    async with open_database(database_url) as database:
        await database.write(_know_ada)
        yield database


def _know_ada(connection: Any) -> None:
    connection.exec_driver_sql("INSERT INTO user_account (id, login) VALUES (1002, 'ada')")


async def new_key(database: Database, *scopes: Scope) -> str:
    key = new_api_key("-".join(scopes) or "none", scopes, NOW_US)
    await database.write(lambda connection: add_api_key(connection, key.stored))
    return key.text


async def ask(client: httpx.AsyncClient, query: str, headers: Headers) -> httpx.Response:
    return valid_response(await client.post("/graphql", json={"query": query}, headers=headers))


async def assert_refused(client: httpx.AsyncClient, headers: Headers) -> None:
    response = await ask(client, PUBLIC, headers)
    assert response.status_code == 401, response.text
    assert response.headers["www-authenticate"] == "Bearer"
    assert response.json() == {
        "errors": [{"message": REFUSAL, "extensions": {"code": "UNAUTHENTICATED"}}]
    }


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def codes(response: httpx.Response) -> list[str]:
    assert response.status_code == 200
    answer = response.json()
    assert answer["data"]["classifications"] == {"totalCount": 0}
    return [error["extensions"]["code"] for error in answer.get("errors", [])]


def hs256_with_the_public_key(ours: Pair) -> str:
    signing_input = f"{part({'alg': 'HS256', 'typ': 'JWT'})}.{part(payload())}"
    digest = hmac.new(ours.public_pem, signing_input.encode(), hashlib.sha256).digest()
    return f"{signing_input}.{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_every_token_that_is_not_good_refuses_the_operation_in_the_same_words(
    client: httpx.AsyncClient, ours: Pair, foreign: Pair
) -> None:
    good = signed(ours, payload())
    assert (await ask(client, PUBLIC, bearer(good))).json() == {
        "data": {"classifications": {"totalCount": 0}}
    }
    bad = {
        "alg none": f"{part({'alg': 'none', 'typ': 'JWT'})}.{part(payload())}.",
        "HS256 with the public key": hs256_with_the_public_key(ours),
        "another algorithm": jwt.encode(payload(), ours.private_pem, algorithm="RS256"),
        "a foreign key": signed(foreign, payload()),
        "a foreign key by name": signed(foreign, payload(), kid="2026"),
        "expired": signed(ours, payload(exp=seconds_from_now(-60))),
        "not yet valid": signed(ours, payload(nbf=seconds_from_now(60))),
        "issued in the future": signed(ours, payload(iat=seconds_from_now(60))),
        "another issuer": signed(ours, payload(iss="pan-staging")),
        "another audience": signed(ours, payload(aud="talk")),
        "no exp": signed(ours, payload(exp=ABSENT)),
        "no issuer": signed(ours, payload(iss=ABSENT)),
        "no id": signed(ours, payload({"id": ABSENT})),
        "an id that is no whole number": signed(ours, payload({"id": 1002.5})),
        "an id that is a name": signed(ours, payload({"id": "ada"})),
        "oversized": signed(ours, payload(rng="x" * 20_000)),
        "truncated": good[:-1],
        "without signature": good.rpartition(".")[0] + ".",
        "changed": f"{good.split('.')[0]}.{part(payload({'admin': True}))}.{good.split('.')[2]}",
        "empty": "",
    }
    for token in bad.values():
        await assert_refused(client, bearer(token))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_admin_as_text_is_no_site_admin(
    client: httpx.AsyncClient, beside: Database, ours: Pair
) -> None:
    for admin, expected in [(True, []), ("true", ["FORBIDDEN"]), (1, ["FORBIDDEN"])]:
        token = signed(ours, payload({"id": 7, "admin": admin}))
        assert codes(await ask(client, PRIVATE, bearer(token))) == expected


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("header", ["", "Basic dTpw", "Bearer", "Bearer ", "Token a.b.c", "a.b.c"])
async def test_a_foreign_scheme_and_bearer_with_nothing_are_refused(
    client: httpx.AsyncClient, header: str
) -> None:
    await assert_refused(client, {"authorization": header})


async def test_credentials_sent_twice_or_against_each_other_are_refused(
    client: httpx.AsyncClient, beside: Database, ours: Pair
) -> None:
    token = f"Bearer {signed(ours, payload())}"
    key = await new_key(beside, Scope.STATS_READ)
    other = await new_key(beside, Scope.GROUPS_COUNT)
    for lines in (
        [("authorization", token), ("authorization", token)],
        [("authorization", key), ("authorization", key)],
        [("x-ckan-api-key", key), ("x-ckan-api-key", key)],
        [("authorization", token), ("x-ckan-api-key", key)],
        [("authorization", key), ("edx-api-key", other)],
        [("x-ckan-api-key", key), ("edx-api-key", other)],
    ):
        await assert_refused(client, lines)


async def test_a_key_is_taken_from_each_of_its_headers(
    client: httpx.AsyncClient, beside: Database
) -> None:
    key = await new_key(beside, Scope.STATS_READ)
    for headers in (
        {"authorization": key},
        {"authorization": f"Bearer {key}"},
        {"x-ckan-api-key": key},
        {"EDX-API-Key": key},
        {"authorization": key, "x-ckan-api-key": key},
    ):
        assert codes(await ask(client, PRIVATE, headers)) == []


async def test_a_key_sees_what_its_scope_allows_and_else_what_is_public(
    client: httpx.AsyncClient, beside: Database
) -> None:
    assert codes(await ask(client, PRIVATE, {})) == ["UNAUTHENTICATED"]
    for scopes, expected in [
        ([Scope.STATS_READ], []),
        ([Scope.GROUPS_COUNT], ["FORBIDDEN"]),
        ([], ["FORBIDDEN"]),
    ]:
        key = await new_key(beside, *scopes)
        assert codes(await ask(client, PRIVATE, bearer(key))) == expected
        assert (await ask(client, "{ me { id } }", bearer(key))).json() == {"data": {"me": None}}


async def test_a_key_that_is_revoked_unknown_or_malformed_is_refused(
    client: httpx.AsyncClient, beside: Database
) -> None:
    key = await new_key(beside, Scope.STATS_READ)
    assert (await ask(client, PUBLIC, bearer(key))).status_code == 200
    for wrong in (new_api_key("x", [], NOW_US).text, key[:-1], f"{key}0", "sgw_", key.upper()):
        await assert_refused(client, bearer(wrong))
        await assert_refused(client, {"edx-api-key": wrong})
    await beside.write(lambda connection: revoke_api_key(connection, "stats:read", NOW_US))
    await assert_refused(client, bearer(key))


async def test_the_stream_takes_neither_tokens_nor_keys(
    client: httpx.AsyncClient, beside: Database, ours: Pair
) -> None:
    admin = signed(ours, payload({"admin": True}))
    for credential in (admin, await new_key(beside, Scope.STATS_READ)):
        response = await client.post("/kinesis", json={"payload": []}, headers=bearer(credential))
        assert response.status_code == 403


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """All of the log; to be asked for before the application, whose parts look at levels early."""
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, logger="sqlalchemy")
    return caplog


async def test_secrets_are_neither_logged_nor_answered(
    log: pytest.LogCaptureFixture,
    client: httpx.AsyncClient,
    beside: Database,
    ours: Pair,
    foreign: Pair,
) -> None:
    key = await new_key(beside, Scope.STATS_READ)
    revoked = await new_key(beside, Scope.GROUPS_COUNT)
    await beside.write(lambda connection: revoke_api_key(connection, "groups:count", NOW_US))
    credentials = [
        key,
        revoked,
        new_api_key("unknown", [], NOW_US).text,
        signed(ours, payload()),
        signed(ours, payload(exp=0)),
        signed(foreign, payload()),
        "sgw_letmein_letmein",
    ]
    said = ""
    for credential in credentials:
        for query in (PUBLIC, PRIVATE, "{ nothing }"):
            body = {"query": query}
            response = await client.post("/graphql", json=body, headers=bearer(credential))
            said += response.text + str(response.headers)
    # The last use is stored in the background.
    await until(lambda: any("UPDATE api_key" in one.getMessage() for one in log.records))
    assert any(record.name.startswith("sqlalchemy") for record in log.records)
    said += "\n".join(f"{vars(record)} {record.getMessage()}" for record in log.records)
    for credential in credentials:
        assert credential[-16:] not in said


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with running_issuer() as running:
        yield running


async def test_tokens_of_another_issuer_are_mapped_by_the_settings(
    tmp_path: Path, issuer: Issuer, ours: Pair
) -> None:
    issuer.publish(entry(ours, kid="2026", alg="RS256", use="sig"))
    settings = Settings(
        database_url=f"sqlite:///{tmp_path}/oidc.db",
        jwt_jwks_url=issuer.url,
        jwt_issuer="https://login.example.org",
        jwt_audience="stats",
        jwt_algorithms="RS256, ES256",
        jwt_id_claim="sub",
        jwt_login_claim="preferred_username",
        jwt_scope_claim="scope",
        jwt_admin_scope="stats:admin",
    )
    claims = {
        "iss": "https://login.example.org",
        "aud": ["stats", "talk"],
        "sub": "77",
        "preferred_username": "ada",
        "scope": "openid",
        "exp": seconds_from_now(300),
    }

    def token(**more: Any) -> dict[str, str]:
        content = {k: v for k, v in (claims | more).items() if v is not ABSENT}
        return bearer(
            jwt.encode(content, ours.private_pem, algorithm="RS256", headers={"kid": "2026"})
        )

    app = create_app(settings)
    me = "{ me { id login } classifications { totalCount } }"
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://g") as client,
    ):
        hers = (await ask(client, me, token())).json()["data"]["me"]
        assert hers == {"id": "77", "login": "ada"}
        async with open_database(settings.database_url) as database:
            await database.write(_know_ada)
        assert codes(await ask(client, PRIVATE, token())) == ["FORBIDDEN"]
        assert codes(await ask(client, PRIVATE, token(scope="openid stats:admin"))) == []
        await assert_refused(client, token(aud="talk"))
        await assert_refused(client, token(aud=ABSENT))
        await assert_refused(client, token(sub="auth0|77"))
        await assert_refused(client, bearer(signed(ours, payload())))


async def test_while_no_key_was_ever_had_a_token_is_503_and_nothing_else_suffers(
    tmp_path: Path, issuer: Issuer, ours: Pair
) -> None:
    issuer.status = 500
    settings = Settings(database_url=f"sqlite:///{tmp_path}/away.db", jwt_jwks_url=issuer.url)
    app = create_app(settings)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://g") as client,
    ):
        assert (await ask(client, PUBLIC, {})).status_code == 200
        response = await ask(client, PUBLIC, bearer(signed(ours, payload())))
        assert (response.status_code, response.headers["retry-after"]) == (503, "1")
        assert response.json()["errors"][0]["extensions"] == {"code": "UNAVAILABLE"}
        await assert_refused(client, bearer("garbage"))
