"""The project's packages in folders of their own, with and without what is built from npm.

Which page a server answers with depends on what was built beside its code, so the tests do not
serve from the working copy: what somebody has built there must not decide what they see.
"""

import fcntl
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]
_BUILT = ROOT / "build"

#: `make node` puts Node beside the interpreter, which need not be on the PATH.
_PATH = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])


class Built(NamedTuple):
    """What ``make`` builds from npm: the target is also the name of its sources' folder."""

    target: str
    bundle: Path
    #: Files beside the sources that are built into it.
    read: tuple[str, ...] = ()

    @property
    def sources(self) -> Path:
        return ROOT / self.target


GRAPHIQL = Built("graphiql", Path("gateway", "graphql", "graphiql", "bundle"))
WEB = Built("web", Path("gateway", "web", "bundle"), ("schema.graphql",))
_MADE = shutil.ignore_patterns("node_modules", "generated")


def copied_packages(folder: Path) -> Path:
    """Both packages as they are committed, in ``folder``."""
    built = shutil.ignore_patterns("bundle", "__pycache__")
    for package in ("gateway", "resolvers"):
        shutil.copytree(ROOT / package, folder / package, ignore=built)
    return folder


def node_is_recent() -> bool:
    """Whether there are npm and a Node.js that can build the bundles, 22.12 or newer."""
    node = shutil.which("node", path=_PATH)
    if node is None or shutil.which("npm", path=_PATH) is None:
        return False
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True)
    return tuple(map(int, version.stdout.strip().lstrip("v").split(".")[:2])) >= (22, 12)


def built_wheel(built: Built, folder: Path) -> Path:
    """The project's wheel, built with this bundle in it, and unpacked in ``folder``.

    Whoever has no Node.js for that skips the test.
    """
    if not node_is_recent():
        # In CI a page that nobody built must not pass for one that works.
        (pytest.fail if os.environ.get("CI") else pytest.skip)(
            "Node.js 22.12 is not installed: run make node."
        )
    source = copied_packages(folder / "source")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    shutil.copytree(_bundle(built), source / built.bundle)
    options = ["--quiet", "--no-deps", "--no-index", "--no-build-isolation"]
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", *options, "--wheel-dir", folder, source], check=True
    )
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "wheel")
    return folder / "wheel"


def _bundle(built: Built) -> Path:
    """What ``make`` builds, once for these sources, by whoever comes first."""
    folder = _BUILT / built.target
    digest = sha256()
    read = [ROOT / name for name in ("Makefile", *built.read)]
    for file in [*read, *sorted(built.sources.rglob("*"))]:
        within = file.relative_to(ROOT)
        if file.is_file() and {"node_modules", "generated"}.isdisjoint(within.parts):
            digest.update(f"{within}\0".encode() + file.read_bytes())
    ready = folder / digest.hexdigest()[:16]
    with _alone(folder):
        if not ready.exists():
            _build(built, ready)
    return ready


def _build(built: Built, ready: Path) -> None:
    workshop = _BUILT / built.target / "workshop"
    shutil.rmtree(workshop, ignore_errors=True)
    shutil.copytree(built.sources, workshop / built.target, ignore=_MADE)
    for name in ("Makefile", *built.read):
        shutil.copy(ROOT / name, workshop)
    subprocess.run(
        ["make", built.target],
        cwd=workshop,
        env={**os.environ, "PATH": _PATH},
        check=True,
        stdin=subprocess.DEVNULL,
    )
    (workshop / built.bundle).rename(ready)
    shutil.rmtree(workshop)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Only one process at a time is inside; the others wait."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
