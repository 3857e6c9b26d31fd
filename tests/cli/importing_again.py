"""A process that imports one file after another and tells what came of each: run with -m.

A name of a file comes in on a line, and a line of JSON goes out.
"""

from __future__ import annotations

import json
import sqlite3
import sys
import traceback
from contextlib import closing
from pathlib import Path

from click.testing import CliRunner

from gateway.cli import main

DATABASE = "stats.db"


def counted() -> int:
    """All events in the database."""
    with closing(sqlite3.connect(DATABASE)) as connection:
        return sum(
            connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            for table in ("classification", "comment")
        )


def peak_megabytes() -> int:
    """The most memory that this program had.

    What getrusage says may be of the process that began this one, before it was another program.
    """
    status = Path("/proc/self/status").read_text().splitlines()
    (peak,) = (line for line in status if line.startswith("VmHWM"))
    return int(peak.split()[1]) // 1024


def imported(name: str) -> dict[str, object]:
    """What an import of a file says and does."""
    before = counted() if Path(DATABASE).exists() else 0
    result = CliRunner().invoke(
        main, ["import", name, "--project-id", "5", "--database-url", f"sqlite:///{DATABASE}"]
    )
    is_fault = result.exception is not None and not isinstance(result.exception, SystemExit)
    return {
        "exit_code": result.exit_code,
        "stdout": result.stdout,
        "stderr": result.stderr,
        "fault": "".join(traceback.format_exception(result.exception)) if is_fault else None,
        "more": (counted() if Path(DATABASE).exists() else 0) - before,
        "megabytes": peak_megabytes(),
    }


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(imported(line.rstrip("\n"))), flush=True)
