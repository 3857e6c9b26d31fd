"""A sample of many like cases, for a suite that is run often.

``make exhaustive`` looks at all of them.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")

EXHAUSTIVE = os.environ.get("EXHAUSTIVE") == "1"


def sampled(cases: Sequence[T], every: int) -> Sequence[T]:
    """One of so many cases, evenly spread, or all of them.

    ``every`` should have no divisor in common with how the cases repeat themselves.
    """
    return cases if EXHAUSTIVE else cases[::every]


def examples(number: int) -> int:
    """So many made-up examples, or a third of them."""
    return number if EXHAUSTIVE else -(-number // 3)
