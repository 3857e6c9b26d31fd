"""Server state: what a PostgreSQL server says of its own replication.

LSNs (places in the write-ahead log) are numbers of bytes.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Float, Select, case, cast, func, literal_column, select

_recovers = func.pg_is_in_recovery()
_start: Any = literal_column("'0/0'::pg_lsn")


def _bytes(lsn: Any) -> Any:
    return cast(func.pg_wal_lsn_diff(lsn, _start), BigInteger)


#: The one row of a :class:`ServerState`.
SERVER_STATE: Select[Any] = select(
    _recovers,
    _bytes(
        case((_recovers, func.pg_last_wal_replay_lsn()), else_=func.pg_current_wal_lsn()),
    ),
    _bytes(case((_recovers, func.pg_last_wal_receive_lsn()))),
    cast(
        func.extract("epoch", func.clock_timestamp() - func.pg_last_xact_replay_timestamp()),
        Float,
    ),
)


class ServerState(NamedTuple):
    """The replication state of one server."""

    #: Whether it is a standby.
    in_recovery: bool
    #: What it has written or, a standby, replayed.
    lsn: int
    #: What a standby has received; None if it has received nothing since it was started.
    received: int | None
    #: How long ago, by the clocks of both servers, what a standby replayed last was committed.
    replayed_seconds_ago: float | None

    @property
    def role(self) -> str:
        """``primary`` or ``standby``."""
        return "standby" if self.in_recovery else "primary"

    @property
    def own_lag(self) -> float:
        """The lag in seconds as far as the server itself can tell.

        What was received and is not replayed yet counts as old as the last transaction that was:
        while nothing is written that one grows old, and is no lag.
        """
        if not self.in_recovery or self.received is None or self.lsn >= self.received:
            return 0.0
        return max(0.0, self.replayed_seconds_ago or 0.0)
