"""Exit 0 when the server in this container is ready to answer, and 1 when it is not.

Only the standard library: the image has no curl, and loading the gateway would cost a second.
"""

import os
import sys
from collections.abc import Mapping, Sequence
from http.client import HTTPConnection, HTTPException
from pathlib import Path

#: The server is the first process of its container, or the command of an init that is.
SERVER = Path("/proc/1/cmdline")
#: Where whoever listens on all addresses of a family is asked.
LOOPBACK = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 (not listened on here)


def served_at(command: Sequence[str], environ: Mapping[str, str]) -> tuple[str, int]:
    """Address and port: options of the server's command win over its settings, as they do there."""
    host = _option(command, "--host") or environ.get("STATS_GATEWAY_HOST") or "127.0.0.1"
    port = _option(command, "--port") or environ.get("STATS_GATEWAY_PORT") or "8000"
    return LOOPBACK.get(host, host), int(port)


def _option(command: Sequence[str], name: str) -> str | None:
    for word, following in zip(command, [*command[1:], ""], strict=False):
        if word == name:
            return following
        if word.startswith(f"{name}="):
            return word.partition("=")[2]
    return None


def ready(host: str, port: int) -> bool:
    """Whether /readyz there answers 200 within three seconds."""
    connection = HTTPConnection(host, port, timeout=3)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def server_command() -> list[str]:
    """The words of the command that serves; none if another process came first here."""
    try:
        words = SERVER.read_text().split("\0")
    except OSError:
        return []
    return words if any(word.endswith("stats-gateway") for word in words) else []


if __name__ == "__main__":
    sys.exit(0 if ready(*served_at(server_command(), os.environ)) else 1)
