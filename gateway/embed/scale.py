"""Chart scale: from 0 to a round number, with few round ticks between.

The rule is d3's, by which the pages draw; there is no library for it but those that draw as well.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

#: A step is 1, 2, 5 or 10 times a power of ten, by where the exact one lies between these.
_STEPS = ((math.sqrt(50), 10), (math.sqrt(10), 5), (math.sqrt(2), 2))

#: Of a quotient: beyond them it is not exact.
_DIGITS = 9


class Scale(NamedTuple):
    """Scale: the number at the top, and the ticks, 0 first."""

    top: float
    ticks: Sequence[float]


def scale_to(highest: float, count: int = 4, *, whole: bool) -> Scale:
    """Compute a scale that includes ``highest``; with ``whole``, ticks are whole numbers."""
    top = highest or 1.0
    # A rounder top may make for a larger step, and that for a rounder top.
    for _ in range(10):
        step = _step(top, count)
        steps = math.ceil(round(top / step, _DIGITS))
        if math.isclose(steps * step, top):
            break
        top = steps * step
    ticks = [number * step for number in range(steps + 1)]
    return Scale(max(top, highest), [tick for tick in ticks if not whole or tick == int(tick)])


def _step(top: float, count: int) -> float:
    exact = top / count
    power = math.floor(math.log10(exact))
    factor = next((f for least, f in _STEPS if exact / 10.0**power >= least), 1)
    # A division by what is exact: 0.3 is not three times 0.1.
    return factor * 10.0**power if power >= 0 else factor / 10.0**-power
