"""Database URLs (DSNs) as people and hosting providers write them.

A URL that cannot be used is a SettingsError: one sentence, without the password.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Mapping
from typing import NamedTuple, get_args
from urllib.parse import urlencode

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from gateway.db.hosts import Host, read_hosts, read_ports, without_hosts
from gateway.db.libpq import Given, given_parameters
from gateway.db.session_attributes import SessionAttribute
from gateway.db.tls_files import check_files, system_context
from gateway.errors import SettingsError

_FORMS = "sqlite:///file.db or postgresql://user:password@host/name"
#: What asyncpg reads itself, by the names of libpq.
_OF_DRIVER = (
    "passfile", "sslmode", "sslcert", "sslkey", "sslrootcert", "sslcrl", "sslpassword",
    "sslnegotiation", "ssl_min_protocol_version", "ssl_max_protocol_version",
)  # fmt: skip
_CHOICES: Mapping[str, tuple[str, ...]] = {
    "sslmode": ("disable", "allow", "prefer", "require", "verify-ca", "verify-full"),
    "sslnegotiation": ("postgres", "direct"),
    "ssl_min_protocol_version": ("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"),
    "ssl_max_protocol_version": ("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"),
    "target_session_attrs": get_args(SessionAttribute),
}


class SqliteUrl(NamedTuple):
    """A file, by its path."""

    path: str

    @property
    def redacted(self) -> str:
        """The URL as errors and logs show it."""
        return f"sqlite:///{self.path}"


class PostgresUrl(NamedTuple):
    """Servers, and what to connect to each with."""

    #: Arguments of ``asyncpg.connect``.
    arguments: dict[str, object]
    #: Parameters of the session.
    server_settings: dict[str, str]
    #: The URL without its password, as errors and logs show it.
    redacted: str
    #: In the order in which they are tried; none for the driver's own defaults.
    hosts: tuple[Host, ...]
    #: The role that a host must have.
    target: SessionAttribute
    #: How long to wait for each; None if the URL does not say it, 0 for no limit of its own.
    connect_seconds: int | None


def read_database_url(url: str, environ: Mapping[str, str] = os.environ) -> SqliteUrl | PostgresUrl:
    """Read ``sqlite:///file.db``, ``postgresql://…`` or ``postgres://…``.

    What a PostgreSQL URL leaves out is taken from ``environ``, by libpq's names.
    """
    url, hosts = without_hosts(url.strip())
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise SettingsError(f"The database URL must have the form {_FORMS}.") from None
    except ValueError:
        raise SettingsError(
            "The database URL has a port that is not a number: write one host and port, such "
            "as host:5432."
        ) from None
    kind = parsed.get_backend_name().lower()
    if kind == "sqlite":
        return _sqlite(parsed)
    if kind in ("postgresql", "postgres"):
        return _postgres(parsed, hosts, environ)
    raise SettingsError(f"The gateway does not support {kind} databases: use {_FORMS}.")


def _sqlite(url: URL) -> SqliteUrl:
    if url.host is not None:
        raise SettingsError(
            "The database URL needs three slashes before the file: sqlite:///file.db, and four"
            " before an absolute path."
        )
    if not url.database or url.database == ":memory:":
        raise SettingsError("A SQLite database needs a file: sqlite:///file.db")
    for name in url.query:
        raise SettingsError(
            f"The database URL has the parameter {name}: a SQLite URL has no parameters."
        )
    return SqliteUrl(url.database)


def _postgres(url: URL, several: str | None, environ: Mapping[str, str]) -> PostgresUrl:
    if url.host is not None and "@" in url.host:
        raise SettingsError("The database URL has a second @: write an @ in a password as %40.")
    given = given_parameters(_parameters(url, several), environ)
    for name, choices in _CHOICES.items():
        if name in given and given[name].value not in choices:
            raise SettingsError(
                f"{given[name].where}={given[name].value}: it must be one of {', '.join(choices)}."
            )
    check_files(given)
    context = system_context(given)
    ports = _ports(given)
    hosts = _hosts(given, ports)
    values = {name: found.value for name, found in given.items()}
    return PostgresUrl(
        _arguments(values, context) | ({} if hosts or ports == [None] else {"port": ports[0]}),
        _session(values),
        _redacted(values, hosts),
        hosts,
        _target(values, hosts),
        _number(given["connect_timeout"]) if "connect_timeout" in given else None,
    )


def _parameters(url: URL, several: str | None) -> dict[str, str]:
    """The URL's parameters by libpq's names; its parts are parameters too."""
    found: dict[str, str] = {}
    for name, value in url.query.items():
        if not isinstance(value, str):
            raise SettingsError(f"The database URL has the parameter {name} more than once.")
        found[name] = value
    # One alone means another thing inside a list.
    host = f"[{url.host}]" if url.host and ":" in url.host else url.host
    parts = {
        "user": url.username,
        "password": None if url.password is None else str(url.password),
        "host": several or host,
        "port": None if url.port is None else str(url.port),
        "dbname": url.database,
    }
    return {**found, **{name: value for name, value in parts.items() if value}}


def _arguments(values: Mapping[str, str], context: ssl.SSLContext | None) -> dict[str, object]:
    passed = {name: values[name] for name in _OF_DRIVER if name in values}
    arguments: dict[str, object] = {
        "user": values.get("user"),
        "password": values.get("password"),
        "database": values.get("dbname"),
    }
    if context is not None:
        # The driver takes no other word about certificates beside a context.
        arguments["ssl"] = context
        passed = {name: value for name, value in passed.items() if name == "sslnegotiation"}
    if passed:
        arguments["dsn"] = f"postgresql://?{urlencode(passed)}"
        # Services are read already: the driver would read them in a way of its own.
        arguments["servicefile"] = os.devnull
    return {name: value for name, value in arguments.items() if value is not None}


def _session(values: Mapping[str, str]) -> dict[str, str]:
    name = values.get("application_name") or values.get("fallback_application_name")
    session = {"application_name": name, "options": values.get("options")}
    return {key: value for key, value in session.items() if value}


def _hosts(given: Mapping[str, Given], ports: list[int | None]) -> tuple[Host, ...]:
    if "host" not in given:
        return ()
    host = given["host"]
    return read_hosts(host.value, ports, f"{host.source} has")


def _ports(given: Mapping[str, Given]) -> list[int | None]:
    found = given.get("port")
    return [None] if found is None else read_ports(found.value, found.where)


def _target(values: Mapping[str, str], hosts: tuple[Host, ...]) -> SessionAttribute:
    """The role that a host must have: with several hosts read-write, unless the URL names it."""
    otherwise: SessionAttribute = "read-write" if len(hosts) > 1 else "any"
    named: dict[str, SessionAttribute] = {one: one for one in get_args(SessionAttribute)}
    return named.get(values.get("target_session_attrs", ""), otherwise)


def _number(found: Given) -> int:
    text = found.value
    if not text.isascii() or not text.isdigit() or len(text) > 6:
        raise SettingsError(f"{found.where}={text}: it must be a whole number.")
    return int(text)


def _redacted(values: Mapping[str, str], hosts: tuple[Host, ...]) -> str:
    """The URL without its password and its query, which may hold a password too."""
    user = f"{values['user']}@" if "user" in values else ""
    addresses = ",".join(host.host_and_port for host in hosts)
    return f"postgresql://{user}{addresses}/{values.get('dbname', '')}"
