"""Build of the web pages beside a server that runs from a clone, for ``demo`` and ``explore``."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import BinaryIO

import click

from gateway.cli.background import run_beside
from gateway.cli.page_tools import fetched_tools, machine_tools
from gateway.reasons import reason_of
from gateway.web.pages import PagesNotMade

if sys.platform != "win32":
    import fcntl

_CLONE = Path(__file__).parents[2]
_NOT_SOURCES = {"node_modules", "generated"}
_NPM_CODE = re.compile(r"^npm (?:error|ERR!) code (\w+)$", re.MULTILINE)
#: npm's error codes for a registry that does not respond.
_UNREACHABLE = {
    *("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "EHOSTUNREACH", "ENETUNREACH"),
    *("ETIMEDOUT", "ERR_SOCKET_TIMEOUT", "EIDLETIMEOUT", "ECONNECTIONTIMEOUT"),
}


def page_build(clone: Path = _CLONE) -> PageBuild | None:
    """Page build of a clone; None for a package without the sources of the pages."""
    there = all((clone / file).is_file() for file in ("web/package-lock.json", "schema.graphql"))
    return PageBuild(clone) if there else None


class PageBuild:
    """Page build: calling it builds the pages unless they are newer than their sources.

    Prints each step in a line on stderr. Returns whether it has built them; PagesNotMade if they
    cannot be built. A file lock lets one process build at a time.
    """

    def __init__(self, clone: Path, say: Callable[[str], None] | None = None) -> None:
        self._clone = clone
        self._sources = clone / "web"
        self._bundle = clone / "gateway" / "web" / "bundle"
        self._folder = clone / "build" / "pages"
        self._say = say or _say

    async def __call__(self) -> bool:
        """Build the pages if they are out of date."""
        try:
            if await asyncio.to_thread(self._is_current):
                return False
            self._folder.mkdir(parents=True, exist_ok=True)
            async with _exclusive(self._folder / "lock"):
                # Another process may just have built them: they are new to this one, too.
                if not await asyncio.to_thread(self._is_current):
                    await self._build()
        except PagesNotMade as error:
            self._say(f"Pages: {error} All else works. The log is {self._log}.")
            raise
        except OSError as error:
            failed = PagesNotMade(f"They could not be built: {reason_of(error)}.")
            self._say(f"Pages: {failed} All else works.")
            raise failed from error
        return True

    @property
    def _log(self) -> Path:
        return self._folder / "log"

    async def _build(self) -> None:
        began = time.time()
        with self._log.open("wb") as log:
            environment = await machine_tools()
            if environment is None:
                self._say("Pages: fetching Node.js from PyPI …")
                requirements = self._clone / "requirements" / "node.lock"
                environment = await fetched_tools(requirements, self._folder / "node", log)
            await self._fetch_packages(environment, log)
            self._say("Pages: building …")
            built = self._folder / "bundle"
            await self._npm(environment, log, "run", "build", "--", "--outDir", str(built))
        # Sources that change during the build must be newer than the bundle.
        os.utime(built / "index.html", (began, began))
        await asyncio.to_thread(self._replace_bundle, built)
        self._say(f"Pages: built in {time.time() - began:.0f} s.")

    async def _fetch_packages(self, environment: dict[str, str], log: BinaryIO) -> None:
        # npm writes this file last.
        installed = self._sources / "node_modules" / ".package-lock.json"
        lock = self._sources / "package-lock.json"
        if installed.exists() and installed.stat().st_mtime >= lock.stat().st_mtime:
            return
        self._say("Pages: fetching packages from npm …")
        await self._npm(environment, log, "ci", "--include=dev", "--ignore-scripts")

    async def _npm(self, environment: dict[str, str], log: BinaryIO, *words: str) -> None:
        npm = shutil.which("npm", path=environment["PATH"]) or "npm"
        if not await run_beside(
            npm, *words, folder=self._sources, environment=environment, log=log
        ):
            return
        output = self._log.read_text("utf-8", errors="replace")
        code = codes[-1] if (codes := _NPM_CODE.findall(output)) else None
        if words[0] != "ci":
            raise PagesNotMade("They could not be built from their sources.")
        if code in _UNREACHABLE or (code or "").startswith("E5"):
            raise PagesNotMade(f"They could not be built, since npm cannot be reached ({code}).")
        raise PagesNotMade(
            f"They could not be built, since npm did not install their packages ({code})."
        )

    def _is_current(self) -> bool:
        try:
            built = (self._bundle / "index.html").stat().st_mtime
        except OSError:
            return False
        return max(file.stat().st_mtime for file in self._source_files()) <= built

    def _source_files(self) -> Iterator[Path]:
        yield self._clone / "schema.graphql"
        for folder, folders, names in os.walk(self._sources):
            folders[:] = [name for name in folders if name not in _NOT_SOURCES]
            yield from (Path(folder, name) for name in names)

    def _replace_bundle(self, built: Path) -> None:
        before = self._folder / "before"
        shutil.rmtree(before, ignore_errors=True)
        if self._bundle.exists():
            self._bundle.rename(before)
        built.rename(self._bundle)
        shutil.rmtree(before, ignore_errors=True)


@asynccontextmanager
async def _exclusive(path: Path) -> AsyncIterator[None]:
    """Hold a file lock; other processes wait for it."""
    with path.open("w") as lock:
        while not _locked(lock.fileno()):  # noqa: ASYNC110 - another process releases it
            await asyncio.sleep(1)
        yield


def _locked(file: int) -> bool:
    if sys.platform != "win32":
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


def _say(line: str) -> None:
    click.echo(line, err=True)
