"""Which server is read from: the first standby that is well, the primary, or what is left."""

from __future__ import annotations

import pytest

from gateway.db.primary_progress import PrimaryProgress
from gateway.db.read_servers import ReadServers
from gateway.db.server_state import ServerState
from tests.replicas.conftest import lines

ONE, TWO, PRIMARY = 0, 1, 2


@pytest.fixture
def servers() -> ReadServers:
    return ReadServers(["one", "two"], "primary", 10)


def check(servers: ReadServers, one: float | None, two: float | None, primary: bool = True) -> int:
    """Where is read after a check that found these lags; None: it did not answer."""
    for place, lag in ((ONE, one), (TWO, two), (PRIMARY, 0.0 if primary else None)):
        if lag is None:
            servers.missed(place)
        else:
            servers.checked(place, "primary" if place == PRIMARY else "standby", lag)
    servers.choose()
    return servers.current


@pytest.mark.parametrize(
    ("one", "two", "primary", "expected"),
    [
        (0, 0, True, ONE),
        (10, 0, True, ONE),
        (10.1, 0, True, TWO),
        (None, 0, True, TWO),
        (None, None, True, PRIMARY),
        (11, 11, True, PRIMARY),
        (None, 0, False, TWO),
        # An answer that is older is better than none.
        (12, 11, False, TWO),
        (11, 11, False, ONE),
        (11, None, False, ONE),
        (None, None, False, ONE),
    ],
)
def test_it_reads_from_the_first_that_is_well(
    servers: ReadServers,
    one: float | None,
    two: float | None,
    primary: bool,
    expected: int,
) -> None:
    assert check(servers, one, two, primary) == expected


def test_it_returns_to_a_server_that_stays_well(
    servers: ReadServers, caplog: pytest.LogCaptureFixture
) -> None:
    assert check(servers, None, 0) == TWO
    assert [check(servers, 0, 0) for _ in range(3)] == [TWO, TWO, ONE]
    assert check(servers, 11, 0) == TWO
    assert [check(servers, lag, 0) for lag in (0, 0, 11, 0, 0, 0)] == [*[TWO] * 5, ONE]
    assert servers.moves == 4
    assert lines(caplog) == [
        "Reads move to the standby two: the standby one does not answer.",
        "Reads move to the standby one: it is well again.",
        "Reads move to the standby two: the standby one lags by 11 s.",
        "Reads move to the standby one: it is well again.",
    ]


def test_a_server_that_fails_is_left_at_once(servers: ReadServers) -> None:
    servers.failed(TWO)
    assert servers.current == ONE
    assert servers.order(at_primary=False) == [ONE, PRIMARY, TWO]
    servers.failed(ONE)
    assert servers.current == PRIMARY
    assert servers.order(at_primary=False) == [PRIMARY, ONE, TWO]
    assert servers.order(at_primary=True) == [PRIMARY, ONE, TWO]


def test_a_standby_lags_since_the_primary_had_more() -> None:
    progress = PrimaryProgress()
    assert progress.lag_of(0, 5) == 0
    for lsn, now in ((100, 1), (200, 2), (200, 3), (300, 4)):
        progress.note(lsn, now)
    assert [progress.lag_of(lsn, 10) for lsn in (300, 299, 200, 150, 0)] == [0, 6, 6, 8, 9]
    # The primary is idle: whoever has all of it does not lag, however late it is.
    progress.note(300, 1000)
    assert (progress.lag_of(300, 1000), progress.lag_of(299, 1000)) == (0, 996)
    # Another one took over that has less.
    progress.note(250, 1001)
    assert (progress.lag_of(250, 1010), progress.lag_of(249, 1010)) == (0, 9)


@pytest.mark.parametrize(
    ("state", "lag"),
    [
        (ServerState(False, 7, None, None), 0),
        (ServerState(True, 7, 7, 86_400.0), 0),
        (ServerState(True, 7, None, 86_400.0), 0),
        (ServerState(True, 7, 8, 2.5), 2.5),
        (ServerState(True, 7, 8, None), 0),
        # Its clock is behind that of the primary.
        (ServerState(True, 7, 8, -3.0), 0),
    ],
)
def test_a_standby_without_a_primary_lags_by_what_it_has_received(
    state: ServerState, lag: float
) -> None:
    assert state.own_lag == lag
