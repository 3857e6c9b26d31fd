"""Whether an import of a file, whatever it holds, says and stores what adds up."""

from __future__ import annotations

import csv
import json
import os
import re
import select
import subprocess
import sys
import time
from pathlib import Path

from tests.cli.importing_again import DATABASE

MOST_MEGABYTES = 512
#: So long may one file of a few kilobytes take on a machine that does much else.
LONGEST_SECONDS = 60
#: The checkout, for processes that run elsewhere.
ROOT = Path(__file__).parents[2]


def is_sentence(text: str) -> bool:
    """Whether a text is one line that can be printed and ends with one full stop."""
    return re.fullmatch(r".+[^.]\.", text) is not None and text.isprintable()


class ImportCheck:
    """Imports one file after another in a process of its own, and checks what comes of each."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        #: Exit statuses that were seen, with whether anything was stored.
        self.outcomes: set[tuple[object, bool]] = set()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.cli.importing_again"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=directory,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            bufsize=0,
        )

    def __call__(self, content: bytes) -> None:
        """Fail unless the file is counted or told of, without traceback, hang or much memory."""
        (self._directory / "file").write_bytes(content)
        said = self._import("file")
        assert said["fault"] is None, said["fault"]
        assert said["exit_code"] in (0, 1, 2), said
        out, err = str(said["stdout"]), str(said["stderr"])
        assert "Traceback" not in out + err
        counts = {
            name: int(number.replace(",", ""))
            for name, number in re.findall(r"^([a-z]+) +([0-9,]+)$", out, re.MULTILINE)
        }
        self.outcomes.add((said["exit_code"], counts.get("stored", 0) > 0))
        assert said["more"] == counts.get("stored", 0)
        assert self._refused() == counts.get("rejected", 0)
        if said["exit_code"] == 2:
            assert err.startswith("Error: "), err
            assert err.endswith("\n"), err
            assert is_sentence(err[:-1]), err
        assert int(str(said["megabytes"])) < MOST_MEGABYTES
        left = {
            path.name.removesuffix("-wal").removesuffix("-shm")
            for path in self._directory.iterdir()
        }
        assert left <= {"file", DATABASE}

    def _refused(self) -> int:
        """How many rows the report of rejects has; it is taken away."""
        rejects = self._directory / "file.rejects.csv"
        if not rejects.exists():
            return 0
        with rejects.open(encoding="utf-8", newline="") as file:
            refused = sum(1 for _ in csv.reader(file)) - 1
        rejects.unlink()
        return refused

    def _import(self, name: str) -> dict[str, object]:
        """What comes of a file; it fails where nothing comes of it in time."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{name}\n".encode())
        answer = b""
        until = time.monotonic() + LONGEST_SECONDS
        while not answer.endswith(b"\n"):
            left = max(until - time.monotonic(), 0)
            ready, _, _ = select.select([self._process.stdout], [], [], left)
            assert ready, "the import hangs"
            piece = os.read(self._process.stdout.fileno(), 1 << 16)
            assert piece, f"the import ended with {self._process.wait()}"
            answer += piece
        said: dict[str, object] = json.loads(answer)
        return said

    def end(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()
