"""The sources of a commit, to compare it with another."""

from __future__ import annotations

import io
import subprocess
import tarfile
from pathlib import Path

from benchmarks.servers import REPOSITORY


def extracted(commit: str, folder: Path) -> Path:
    """The folder, with all files of the commit in it."""
    command = ["git", "archive", "--format=tar", commit]
    tar = subprocess.run(command, cwd=REPOSITORY, check=True, capture_output=True).stdout
    with tarfile.open(fileobj=io.BytesIO(tar)) as archive:
        archive.extractall(folder, filter="data")
    return folder
