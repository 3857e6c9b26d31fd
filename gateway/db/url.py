"""Database URLs (DSNs) as people and hosting providers write them.

A URL that cannot be used is a SettingsError: one sentence, without the password.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from gateway.errors import SettingsError

_FORMS = "sqlite:///file.db or postgresql://user:password@host/name"
_SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
#: What asyncpg reads of a PostgreSQL URL, by the names of libpq.
_ASYNCPG = frozenset(
    {
        "host", "port", "dbname", "user", "password", "passfile",
        "sslmode", "sslcert", "sslkey", "sslrootcert", "sslcrl", "sslpassword", "sslnegotiation",
        "ssl_min_protocol_version", "ssl_max_protocol_version", "target_session_attrs",
    }
)  # fmt: skip
_FILES = ("passfile", "sslcert", "sslkey", "sslrootcert", "sslcrl")
#: What becomes a parameter of the session at the server.
_SESSION = frozenset({"application_name", "options"})
#: What libpq may do without: only a URL that insists on it cannot be obeyed.
_OPTIONAL = {"channel_binding": ("disable", "prefer"), "gssencmode": ("disable", "prefer")}


class SqliteUrl(NamedTuple):
    """A file, by its path."""

    path: str

    @property
    def shown(self) -> str:
        """What an error calls it."""
        return f"sqlite:///{self.path}"


class PostgresUrl(NamedTuple):
    """Arguments of ``asyncpg.connect``; ``server_settings`` are parameters of the session."""

    arguments: dict[str, object]
    server_settings: dict[str, str]
    shown: str


def read_database_url(url: str) -> SqliteUrl | PostgresUrl:
    """Read ``sqlite:///file.db``, ``postgresql://…`` or ``postgres://…``."""
    try:
        parsed = make_url(url.strip())
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
        return _postgres(parsed)
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


def _postgres(url: URL) -> PostgresUrl:
    if url.host is not None and "@" in url.host:
        raise SettingsError("The database URL has a second @: write an @ in a password as %40.")
    if url.port is not None and not 0 < url.port < 65536:
        raise SettingsError(f"The database URL has the port {url.port}: it must be 1 to 65535.")
    query = _parameters(url)
    passed = {name: value for name, value in query.items() if name in _ASYNCPG}
    arguments: dict[str, object] = {
        "host": url.host,
        "port": url.port,
        "user": url.username,
        "password": None if url.password is None else str(url.password),
        "database": url.database or None,
        "dsn": f"postgresql://?{urlencode(passed)}" if passed else None,
    }
    if "connect_timeout" in query:
        arguments["timeout"] = _number("connect_timeout", query["connect_timeout"])
    server_settings = {name: value for name, value in query.items() if name in _SESSION}
    return PostgresUrl(
        {name: value for name, value in arguments.items() if value is not None},
        server_settings,
        _shown(url),
    )


def _parameters(url: URL) -> Mapping[str, str]:
    """The URL's parameters, each known and with one value that can be used."""
    query: dict[str, str] = {}
    for name, value in url.query.items():
        if not isinstance(value, str):
            raise SettingsError(f"The database URL has the parameter {name} more than once.")
        if name in _OPTIONAL:
            if value not in _OPTIONAL[name]:
                raise SettingsError(
                    f"The database URL has {name}={value}, which the gateway does not support: "
                    f"leave {name} out."
                )
        elif name not in _ASYNCPG | _SESSION | {"connect_timeout"}:
            raise SettingsError(
                f"The database URL has the parameter {name}, which the gateway does not know: "
                "use parameters of libpq, such as sslmode and application_name."
            )
        else:
            query[name] = value
    _check_values(query)
    return query


def _check_values(query: Mapping[str, str]) -> None:
    if (mode := query.get("sslmode")) is not None and mode not in _SSL_MODES:
        raise SettingsError(
            f"The database URL has sslmode={mode}: it must be one of {', '.join(_SSL_MODES)}."
        )
    for name in _FILES:
        if name in query and not Path(query[name]).is_file():
            raise SettingsError(
                f"The database URL has {name}={query[name]}: there is no such file."
            )
    if "port" in query:
        port = _number("port", query["port"])
        if not 0 < port < 65536:
            raise SettingsError(f"The database URL has the port {port}: it must be 1 to 65535.")


def _number(name: str, text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 6:
        raise SettingsError(f"The database URL has {name}={text}: it must be a whole number.")
    return int(text)


def _shown(url: URL) -> str:
    """What an error calls the database: nothing of the query, which may hold a password too."""
    host = url.host or url.query.get("host") or ""
    name = url.database or url.query.get("dbname") or ""
    place = f"{host}:{url.port}" if url.port else f"{host}"
    user = f"{url.username}@" if url.username else ""
    return f"postgresql://{user}{place}/{name}"
