"""The npm project pins what it installs, says nothing about where from, and needs a Node."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.npm import project
from tests.npm.project import FOLDER, LOCK

PACKAGES = json.loads(LOCK.read_text())["packages"]


def test_every_package_is_pinned_to_one_version() -> None:
    wanted = json.loads((FOLDER / "package.json").read_text())["devDependencies"]

    assert [spec for spec in wanted.values() if not re.fullmatch(r"\d+\.\d+\.\d+", spec)] == []
    assert {name: PACKAGES[f"node_modules/{name}"]["version"] for name in wanted} == wanted


def test_the_lock_has_a_hash_for_every_package_and_no_address() -> None:
    installed = {path: entry for path, entry in PACKAGES.items() if path}

    assert [path for path, entry in installed.items() if "integrity" not in entry] == []
    assert "resolved" not in LOCK.read_text()
    assert len(installed) > 100


@pytest.mark.parametrize(
    ("ci", "outcome"), [("", pytest.skip.Exception), ("true", pytest.fail.Exception)]
)
def test_without_node_a_test_is_skipped_and_in_ci_it_fails(
    ci: str, outcome: type[BaseException], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(project, "PATH", str(tmp_path))
    monkeypatch.setenv("CI", ci)
    with pytest.raises(
        outcome, match=r"^Node.js 22 or newer, with npm, is not installed: run make"
    ):
        project.install()
