"""How far apart ticks are."""

from __future__ import annotations

import pytest

from gateway.graphql.live.ticks import pause_after


@pytest.mark.parametrize(
    ("worked", "share", "pause"),
    [
        # From the beginning of a tick to the next.
        (0.0, 0.5, 1.0),
        (0.25, 0.5, 0.75),
        (0.5, 0.5, 0.5),
        # At least as long as it worked.
        (3.0, 0.5, 3.0),
        # Four times as long as it worked.
        (3.0, 0.2, 12.0),
        (0.1, 0.2, 0.9),
    ],
)
def test_a_pause_is_as_long_as_the_share_demands(worked: float, share: float, pause: float) -> None:
    assert pause_after(worked, 1.0, share) == pytest.approx(pause)
