"""Hosts of a PostgreSQL URL: one, or several of which one is the primary."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import unquote

from gateway.errors import SettingsError

#: The host and port of an element of a list; an address of IPv6 has brackets, or no port.
_ELEMENT = re.compile(
    r"\[(?P<address>[^\[\]]*)\](?::(?P<of_address>[^:]*))?|(?P<name>[^:\[\]]*)(?::(?P<of_name>[^:]*))?"
)
_BARE_ADDRESS = re.compile(r"[0-9A-Fa-f:.%]*:[0-9A-Fa-f:.%]*:[0-9A-Za-z:.%]*")
#: The hosts between ``user:password@`` and the path.
_AUTHORITY = re.compile(
    r"(?P<before>[^:/?#]+://(?:[^/?#@]*@)?)(?P<hosts>[^/?#]*)(?P<after>.*)", re.DOTALL
)


class Host(NamedTuple):
    """A name or address, or the folder of a Unix socket, and the port."""

    name: str
    port: int | None

    @property
    def host_and_port(self) -> str:
        """``host:port`` as a URL writes it."""
        name = f"[{self.name}]" if ":" in self.name else self.name
        return f"{name}:{self.port}" if self.port else name


def without_hosts(url: str) -> tuple[str, str | None]:
    """A URL without its list of several hosts, and this list; None if there is one host at most."""
    found = _AUTHORITY.fullmatch(url)
    if found is None or "," not in found["hosts"] or "@" in found["hosts"]:
        return url, None
    return found["before"] + found["after"], found["hosts"]


def read_hosts(hosts: str, ports: Sequence[int | None], where: str) -> tuple[Host, ...]:
    """Read ``host:port,host:port``, or hosts whose ports are given apart.

    A port of its own wins; one port alone is that of all hosts. ``where`` the hosts stand is the
    beginning of an error's sentence.
    """
    elements = hosts.split(",")
    others = list(ports)
    if len(others) == 1:
        others *= len(elements)
    if len(others) != len(elements):
        raise SettingsError(
            f"{where} {len(elements)} hosts and {len(others)} ports: give each host its port, or "
            "all the same."
        )
    return tuple(
        _read_host(element, other, where) for element, other in zip(elements, others, strict=True)
    )


def read_ports(ports: str, where: str) -> list[int | None]:
    """Read ``port,port``; an empty one is None."""
    found = [port.strip() for port in ports.split(",")]
    for port in found:
        if port and not _is_number(port):
            raise SettingsError(f"{where}={port}: it must be a whole number.")
    return [_port(port, where.rpartition(" ")[0]) if port else None for port in found]


def _read_host(text: str, other: int | None, where: str) -> Host:
    text = unquote(text.strip())
    if text.startswith("/") or _BARE_ADDRESS.fullmatch(text):
        return Host(text, other)
    found = _ELEMENT.fullmatch(text)
    name = (found["address"] or found["name"]) if found is not None else None
    if found is None or not name:
        raise SettingsError(
            f"{where} a host that cannot be read: write host:port, or several as "
            "host:port,host:port."
        )
    own = found["of_address"] if found["address"] else found["of_name"]
    return Host(name, other if own is None else _port(own, where))


def _port(text: str, where: str) -> int:
    # Not quoted: what stands there may be a part of a password.
    if not _is_number(text):
        raise SettingsError(
            f"{where} a port that is not a number: write hosts and ports such as host:5432."
        )
    if not 0 < int(text) < 65536:
        raise SettingsError(f"{where} the port {int(text)}: it must be 1 to 65535.")
    return int(text)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 6
