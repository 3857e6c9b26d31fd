"""What the peers are installed from."""

from __future__ import annotations

import json
import re

from benchmarks.peers import FOLDER


def test_every_peer_is_pinned_to_one_version() -> None:
    wanted = json.loads((FOLDER / "package.json").read_text())["dependencies"]

    assert [name for name, version in wanted.items() if not re.fullmatch(r"[0-9.]+", version)] == []


def test_the_lock_names_hashes_and_no_addresses_to_fetch_from() -> None:
    packages = json.loads((FOLDER / "package-lock.json").read_text())["packages"]

    installed = {name: package for name, package in packages.items() if name}
    assert [name for name, package in installed.items() if "resolved" in package] == []
    assert [name for name, package in installed.items() if "integrity" not in package] == []
