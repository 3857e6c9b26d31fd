"""The demo as a process, with the tokens that it wrote."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from gateway.cli.demo import ROLES
from tests.server import Server, environment, run_command, running
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

    @property
    def root(self) -> str:
        """The address of the overview, without the slash at its end."""
        return self.server.url.removesuffix("/graphql")

    def links(self) -> list[str]:
        """The addresses that it has printed."""
        words = self.server.log.read_text().split()
        return [word.rstrip(",.") for word in words if word.startswith("http://")]

    @property
    def folder(self) -> Path:
        """Where it keeps its files."""
        return self.server.log.parent / ".demo"

    def classify(self, *options: str) -> subprocess.CompletedProcess[str]:
        """Run ``demo classify`` beside it until it ends."""
        words = ["demo", "classify", "--directory", str(self.folder), *options]
        return run_command(words, environment(self.folder, {}))


@contextmanager
def running_demo(folder: Path, *more: str, **settings: str) -> Iterator[Demo]:
    """A demo of its own in ``folder``, on a free port, from when it is ready."""
    directory = folder / ".demo"
    options = ("--directory", str(directory), "--port", "0", *more)
    with running(folder, "demo", *options, **settings) as server:
        tokens = {role.name: (directory / f"{role.name}.token").read_text() for role in ROLES}
        yield Demo(server, tokens)
