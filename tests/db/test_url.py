"""Database URLs as people and hosting providers write them."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlencode

import pytest
import trustme
from click.testing import CliRunner
from sqlalchemy import make_url, text

from gateway.cli import main
from gateway.db import open_database
from gateway.db.hosts import Host
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
    assert read.hosts == (Host("db.example", 5433),)
    assert read.arguments == {"user": "u", "password": "p", "database": "stats"}


def test_the_parameters_of_libpq_are_passed_on(tmp_path: Path) -> None:
    certificate = tmp_path / "ca.pem"
    trustme.CA().cert_pem.write_to_path(certificate)
    query = {"sslmode": "require", "sslrootcert": str(certificate)}
    read = postgres(
        f"postgres://u:p@h/d?{urlencode(query)}&application_name=reports&connect_timeout=3"
        "&channel_binding=prefer"
    )
    assert read.arguments["dsn"] == f"postgresql://?{urlencode(query)}"
    assert read.connect_seconds == 3
    assert read.server_settings == {"application_name": "reports"}


def test_what_is_written_in_percents_is_read() -> None:
    assert postgres("postgres://u%40x:p%2Fq%40@h/d%20e").arguments == {
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
        ("postgres://u:hunter2@h1:1,h2:hunter2/d", "port that is not a number"),
        ("postgres://u:hunter2@h1,h2:99999/d", "99999"),
        ("postgres://u:hunter2@h1,,h2/d", "a host that cannot be read"),
        ("postgres://u:hunter2@h1,h2,h3/d?port=1,2", "3 hosts and 2 ports"),
        ("postgres://u:hunter2@h1,h2/d?target_session_attrs=master", "prefer-standby"),
        ("postgres://u:hun@ter2,x@h/d", "%40"),
        ("postgres://u:hun@ter2@h/d", "%40"),
        ("postgres://u:hunter2@h/d?pgbouncer=true", "pgbouncer"),
        ("postgres://u:hunter2@h/d?sslmode=on", "verify-full"),
        ("postgres://u:hunter2@h/d?sslmode=require&sslmode=prefer", "more than once"),
        ("postgres://u:hunter2@h/d?channel_binding=require", "leave channel_binding out"),
        ("postgres://u:hunter2@h/d?hostaddr=10.0.0.1", "write the address as the host"),
        ("postgres://u:hunter2@h/d?require_auth=scram-sha-256", "leave require_auth out"),
        ("postgres://u:hunter2@h/d?client_encoding=LATIN1", "UTF-8"),
        ("postgres://u:hunter2@h/d?sslcrldir=/etc/crl", "sslcrl"),
        ("postgres://u:hunter2@h/d?gssencmode=require", "TLS"),
        ("postgres://u:hunter2@h/d?krbsrvname=postgres", "GSSAPI"),
        ("postgres://u:hunter2@h/d?load_balance_hosts=random", "in the order of the URL"),
        ("postgres://u:hunter2@h/d?keepalives_idle=30", "tcp_keepalive_time"),
        ("postgres://u:hunter2@h/d?sslmode=verify-full&sslrootcert=/dev/null", "no such file"),
        ("postgres://u:hunter2@h/d?sslmode=require&sslrootcert=system", "sslmode=verify-full"),
        (f"postgres://u:hunter2@h/d?sslrootcert={__file__}", "cannot be used"),
        (f"postgres://u:hunter2@h/d?sslcert={__file__}", "cannot be used"),
        (f"postgres://u:hunter2@h/d?sslkey={__file__}", "no sslcert"),
        (f"postgres://u@h/d?passfile={__file__}", "chmod 600"),
        (f"postgres://u:hunter2@h/d?service=s&servicefile={__file__}", "cannot be read"),
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


@pytest.mark.parametrize(
    ("url", "hosts", "target"),
    [
        ("postgres://u@h1:1,h2/d", (Host("h1", 1), Host("h2", None)), "read-write"),
        (
            "postgres://[::1]:1,[fe80::2%25eth0]/d",
            (Host("::1", 1), Host("fe80::2%eth0", None)),
            None,
        ),
        ("postgres://[::1]:5433/d", (Host("::1", 5433),), "any"),
        ("postgres:///d?host=h1,h2&port=1,2", (Host("h1", 1), Host("h2", 2)), "read-write"),
        ("postgres://h1:7,h2/d?port=5", (Host("h1", 7), Host("h2", 5)), "read-write"),
        ("postgres:///d?host=/run/postgresql", (Host("/run/postgresql", None),), "any"),
        ("postgres://%2Frun%2Fpostgresql/d", (Host("/run/postgresql", None),), "any"),
        (
            "postgres://h1,h2/d?target_session_attrs=any",
            (Host("h1", None), Host("h2", None)),
            "any",
        ),
        ("postgres:///d", (), "any"),
    ],
)
def test_several_hosts_are_named_as_libpq_has_them(
    url: str, hosts: tuple[Host, ...], target: str | None
) -> None:
    read = postgres(url)
    assert read.hosts == hosts
    assert read.target == (target or "read-write")


def test_the_environment_gives_what_the_url_leaves_out() -> None:
    variables = {
        "PGHOST": "h1,h2",
        "PGPORT": "7",
        "PGUSER": "u",
        "PGPASSWORD": "p",
        "PGDATABASE": "d",
        "PGAPPNAME": "reports",
        "PGCONNECT_TIMEOUT": "9",
        "PGTARGETSESSIONATTRS": "primary",
        "PGSSLMODE": "require",
        "PGTZ": "Europe/Berlin",
    }
    read = read_database_url("postgresql://", variables)
    assert isinstance(read, PostgresUrl)
    assert read.hosts == (Host("h1", 7), Host("h2", 7))
    assert read.arguments["user"] == "u"
    assert read.arguments["database"] == "d"
    assert read.arguments["dsn"] == "postgresql://?sslmode=require"
    assert read.server_settings == {"application_name": "reports"}
    assert (read.target, read.connect_seconds) == ("primary", 9)
    assert read.redacted == "postgresql://u@h1:7,h2:7/d"
    of_url = read_database_url("postgresql://x@h/e?application_name=a", variables)
    assert of_url.redacted == "postgresql://x@h:7/e"


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("PGHOSTADDR", "10.0.0.1", "PGHOSTADDR=10.0.0.1"),
        ("PGREQUIREAUTH", "scram-sha-256", "leave require_auth out"),
        ("PGCHANNELBINDING", "require", "PGCHANNELBINDING=require"),
        ("PGSSLMODE", "on", "The environment has PGSSLMODE=on: it must be one of"),
        ("PGPORT", "x", "The environment has PGPORT=x"),
        ("PGSSLROOTCERT", "/missing.pem", "PGSSLROOTCERT=/missing.pem: there is no such file"),
        ("PGSERVICE", "stats", "there is no such service"),
    ],
)
def test_a_variable_that_cannot_be_obeyed_is_one_sentence(
    variable: str, value: str, said: str
) -> None:
    with pytest.raises(SettingsError, match=said):
        read_database_url("postgres://h/d", {variable: value, "HOME": "/nowhere"})


def test_a_service_is_read_from_its_file(tmp_path: Path) -> None:
    file = tmp_path / "services.conf"
    file.write_text("[stats]\nhost=h1\nuser=u\npassword=a%b#c\napplication_name=of service\n")
    variables = {"PGSERVICEFILE": str(file), "PGUSER": "other"}
    read = read_database_url("postgres:///d?service=stats&application_name=own", variables)
    assert isinstance(read, PostgresUrl)
    assert read.redacted == "postgresql://u@h1/d"
    assert read.arguments["password"] == "a%b#c"
    assert read.server_settings == {"application_name": "own"}
    file.write_text("[stats]\nnonsense=1\n")
    with pytest.raises(SettingsError, match=r"The service stats in .* has the parameter nonsense"):
        read_database_url("postgres:///d?service=stats", variables)


@pytest.mark.parametrize("url", ["postgres://u:hunter2@h/d?password=hunter2", "postgres://h:1/d"])
def test_what_an_error_calls_the_database_holds_no_password(url: str) -> None:
    assert "hunter2" not in read_database_url(url).redacted


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
