"""Node.js and npm for the page build: those of the machine, if new enough, or of PyPI."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

from gateway.cli.background import output_of, run_beside
from gateway.settings import PREFIX
from gateway.web.pages import PagesNotMade

_OLDEST = (22, 12)
_MISSING = "Node.js 22.12 or newer is not installed"

#: npm requests nothing but packages, and fails within minutes if it cannot reach them.
_NPM = {
    "npm_config_audit": "false",
    "npm_config_fund": "false",
    "npm_config_update_notifier": "false",
    "npm_config_prefer_offline": "true",
    "npm_config_fetch_retries": "2",
    "npm_config_fetch_retry_mintimeout": "1000",
    "npm_config_fetch_retry_maxtimeout": "5000",
    "npm_config_fetch_timeout": "120000",
}


def build_environment(*first: Path) -> dict[str, str]:
    """Environment of a build, with the folders ``first`` at the beginning of its PATH.

    It has no settings of the gateway: they contain secrets, and the build runs code of others.
    """
    outer = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    folders = [*map(str, first), str(Path(sys.executable).parent), outer.get("PATH", os.defpath)]
    return {**outer, **_NPM, "PATH": os.pathsep.join(folders)}


async def machine_tools() -> dict[str, str] | None:
    """Environment with the machine's Node.js and npm, or those of ``make node``; else None."""
    environment = build_environment()
    return environment if await _fits(environment) else None


async def fetched_tools(requirements: Path, folder: Path, log: BinaryIO) -> dict[str, str]:
    """Environment with Node.js and npm that pip installs in ``folder``; else PagesNotMade."""
    environment = build_environment(folder / "bin")
    # The commands of the wheel are written in Python.
    environment["PYTHONPATH"] = str(folder)
    if await _fits(environment):
        return environment
    status = await run_beside(
        *(sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--quiet"),
        *("--no-input", "--require-hashes", "--only-binary", ":all:", "--upgrade"),
        *("--target", str(folder), "--requirement", str(requirements)),
        folder=requirements.parent,
        environment=build_environment(),
        log=log,
    )
    if status or not await _fits(environment):
        raise PagesNotMade(f"{_MISSING}, and could not be fetched from PyPI.")
    return environment


async def _fits(environment: Mapping[str, str]) -> bool:
    path = environment["PATH"]
    node = shutil.which("node", path=path)
    if node is None or shutil.which("npm", path=path) is None:
        return False
    version = await output_of(node, "--version", environment=environment)
    numbers = re.match(r"v(\d+)\.(\d+)", version or "")
    return numbers is not None and (int(numbers[1]), int(numbers[2])) >= _OLDEST
