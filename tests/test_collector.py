"""A server's garbage collector: what was loaded before is left alone."""

from __future__ import annotations

import subprocess
import sys


def test_what_is_loaded_is_left_alone() -> None:
    script = """
import gc
from gateway import collector
before = gc.get_threshold()[0]
collector.spare()
assert gc.get_freeze_count() > 0
assert gc.get_threshold()[0] > before
"""
    subprocess.run([sys.executable, "-c", script], check=True)
