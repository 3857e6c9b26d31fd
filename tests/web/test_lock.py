"""The application pins what it is built from, and says nothing about where from."""

import json
import re

from tests.packages import WEB

LOCK = WEB.sources / "package-lock.json"
PACKAGES = json.loads(LOCK.read_text())["packages"]


def test_every_package_is_pinned_to_one_version() -> None:
    wanted = json.loads((WEB.sources / "package.json").read_text())["devDependencies"]

    assert [spec for spec in wanted.values() if not re.fullmatch(r"\d+\.\d+\.\d+", spec)] == []
    assert {name: PACKAGES[f"node_modules/{name}"]["version"] for name in wanted} == wanted


def test_the_lock_has_a_hash_for_every_package_and_no_address() -> None:
    installed = {path: entry for path, entry in PACKAGES.items() if path}

    assert [path for path, entry in installed.items() if "integrity" not in entry] == []
    assert "resolved" not in LOCK.read_text()
    assert len(installed) > 100
