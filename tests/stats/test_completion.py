import pytest

from gateway.stats.completion import days_to_completion


@pytest.mark.parametrize(
    ("subjects", "retirement", "classified", "recent", "days"),
    [
        (100, 10, 0, [100], 10),
        (100, 10, 1, [100], 10),
        (100, 10, 100, [100], 9),
        (100, 10, 0, [50, 150], 10),
        (100, 10, 999, [1], 1),
        (100, 10, 1000, [7], 0),
        (100, 10, 2000, [7], 0),
        (100, 10, 0, [], None),
        (0, 10, 0, [3], 0),
    ],
)
def test_days_are_what_is_needed_at_the_pace_of_the_days_that_have_counts(
    subjects: int, retirement: int, classified: int, recent: list[int], days: int | None
) -> None:
    assert days_to_completion(subjects, retirement, classified, recent) == days


def test_large_figures_are_exact() -> None:
    assert days_to_completion(10**9, 10**9, 1, [3, 3]) == -(-2 * (10**18 - 1) // 6)
