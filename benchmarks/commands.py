"""Commands, measured from their start to their end."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

_LOOKED_SECONDS = 0.02


class Used(NamedTuple):
    """What a command has used."""

    #: CPU time of all its threads, in the kernel too.
    cpu: float
    seconds: float
    #: The most memory that it had at once.
    mebibytes: float


def run(command: Sequence[str], folder: Path) -> Used:
    """Run a command there as a user would, but for what it says; SystemExit if it fails."""
    started = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    peak = 0.0
    while True:
        ended, status, usage = os.wait4(process.pid, os.WNOHANG)
        if ended:
            break
        # Not what wait4 says: that may be the parent's.
        peak = max(peak, _peak_mebibytes(process.pid))
        time.sleep(_LOOKED_SECONDS)
    if status:
        raise SystemExit(f"{' '.join(command)} ended with status {status}")
    return Used(usage.ru_utime + usage.ru_stime, time.perf_counter() - started, peak)


def _peak_mebibytes(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return sum(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:"))
