"""When a workflow will be complete at the pace of its last two weeks."""

from __future__ import annotations

from collections.abc import Sequence

#: Full days before today that tell the pace.
PACE_DAYS = 14


def days_to_completion(
    subjects: int, retirement_count: int, classified: int, recent: Sequence[int]
) -> int | None:
    """Whole days until each subject has its classifications, rounded up; None without any pace.

    ``recent`` holds the counts of those of the last ``PACE_DAYS`` full days that have any.
    ``max(0, ceil(n * need / total))`` with ``need = subjects * retirement count - classified``:
    the formula of the project statistics page of Zooniverse's front end.
    """
    total = sum(recent)
    if not total:
        return None
    need = subjects * retirement_count - classified
    return max(0, -(-len(recent) * need // total))
