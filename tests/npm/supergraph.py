"""The federated graph of docs/federation.md, from its files: subgraph, composition, routers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from tests.demo import Demo
from tests.docs.markdown import ROOT, blocks
from tests.npm.project import INSTALLED, listening, run_script
from tests.valid import valid

DOCUMENT = ROOT / "docs" / "federation.md"
ROUTERS = {
    "@apollo/gateway": ("node", "apollo.mjs"),
    "@graphql-hive/gateway": ("npx", "hive-gateway", "supergraph", "--port", "0"),
}


class Router(NamedTuple):
    """A router in front of the demo and the document's subgraph."""

    url: str

    def ask(self, query: str, token: str | None = None, **headers: str) -> dict[str, Any]:
        """What somebody with this token is answered."""
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        response = httpx.post(self.url, json={"query": query}, headers=headers, timeout=60)
        answer: dict[str, Any] = valid(response.json())
        return answer


class Supergraph(NamedTuple):
    """What was composed, and the routers that serve it."""

    sdl: str
    routers: dict[str, Router]


@contextmanager
def federated(demo: Demo, folder: Path) -> Iterator[Supergraph]:
    """The document's files, composed with the demo and served, until the end."""
    for block in blocks(DOCUMENT):
        if block.note.startswith("file="):
            (folder / block.note.removeprefix("file=")).write_text(block.text)
    (folder / "node_modules").symlink_to(INSTALLED)
    with ExitStack() as stack:
        favourites = stack.enter_context(listening(folder, "node", "favourites.mjs", PORT="0"))
        subgraphs = {"stats": demo.server.url, "favourites": _at(favourites.port())}
        named = [f"{name}={url}" for name, url in subgraphs.items()]
        run_script("compose.mjs", *named, folder=folder)
        services = {
            name: stack.enter_context(listening(folder, *command, PORT="0"))
            for name, command in ROUTERS.items()
        }
        routers = {
            name: Router(_at(service.port()) + "graphql") for name, service in services.items()
        }
        yield Supergraph((folder / "supergraph.graphql").read_text(), routers)


def _at(port: int) -> str:
    return f"http://127.0.0.1:{port}/"


def refused(answer: dict[str, Any]) -> dict[str, str]:
    """The code of each error by its field; which of a list's entries it is about is left out."""

    def field(path: list[str | int]) -> str:
        return ".".join(step for step in path if isinstance(step, str))

    errors = answer.get("errors", [])
    return {field(error["path"]): error["extensions"]["code"] for error in errors}
