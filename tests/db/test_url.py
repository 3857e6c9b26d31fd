"""Database URLs as people and hosting providers write them."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlencode

import pytest
from click.testing import CliRunner
from sqlalchemy import make_url, text

from gateway.cli import main
from gateway.db import open_database
from gateway.db.url import PostgresUrl, SqliteUrl, read_database_url
from gateway.errors import SettingsError


def postgres(url: str) -> PostgresUrl:
    read = read_database_url(url)
    assert isinstance(read, PostgresUrl)
    return read


@pytest.mark.parametrize(
    "scheme", ["postgres", "postgresql", "postgresql+asyncpg", "postgresql+psycopg2", "PostgreSQL"]
)
def test_a_server_may_be_named_by_any_of_its_schemes(scheme: str) -> None:
    read = postgres(f"{scheme}://u:p@db.example:5433/stats")
    assert read.arguments == {
        "host": "db.example",
        "port": 5433,
        "user": "u",
        "password": "p",
        "database": "stats",
    }


def test_the_parameters_of_libpq_are_passed_on(tmp_path: Path) -> None:
    certificate = tmp_path / "ca.pem"
    certificate.touch()
    query = {"sslmode": "require", "sslrootcert": str(certificate)}
    read = postgres(
        f"postgres://u:p@h/d?{urlencode(query)}&application_name=reports&connect_timeout=3"
        "&channel_binding=prefer"
    )
    assert read.arguments["dsn"] == f"postgresql://?{urlencode(query)}"
    assert read.arguments["timeout"] == 3
    assert read.server_settings == {"application_name": "reports"}


def test_what_is_written_in_percents_is_read() -> None:
    assert postgres("postgres://u%40x:p%2Fq%40@h/d%20e").arguments == {
        "host": "h",
        "user": "u@x",
        "password": "p/q@",
        "database": "d e",
    }
    assert read_database_url("sqlite:///a%20b.db") == SqliteUrl("a b.db")


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgres://u:hunter2@h:54x2/d", "port"),
        ("postgres://u:hunter2@h:/d", "port"),
        ("postgres://u:hunter2@h:99999/d", "99999"),
        ("postgres://u:hunter2@h:0/d", "port 0"),
        ("postgres://u:hunter2@h1:1,h2:2/d", "one host"),
        ("postgres://u:hun@ter2@h/d", "%40"),
        ("postgres://u:hunter2@h/d?pgbouncer=true", "pgbouncer"),
        ("postgres://u:hunter2@h/d?sslmode=on", "verify-full"),
        ("postgres://u:hunter2@h/d?sslmode=require&sslmode=prefer", "more than once"),
        ("postgres://u:hunter2@h/d?channel_binding=require", "leave channel_binding out"),
        ("postgres://u:hunter2@h/d?connect_timeout=soon", "connect_timeout=soon"),
        ("postgres://u:hunter2@h/d?port=x", "port=x"),
        ("postgres://u:hunter2@h/d?sslrootcert=/missing/ca.pem", "/missing/ca.pem: there is no"),
        ("postgres://u:hunter2@h/d?password=hunter2&nonsense=hunter2", "nonsense"),
        ("mysql://u:hunter2@h/d", "mysql"),
        ("sqlite://file.db", "three slashes"),
        ("sqlite:///file.db?mode=ro", "mode"),
        ("sqlite:///:memory:", "file"),
        ("sqlite://", "file"),
        ("hunter2", "sqlite:///file.db or postgresql://"),
        ("", "sqlite:///file.db or postgresql://"),
    ],
)
def test_what_cannot_be_used_is_one_sentence_without_the_password(url: str, said: str) -> None:
    with pytest.raises(SettingsError) as refused:
        read_database_url(url)
    assert said in refused.value.message
    assert "hunter2" not in refused.value.message
    assert "ter2" not in refused.value.message
    assert "\n" not in refused.value.message

    result = CliRunner().invoke(main, ["verify", "--database-url", url])
    assert result.exit_code == 2
    assert result.stderr == f"Error: {refused.value.message}\n"


@pytest.mark.parametrize("url", ["postgres://u:hunter2@h/d?password=hunter2", "postgres://h:1/d"])
def test_what_an_error_calls_the_database_holds_no_password(url: str) -> None:
    assert "hunter2" not in read_database_url(url).shown


async def test_a_session_has_the_name_that_the_url_gives_it(postgres_url: str) -> None:
    named = make_url(postgres_url).update_query_dict({"application_name": "reports"})
    url = named.render_as_string(hide_password=False).replace("postgresql://", "postgres://")
    name = text("SELECT current_setting('application_name') AS name")
    async with open_database(url) as database:
        assert await database.write(lambda c: c.execute(name).scalar_one()) == "reports"
        async with database.read() as snapshot:
            assert [row.name for row in await snapshot.fetch(name)] == ["reports"]


def test_a_server_without_the_tls_that_the_url_asks_for_is_one_sentence() -> None:
    """The server answers N to a request for TLS, as PostgreSQL without a certificate does."""
    with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor(1) as threads:

        def refuse_tls() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(8)
                connection.sendall(b"N")

        threads.submit(refuse_tls)
        port = server.getsockname()[1]
        url = f"postgres://u:hunter2@127.0.0.1:{port}/d?sslmode=require"
        result = CliRunner().invoke(main, ["verify", "--database-url", url])
    assert result.exit_code == 1
    assert result.stderr.startswith(f"Error: The database postgresql://u@127.0.0.1:{port}/d")
    assert "SSL" in result.stderr
    assert result.stderr.count("\n") == 1
    assert "hunter2" not in result.stderr
