"""The programs of others that read the examples."""

from __future__ import annotations

import os
import shutil

import pytest


def installed(name: str, package: str) -> str:
    """The path of a program; without it the test is skipped, and fails in CI."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin")
    if found is None:
        sentence = f"{name} is not installed: apt-get install {package}."
        (pytest.fail if os.environ.get("CI") else pytest.skip)(sentence)
    return found
