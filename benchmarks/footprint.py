"""What a change costs those who use the API alone: the wheel, the start, memory, and the demo.

    python -m benchmarks.footprint [--before COMMIT] [--rounds N]

Builds wheels of another commit and of HEAD, unpacks them, and runs both with the packages of this
environment, in turn. HEAD's wheel is also measured with the pages in it, if ``make web`` has built
them. Nothing asks for a page that people look at. Medians are printed, and in brackets the ratio to
the other commit.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import NamedTuple

from benchmarks.client import http_request
from benchmarks.servers import REPOSITORY
from benchmarks.sources import extracted
from benchmarks.startup import PAGE, make_demo, measured_start

#: The last commit without pages for people.
BEFORE = "196a28bd1b79c48c20e75f226a1c8b004cc0179c"
ROUNDS = 5
REQUESTS = 1000
_PAGES = Path("gateway", "web", "bundle")
_GATEWAY = (sys.executable, "-c", "from gateway.cli import main; main()")


class Packed(NamedTuple):
    """A wheel, and the folder in which it is unpacked."""

    kibibytes: float
    packages: Path

    @property
    def environment(self) -> Mapping[str, str]:
        """Where Python finds these packages, before any that is installed."""
        return {"PYTHONPATH": str(self.packages), "PYTHONSAFEPATH": "1"}


class Figures(NamedTuple):
    """What one version takes; a row of the table each."""

    wheel_kibibytes: float
    seconds_until_ready: float
    resident_mebibytes: float
    resident_after_requests: float
    demo_seconds: float


def main(words: list[str] | None = None) -> None:
    """Measure and print a table in Markdown."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--before", default=BEFORE, metavar="COMMIT")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    given = parser.parse_args(words)
    with TemporaryDirectory() as folder:
        versions = packed_versions(given.before, Path(folder))
        runs: dict[str, list[Figures]] = {name: [] for name in versions}
        for number in range(given.rounds):
            for place, (name, version) in enumerate(versions.items()):
                runs[name].append(_measured(version, Path(folder, f"round-{number}-{place}")))
    print(f"| | {' | '.join(runs)} |\n| --- |{' ---: |' * len(runs)}")
    medians = [Figures(*map(median, zip(*figures, strict=True))) for figures in runs.values()]
    for label, *values in zip(_LABELS, *medians, strict=True):
        print(f"| {label} | {' | '.join(_cells(values))} |")


_LABELS = (
    "wheel, KiB",
    "seconds until `serve` is ready",
    "resident MiB then",
    f"resident MiB after {REQUESTS:,} requests",
    "seconds until the demo is ready",
)


def _cells(values: list[float]) -> list[str]:
    first, *others = values
    return [f"{first:,.1f}", *(f"{one:,.1f} ({one / first:.2f})" for one in others)]


def packed_versions(before: str, folder: Path) -> dict[str, Packed]:
    """The versions to compare by name, the other commit first."""
    versions = {
        "before": packed(before, folder / "before"),
        "now": packed("HEAD", folder / "now"),
    }
    if (REPOSITORY / _PAGES).is_dir():
        versions["now, with pages"] = packed("HEAD", folder / "built", with_pages=True)
    return versions


def packed(commit: str, folder: Path, *, with_pages: bool = False) -> Packed:
    """The wheel of a commit, and its packages in ``folder``."""
    source = extracted(commit, folder / "source")
    if with_pages:
        shutil.copytree(REPOSITORY / _PAGES, source / _PAGES)
    options = ["--quiet", "--no-deps", "--no-index", "--no-build-isolation", "--wheel-dir"]
    command = [sys.executable, "-m", "pip", "wheel", *options, str(folder), str(source)]
    subprocess.run(command, check=True)
    (wheel,) = folder.glob("*.whl")
    packages = folder / "packages"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(packages)
    # As pip does when it installs them.
    subprocess.run([sys.executable, "-m", "compileall", "-q", str(packages)], check=True)
    return Packed(wheel.stat().st_size / 1024, packages)


def _measured(version: Packed, folder: Path) -> Figures:
    folder.mkdir()
    demo = make_demo(folder, _GATEWAY, version.environment)
    serve = [*_GATEWAY, "serve", "--database-url", f"sqlite:///{folder}/demo/demo.db"]
    asked = http_request("/graphql", PAGE.body)
    start = measured_start(serve, "/readyz", asked, version.environment, times=REQUESTS)
    return Figures(version.kibibytes, *start, demo)


if __name__ == "__main__":
    main()
