"""The project's packages in folders of their own, with and without GraphiQL.

Which page a server answers with depends on what was built beside its code, so the tests do not
serve from the working copy: what somebody has built there must not decide what they see.
"""

import fcntl
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

ROOT = Path(__file__).parents[1]
BUNDLE = Path("gateway", "graphql", "graphiql", "bundle")
_SOURCES = ROOT / "graphiql"
_BUILT = ROOT / "build" / "graphiql"


def copied_packages(folder: Path) -> Path:
    """Both packages as they are committed, in ``folder``."""
    built = shutil.ignore_patterns("bundle", "__pycache__")
    for package in ("gateway", "resolvers"):
        shutil.copytree(ROOT / package, folder / package, ignore=built)
    return folder


def node_is_recent() -> bool:
    """Whether there are npm and a Node.js that can build the bundle, 22.12 or newer."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        return False
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True)
    return tuple(map(int, version.stdout.strip().lstrip("v").split(".")[:2])) >= (22, 12)


def unpacked_wheel_with_graphiql(folder: Path) -> Path:
    """The project's wheel, built with GraphiQL's bundle in it, and unpacked in ``folder``."""
    source = copied_packages(folder / "source")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    shutil.copytree(_bundle(), source / BUNDLE)
    options = ["--quiet", "--no-deps", "--no-index", "--no-build-isolation"]
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", *options, "--wheel-dir", folder, source], check=True
    )
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "wheel")
    return folder / "wheel"


def _bundle() -> Path:
    """What ``make graphiql`` builds, once for these sources, by whoever comes first."""
    digest = sha256()
    for file in [ROOT / "Makefile", *sorted(_SOURCES.rglob("*"))]:
        if file.is_file() and "node_modules" not in file.parts:
            digest.update(f"{file.relative_to(ROOT)}\0".encode() + file.read_bytes())
    built = _BUILT / digest.hexdigest()[:16]
    with _alone(_BUILT):
        if not built.exists():
            _build(built)
    return built


def _build(built: Path) -> None:
    workshop = _BUILT / "workshop"
    shutil.rmtree(workshop, ignore_errors=True)
    shutil.copytree(_SOURCES, workshop / "graphiql", ignore=shutil.ignore_patterns("node_modules"))
    shutil.copy(ROOT / "Makefile", workshop)
    subprocess.run(["make", "graphiql"], cwd=workshop, check=True, stdin=subprocess.DEVNULL)
    (workshop / BUNDLE).rename(built)
    shutil.rmtree(workshop)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Only one process at a time is inside; the others wait."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
