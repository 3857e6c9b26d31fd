"""Completion estimate: when a workflow will be complete at the pace of its last two weeks."""

from __future__ import annotations

from fractions import Fraction

#: Full days before today from which the pace is computed; fewer for a younger workflow.
PACE_DAYS = 14


def classifications_needed(
    subjects: int, retirement_count: int, classified: int, completeness: float | None
) -> int:
    """Remaining classifications until all subjects are retired; 0 if they have enough.

    Each subject takes ``retirement_count``; those that are retired take no more, however many
    they had: ``completeness`` is their share of all, from which their whole number follows.
    """
    needed = subjects * retirement_count - classified
    if completeness is not None:
        # As a fraction: a product of floats would be off by one where subjects are many.
        retired = round(Fraction(completeness) * subjects)
        needed = min(needed, (subjects - retired) * retirement_count)
    return max(0, needed)


def days_to_completion(needed: int, days: int, total: int) -> int | None:
    """Whole days, rounded up, at the pace of ``total`` in ``days`` full days; None if it is 0."""
    if not total:
        return None
    return -(-needed * days // total)
