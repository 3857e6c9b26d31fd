"""The servers of ``benchmarks/peers``, which run in Node."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path

from benchmarks.servers import Server, free_port, started

FOLDER = Path(__file__).with_name("peers")


def missing() -> str | None:
    """What there is not on this machine, in a sentence; None if the peers can run."""
    if node() is None:
        return "The servers in Node were left out: run make peers."
    if not (FOLDER / "node_modules").is_dir():
        return "The servers in Node were left out: their packages are missing, run make peers."
    return None


def node() -> str | None:
    """Where Node is: beside this Python, or else on the path."""
    beside = Path(sys.executable).with_name("node")
    return str(beside) if beside.exists() else shutil.which("node")


def node_server(
    script: str, environment: Mapping[str, str] | None = None
) -> AbstractContextManager[Server]:
    """A script of the folder as one process, as in production."""
    port = free_port()
    given = {"NODE_ENV": "production", "PORT": str(port), **(environment or {})}
    return started([node() or "node", str(FOLDER / script)], port, given)


def required() -> bool:
    """Whether it is an error if the peers are missing: it is in CI."""
    return bool(os.environ.get("CI"))
