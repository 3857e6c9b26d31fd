"""The demo as a process, with the tokens that it wrote."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from gateway.cli.demo import ROLES
from tests.server import Server, running
from tests.valid import valid


class Demo(NamedTuple):
    server: Server
    tokens: dict[str, str]

    def ask(
        self, query: str, variables: dict[str, Any] | None = None, role: str = "anonymous"
    ) -> dict[str, Any]:
        """The answer that ``role`` gets."""
        headers = {"Authorization": f"Bearer {self.tokens[role]}"} if role in self.tokens else {}
        body = {"query": query, "variables": variables}
        response = httpx.post(self.server.url, json=body, headers=headers, timeout=60)
        answer: dict[str, Any] = valid(response.json())
        return answer


@contextmanager
def running_demo(folder: Path) -> Iterator[Demo]:
    """A demo of its own in ``folder``, on a free port, from when it is ready."""
    directory = folder / ".demo"
    options = ("--directory", str(directory), "--port", "0")
    with running(folder, "demo", *options) as server:
        tokens = {role.name: (directory / f"{role.name}.token").read_text() for role in ROLES}
        yield Demo(server, tokens)
