"""Files that are made up, imported: no traceback, no hang, no more memory than there is.

A few by default, the same every time. ``make fuzz-import`` goes on with others for five minutes:
half of them with files that hypothesis makes up, and half with those that atheris, guided by the
code that they reach, makes of real ones. Without atheris, hypothesis has all of the time. With
``FUZZ_SEED=7`` both make up others.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, example, given, seed, settings

from tests.cli.import_check import LONGEST_SECONDS, MOST_MEGABYTES, ROOT, ImportCheck
from tests.cli.made_up_files import PARQUET, files, whole_files

HAS_ATHERIS = find_spec("atheris") is not None
SECONDS = float(os.environ.get("FUZZ_SECONDS", "0")) / (2 if HAS_ATHERIS else 1)
FIRST_SEED = int(os.environ.get("FUZZ_SEED", "0"))
SETTINGS = settings(
    max_examples=30,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
#: Of the time that atheris has, so much goes into finding files, and the rest into importing them.
FINDING = 0.6
LARGEST_BYTES = 8_000


@pytest.fixture
def check(tmp_path: Path) -> Iterator[ImportCheck]:
    directory = tmp_path / "imported"
    directory.mkdir()
    found = ImportCheck(directory)
    try:
        for content in whole_files():
            found(content)
        yield found
    finally:
        found.end()


def test_whatever_a_file_holds_it_is_counted_or_told(check: ImportCheck) -> None:
    @SETTINGS
    @given(files())
    @example(b"PAR1")
    @example(b"PAR1" * 3)
    @example(PARQUET[0][:-1])
    @example(PARQUET[0][:-8] + bytes(4) + b"PAR1")
    def imported(content: bytes) -> None:
        check(content)

    until = time.monotonic() + SECONDS
    for turn in count(FIRST_SEED):
        seed(turn)(imported)()
        if time.monotonic() >= until:
            break
    assert {(0, True), (2, False)} <= check.outcomes


@pytest.mark.skipif(not HAS_ATHERIS, reason="There is no atheris for this interpreter here.")
def test_whatever_reaches_other_code_is_counted_or_told(check: ImportCheck, tmp_path: Path) -> None:
    found, real = tmp_path / "found", tmp_path / "real"
    found.mkdir()
    real.mkdir()
    for number, content in enumerate(whole_files()):
        (real / str(number)).write_bytes(content)
    until = time.monotonic() + SECONDS
    options = {
        "max_len": LARGEST_BYTES,
        "timeout": LONGEST_SECONDS,
        "rss_limit_mb": MOST_MEGABYTES,
        # Its 0 is any.
        "seed": FIRST_SEED + 1,
        **({"max_total_time": round(SECONDS * FINDING)} if SECONDS else {"runs": 100}),
    }
    guided = subprocess.run(
        [
            # The peak of memory that is limited begins with that of whoever starts the program: not
            # with that of this process, but with that of a shell.
            *("sh", "-c", '"$@"; exit $?', "sh"),
            *(sys.executable, "-m", "tests.cli.guided_reading", str(found), str(real)),
            *(f"-{name}={value}" for name, value in options.items()),
        ],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    refused = [path.read_bytes() for path in tmp_path.glob("*-*") if path.is_file()]
    assert guided.returncode == 0, f"{refused}\n{guided.stdout[-5_000:]}"
    # The newest first, for they reached what was hardest to reach: time may not do for all.
    for path in sorted(found.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True):
        check(path.read_bytes())
        if time.monotonic() >= until:
            break
