"""Installs Patroni and etcd where their processes may run them.

``python -m tests.failover.install`` makes the environment anew.
PostgreSQL refuses to run as root, and another user cannot read an interpreter in root's home. So
root gets a copy of the interpreter, without what is only for its development.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "build" / "failover"
LOCK = ROOT / "requirements" / "failover.lock"
#: Handed out as source alone.
FROM_SOURCE = "python-etcd,ydiff"
_LEFT_OUT = ("site-packages", "test", "idlelib", "tkinter", "__pycache__", "config-*")


def install() -> None:
    """Make the environment anew."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    python = _copied_interpreter() if os.geteuid() == 0 else Path(sys.executable)
    environment = {**os.environ, "LD_LIBRARY_PATH": str(FOLDER / "python" / "lib")}
    environment.pop("PYTHONHOME", None)
    subprocess.run([python, "-m", "venv", FOLDER / "venv"], env=environment, check=True)
    subprocess.run(
        [
            *(FOLDER / "venv" / "bin" / "python", "-m", "pip", "install", "--quiet"),
            *("--disable-pip-version-check", "--require-hashes", "--only-binary", ":all:"),
            *("--no-binary", FROM_SOURCE, "-r", LOCK),
        ],
        env=environment,
        check=True,
    )


def _copied_interpreter() -> Path:
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    base, copy = Path(sys.base_prefix), FOLDER / "python"
    for folder in ("bin", "lib"):
        (copy / folder).mkdir(parents=True)
    shutil.copy(base / "bin" / version, copy / "bin")
    for library in (base / "lib").glob("libpython*.so*"):
        shutil.copy(library, copy / "lib")
    ignored = shutil.ignore_patterns(*_LEFT_OUT)
    shutil.copytree(base / "lib" / version, copy / "lib" / version, ignore=ignored)
    return copy / "bin" / version


if __name__ == "__main__":
    install()
