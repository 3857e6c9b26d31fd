"""A clone of the project whose pages are built in no time, by a script of the tests.

npm and Node.js are real. The build waits until it is let go, so that a test can look at what is
answered meanwhile.
"""

import json
import os
import shutil
import time
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.packages import ROOT, copied_packages, node_is_recent
from tests.server import DEADLINE_SECONDS

DOCUMENT = "query Made { __typename }"
IDENTIFIER = f"sha256:{sha256(DOCUMENT.encode()).hexdigest()}"
_BUILD = """
import { cpSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
const folder = process.env.MADE_UP_FOLDER;
writeFileSync(`${folder}/pid.part`, String(process.pid));
cpSync(`${folder}/pid.part`, `${folder}/pid`);
while (!existsSync(`${folder}/go`)) await new Promise((resolve) => setTimeout(resolve, 20));
const bundle = process.argv[process.argv.indexOf("--outDir") + 1];
if (existsSync(`${folder}/bundle`)) {
  cpSync(`${folder}/bundle`, bundle, { recursive: true });
} else {
  mkdirSync(`${bundle}/web`, { recursive: true });
  writeFileSync(`${bundle}/index.html`, '<title>Made</title><script src="./web/made.js"></script>');
  writeFileSync(`${bundle}/web/made.js`, "1;");
  writeFileSync(`${bundle}/persisted-documents.json`, process.env.MADE_UP_MANIFEST);
}
"""


class MadeUpClone(NamedTuple):
    """``root`` has the packages and sources of pages; ``folder`` is what their build reads."""

    root: Path
    folder: Path

    @property
    def settings(self) -> dict[str, str]:
        """The environment of a command that runs from this clone."""
        return {
            "PYTHONPATH": str(self.root),
            "STATS_GATEWAY_PAGES": "true",
            "MADE_UP_FOLDER": str(self.folder),
            "MADE_UP_MANIFEST": json.dumps({IDENTIFIER: DOCUMENT}),
        }

    def let_go(self) -> None:
        """Let the build go on, and each one after it."""
        (self.folder / "go").touch()

    def build_begun(self) -> int:
        """Wait until the build runs; the id of its process."""
        file = self.folder / "pid"
        deadline = time.monotonic() + DEADLINE_SECONDS
        while not (file.exists() and file.read_text()):
            assert time.monotonic() < deadline, "the build did not begin"
            time.sleep(0.05)
        return int(file.read_text())

    def needs(self, package: str) -> None:
        """Let the pages need a package of npm."""
        _write_package(self.root / "web", {package: "1.0.0"})


def made_up_clone(folder: Path) -> MadeUpClone:
    """Make one in ``folder``; skips the test where there is no Node.js for it."""
    if not node_is_recent():
        (pytest.fail if os.environ.get("CI") else pytest.skip)(
            "Node.js 22.12 is not installed: run make node."
        )
    clone = MadeUpClone(folder / "clone", folder / "made")
    clone.root.mkdir()
    clone.folder.mkdir()
    copied_packages(clone.root)
    shutil.copy(ROOT / "schema.graphql", clone.root)
    (clone.root / "requirements").mkdir()
    shutil.copy(ROOT / "requirements" / "node.lock", clone.root / "requirements")
    web = clone.root / "web"
    web.mkdir()
    (web / "build.mjs").write_text(_BUILD)
    _write_package(web, {})
    return clone


def _write_package(web: Path, needed: dict[str, str]) -> None:
    package = {
        "name": "made-up",
        "version": "1.0.0",
        "type": "module",
        "scripts": {"build": "node build.mjs"},
        "devDependencies": needed,
    }
    entries = {
        f"node_modules/{name}": {
            "version": version,
            "resolved": f"https://registry.npmjs.org/{name}/-/{name}-{version}.tgz",
            "integrity": f"sha512-{'A' * 86}==",
            "dev": True,
        }
        for name, version in needed.items()
    }
    lock = {
        "name": "made-up",
        "version": "1.0.0",
        "lockfileVersion": 3,
        "requires": True,
        "packages": {"": {**package, "license": "Apache-2.0"}, **entries},
    }
    (web / "package.json").write_text(json.dumps(package))
    (web / "package-lock.json").write_text(json.dumps(lock))
