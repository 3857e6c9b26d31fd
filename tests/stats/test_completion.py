"""Days to completion, in whole numbers."""

import pytest

from gateway.stats.completion import classifications_needed, days_to_completion


@pytest.mark.parametrize(
    ("subjects", "limit", "classified", "completeness", "needed"),
    [
        (100, 10, 0, None, 1000),
        (100, 10, 1, None, 999),
        (100, 10, 999, None, 1),
        (100, 10, 1000, None, 0),
        (100, 10, 2000, None, 0),
        (0, 10, 0, None, 0),
        (1000, 30, 3000, 0.999, 30),
        (1000, 30, 29_990, 0.999, 10),
        (1000, 30, 3000, 0.0, 27_000),
        (3, 10, 0, 1 / 3, 20),
        (3, 10, 0, 2 / 3, 10),
        (7, 10, 0, 6 / 7, 10),
        (1000, 30, 3000, 0.9994, 30),
        (1000, 30, 3000, 0.9996, 0),
        # A product of floats has no room for the last digits.
        (2**53 - 1, 1, 0, 0.5, 2**52 - 1),
        (3**33, 1, 0, 1 / 3, 2 * 3**32),
    ],
)
def test_what_is_needed_is_the_smaller_of_both_counts(
    subjects: int, limit: int, classified: int, completeness: float | None, needed: int
) -> None:
    assert classifications_needed(subjects, limit, classified, completeness) == needed


@pytest.mark.parametrize(
    ("needed", "days", "total", "expected"),
    [
        (30, 14, 14 * 300, 1),
        (9700, 14, 200, 679),
        (9800, 2, 200, 98),
        (1000, 1, 100, 10),
        (1001, 1, 100, 11),
        (0, 14, 7, 0),
        (1, 14, 10**9, 1),
        (5, 14, 0, None),
        (5, 0, 0, None),
        (10**18 - 1, 2, 6, 333_333_333_333_333_333),
        (10**18, 14, 6, 2_333_333_333_333_333_334),
    ],
)
def test_days_are_what_is_needed_at_the_pace_of_all_days(
    needed: int, days: int, total: int, expected: int | None
) -> None:
    assert days_to_completion(needed, days, total) == expected
