"""Parameters of libpq: from a URL, a service file and the environment, in this order.

https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS lists all. What is
given and cannot be obeyed is a SettingsError, never ignored.
"""

from __future__ import annotations

from collections.abc import Mapping
from configparser import ConfigParser
from configparser import Error as ConfigError
from pathlib import Path
from typing import NamedTuple

from gateway.errors import SettingsError

#: What is used, and the variable that gives it where there is one.
USED: Mapping[str, str | None] = {
    "host": "PGHOST",
    "port": "PGPORT",
    "dbname": "PGDATABASE",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "passfile": "PGPASSFILE",
    "service": "PGSERVICE",
    "servicefile": "PGSERVICEFILE",
    "connect_timeout": "PGCONNECT_TIMEOUT",
    "application_name": "PGAPPNAME",
    "fallback_application_name": None,
    "options": "PGOPTIONS",
    "target_session_attrs": "PGTARGETSESSIONATTRS",
    "sslmode": "PGSSLMODE",
    "sslnegotiation": "PGSSLNEGOTIATION",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
    "sslpassword": None,
    "sslcrl": "PGSSLCRL",
    "ssl_min_protocol_version": "PGSSLMINPROTOCOLVERSION",
    "ssl_max_protocol_version": "PGSSLMAXPROTOCOLVERSION",
}


class Unused(NamedTuple):
    """A parameter that changes nothing here: values that ask for nothing else, and what to do."""

    accepted: tuple[str, ...]
    instead: str
    variable: str | None = None


_KEEPALIVE = "set the system's own, such as net.ipv4.tcp_keepalive_time"
_NO_KERBEROS = "it knows no GSSAPI (Kerberos)"
UNUSED: Mapping[str, Unused] = {
    "hostaddr": Unused((), "write the address as the host", "PGHOSTADDR"),
    "channel_binding": Unused(
        ("disable", "prefer"),
        "leave channel_binding out, and verify the server with sslmode=verify-full",
        "PGCHANNELBINDING",
    ),
    "require_auth": Unused(
        (),
        "leave require_auth out, and verify the server with sslmode=verify-full",
        "PGREQUIREAUTH",
    ),
    "client_encoding": Unused(("utf8", "UTF8", "utf-8", "UTF-8", "auto"), "it always speaks UTF-8"),
    "sslcompression": Unused(("0",), "it never compresses TLS", "PGSSLCOMPRESSION"),
    "sslsni": Unused(("1",), "it always names the host in TLS", "PGSSLSNI"),
    "sslcertmode": Unused(
        ("allow",), "leave sslcertmode out: sslcert is sent if it is asked for", "PGSSLCERTMODE"
    ),
    "sslcrldir": Unused((), "name one file with sslcrl", "PGSSLCRLDIR"),
    "requiressl": Unused(("0",), "use sslmode=require", "PGREQUIRESSL"),
    "requirepeer": Unused((), "restrict who may enter the socket's folder", "PGREQUIREPEER"),
    "gssencmode": Unused(("disable", "prefer"), "use TLS (sslmode)", "PGGSSENCMODE"),
    "krbsrvname": Unused((), _NO_KERBEROS),
    "gsslib": Unused((), _NO_KERBEROS),
    "gssdelegation": Unused(("0",), _NO_KERBEROS),
    "load_balance_hosts": Unused(
        ("disable",), "hosts are tried in the order of the URL", "PGLOADBALANCEHOSTS"
    ),
    "keepalives": Unused(("1",), _KEEPALIVE),
    "keepalives_idle": Unused(("0",), _KEEPALIVE),
    "keepalives_interval": Unused(("0",), _KEEPALIVE),
    "keepalives_count": Unused(("0",), _KEEPALIVE),
    "tcp_user_timeout": Unused(("0",), "STATS_GATEWAY_DATABASE_TIMEOUT_SECONDS limits a statement"),
    "replication": Unused(("0", "false", "off", "no"), "it reads tables, not the log of changes"),
    "min_protocol_version": Unused(("3.0",), "it speaks version 3.0"),
    "max_protocol_version": Unused(("3.0", "latest"), "it speaks version 3.0"),
}


class Given(NamedTuple):
    """A parameter's value, and where it was found: the source, and its name there."""

    value: str
    source: str
    name: str

    @property
    def where(self) -> str:
        """The beginning of an error message about the parameter."""
        return f"{self.source} has {self.name}"


def given_parameters(url: Mapping[str, str], environ: Mapping[str, str]) -> dict[str, Given]:
    """What is given of the parameters that are used; the URL wins, then the service's section."""
    given = {
        name: Given(environ[variable], "The environment", variable)
        for name, variable in USED.items()
        if variable is not None and environ.get(variable)
    }
    for unused in UNUSED.values():
        if unused.variable is not None and (value := environ.get(unused.variable)):
            _check_unused(unused, Given(value, "The environment", unused.variable))
    of_url = {name: Given(value, "The database URL", name) for name, value in url.items() if value}
    named = {**given, **of_url}
    if "service" in named:
        file = named["servicefile"].value if "servicefile" in named else None
        given |= _of_service(named["service"], file, environ)
    for name, found in of_url.items():
        _check_known(name, found)
    return {**given, **of_url}


def _of_service(service: Given, file: str | None, environ: Mapping[str, str]) -> dict[str, Given]:
    """The section of a service file."""
    if file is not None:
        files = [Path(file)]
    else:
        files = [Path(environ.get("HOME") or "~").expanduser() / ".pg_service.conf"]
        if folder := environ.get("PGSYSCONFDIR"):
            files.append(Path(folder) / "pg_service.conf")
    for path in files:
        # A password may contain percent signs and hashes.
        sections = ConfigParser(interpolation=None, delimiters=("=",), strict=False)
        try:
            sections.read(path, encoding="utf-8")
        except (ConfigError, OSError, UnicodeDecodeError):
            raise SettingsError(f"The service file {path} cannot be read.") from None
        if sections.has_section(service.value):
            where = f"The service {service.value} in {path}"
            found = {
                name: Given(value, where, name)
                for name, value in sections.items(service.value)
                if value
            }
            for name, one in found.items():
                _check_known(name, one)
            return found
    looked = " or ".join(str(path) for path in files)
    raise SettingsError(f"{service.where}={service.value}: there is no such service in {looked}.")


def _check_known(name: str, given: Given) -> None:
    if name in UNUSED:
        _check_unused(UNUSED[name], given)
    elif name not in USED:
        raise SettingsError(
            f"{given.source} has the parameter {name}, which the gateway does not know: "
            "use parameters of libpq, such as sslmode and application_name."
        )


def _check_unused(unused: Unused, given: Given) -> None:
    if given.value not in unused.accepted:
        raise SettingsError(
            f"{given.where}={given.value}, which the gateway does not support: {unused.instead}."
        )
