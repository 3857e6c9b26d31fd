"""Python's garbage collector, as it suits a server."""

from __future__ import annotations

import gc

#: What an answer is made of goes when the answer goes, without the collector: it finds the few
#: cycles there are as well when it looks a tenth as often, and takes a tenth less of each answer.
#: Nothing else happens while it looks: the second generation is small, at most 60,000 objects
#: (some twenty milliseconds). The third is looked at often enough that what caches have evicted
#: does not pile up: statements of SQLAlchemy are cycles.
_THRESHOLDS = (10_000, 5, 50)


def spare() -> None:
    """Let the collector leave alone what is loaded by now, and look less often at the rest."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)
