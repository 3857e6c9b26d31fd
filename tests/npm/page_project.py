"""The files of docs/clients.md, as a project with its packages and what its tools make."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

from tests.docs.markdown import ROOT, blocks
from tests.npm.project import ENVIRONMENT, INSTALLED

PAGE = ROOT / "docs" / "clients.md"
TYPES = {
    "compilerOptions": {
        "strict": True,
        "noEmit": True,
        "target": "es2022",
        "module": "preserve",
        "moduleResolution": "bundler",
        "lib": ["es2022", "dom"],
        "skipLibCheck": True,
        "resolveJsonModule": True,
        "allowImportingTsExtensions": True,
    },
    "include": ["src"],
}


def write_page(folder: Path) -> Path:
    """The files of the page, in an empty project."""
    for block in blocks(PAGE):
        if block.note.startswith("file="):
            file = folder / block.note.removeprefix("file=")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(block.text)
    shutil.copy(ROOT / "schema.graphql", folder)
    return folder


def run(folder: Path, *command: str) -> str:
    ran = subprocess.run(
        command, cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, timeout=240
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def make_project(folder: Path) -> Path:
    """The page's files, with the packages that they need."""
    write_page(folder)
    (folder / "node_modules").symlink_to(INSTALLED)
    (folder / "package.json").write_text(json.dumps({"type": "module"}))
    (folder / "tsconfig.json").write_text(json.dumps(TYPES))
    return folder


def run_tools(folder: Path) -> None:
    run(folder, "node_modules/.bin/graphql-codegen")
    run(folder, "node_modules/.bin/relay-compiler")
