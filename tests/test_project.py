"""Facts about the project as it is handed out: what it pins, packs and says."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
import zipfile
from email import message_from_bytes
from email.message import Message
from importlib.metadata import version
from itertools import chain
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LOCKS = {name: ROOT / "requirements" / f"{name}.lock" for name in ("run", "test", "build")}
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
SOURCES = {
    path.relative_to(ROOT).as_posix()
    for package in ("gateway", "resolvers")
    for path in (ROOT / package).rglob("*")
    if path.is_file() and path.suffix != ".pyc"
}


def pins(lock: str) -> dict[str, list[Requirement]]:
    """What a lock file pins, by name; two versions of one name where the Python decides."""
    lines = LOCKS[lock].read_text().replace("\\\n", " ").splitlines()
    requirements = [
        Requirement(line.split("--hash")[0]) for line in lines if line[:1] not in {"", "#"}
    ]
    return {
        pin.name: [same for same in requirements if same.name == pin.name] for pin in requirements
    }


def required(lock: str) -> list[str]:
    """What ``pyproject.toml`` asks for in the environments that the lock file stands for."""
    extras = PROJECT["project"]["optional-dependencies"]
    build = PROJECT["dependency-groups"]["build"] + PROJECT["build-system"]["requires"]
    run = PROJECT["project"]["dependencies"] + extras["postgres"]
    return {"build": build, "run": run, "test": build + run + extras["test"]}[lock]


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_versions_and_hashes_and_nothing_else(lock: str) -> None:
    entry = (
        r"[a-z0-9-]+==[0-9][0-9a-z.]*( ; [a-z_]+ [^\\]+?)?( \\\n    --hash=sha256:[0-9a-f]{64})+\n"
    )

    assert re.fullmatch(rf"(#[^\n]*\n)*({entry})+", LOCKS[lock].read_text())


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_satisfies_every_requirement(lock: str) -> None:
    pinned = pins(lock)
    for wanted in map(Requirement, required(lock)):
        if wanted.name == PROJECT["project"]["name"]:
            continue  # an extra of this project: its requirements are in the list themselves
        name = wanted.name.lower().replace("_", "-")

        assert name in pinned, f"{wanted} is not locked: run make lock"
        for pin in pinned[name]:
            (locked,) = pin.specifier
            assert wanted.specifier.contains(locked.version), f"{wanted}: run make lock"


@pytest.mark.parametrize("lock", ["run", "build"])
def test_the_tests_run_with_the_versions_that_are_handed_out(lock: str) -> None:
    tested = pins("test")

    assert {name: tested.get(name) for name in pins(lock)} == pins(lock)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project's wheel, built with the locked build backend and without a network."""
    folder = tmp_path_factory.mktemp("wheel")
    options = ["--quiet", "--no-deps", "--no-index", "--no-build-isolation"]
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", *options, "--wheel-dir", folder, ROOT], check=True
    )
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def wheel_metadata(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return message_from_bytes(archive.read(name))


def test_the_wheel_carries_every_file_of_both_packages(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if ".dist-info/" not in name}

    assert packed == SOURCES


def test_the_wheel_carries_more_than_code() -> None:
    """Migrations, the page and the sample export: what the test above must not pass without."""
    assert {
        "gateway/db/migrations/env.py",
        "gateway/db/migrations/versions/0001_first_tables.py",
        "gateway/py.typed",
        "resolvers/py.typed",
    } <= SOURCES
    assert [name for name in SOURCES if name.startswith("gateway/demo/") and name.endswith(".gz")]
    assert [name for name in SOURCES if name.endswith(".html")]


def test_the_wheel_names_its_license_and_oldest_python(wheel_metadata: Message) -> None:
    assert wheel_metadata["License-Expression"] == "Apache-2.0"
    assert wheel_metadata["Requires-Python"] == ">=3.11"


def test_the_installed_wheel_runs_away_from_the_sources(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    shown = subprocess.run(
        [sys.executable, "-c", "import gateway.cli as cli; print(cli.__file__); cli.main(['-h'])"],
        env={"PYTHONPATH": str(tmp_path)},
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout

    assert shown.splitlines()[0] == str(tmp_path / "gateway" / "cli" / "__init__.py")
    assert "Exact classification statistics" in shown


def test_the_version_that_is_installed_is_the_one_in_the_project_file() -> None:
    assert version("stats-gateway") == PROJECT["project"]["version"]


def test_the_changelog_speaks_of_this_version() -> None:
    headings = re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)

    assert PROJECT["project"]["version"] in headings


def test_make_lists_every_target() -> None:
    makefile = (ROOT / "Makefile").read_text()
    listed = subprocess.run(
        ["make", "--no-print-directory"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout

    assert re.findall(r"^make (\S+)", listed, re.MULTILINE) == re.findall(
        r"^\.PHONY: (\S+)$", makefile, re.MULTILINE
    )


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_between_documents_lead_somewhere(document: Path) -> None:
    links = re.findall(r"\]\((?!https?:|mailto:|#)([^)#\s]+)", document.read_text())

    assert [link for link in links if not (document.parent / link).exists()] == []


def test_every_make_target_that_a_document_names_exists() -> None:
    targets = set(re.findall(r"^\.PHONY: (\S+)$", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = chain.from_iterable(
        re.findall(r"(?:`|^\s*|&& )make ([a-z-]+)", document.read_text(), re.MULTILINE)
        for document in DOCUMENTS
    )

    assert set(named) - targets == set()
