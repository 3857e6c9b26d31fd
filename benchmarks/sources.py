"""The sources of a commit, to compare it with another."""

from __future__ import annotations

import io
import subprocess
import zipfile
from pathlib import Path

from benchmarks.servers import REPOSITORY


def extracted(commit: str, folder: Path) -> Path:
    """The folder, with all files of the commit in it."""
    # No tar: Python extracts it safely from 3.11.4 on only.
    command = ["git", "archive", "--format=zip", commit]
    packed = subprocess.run(command, cwd=REPOSITORY, check=True, capture_output=True).stdout
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        archive.extractall(folder)
    return folder
