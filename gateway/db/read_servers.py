"""Read servers: which of several PostgreSQL servers a process reads from.

Standbys come in the order in which this process prefers them, and the primary is the last. The
process reads from the first that answers and does not lag too much; if none is like that, from the
one that lags least: an answer that is older is better than none.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

logger = logging.getLogger(__name__)

#: Reads return to a preferred server once it was well in so many checks in a row.
_CHECKS_UNTIL_WELL = 3


@dataclass(slots=True)
class ReadServer:
    """The state of one server at its last check; before the first one it counts as well."""

    #: What errors and logs call it: no password.
    redacted: str
    role: str
    lag_seconds: float = 0.0
    answers: bool = True
    #: Checks in a row that it has passed.
    well: int = _CHECKS_UNTIL_WELL


class ReadServers:
    """The standbys, then the primary; servers are named by their indices.

    ``lag_limit`` is in seconds. ``moves`` counts how often reads went on at another server.
    """

    def __init__(self, standbys: Sequence[str], primary: str, lag_limit: float) -> None:
        self.servers = [
            *(ReadServer(redacted, "standby") for redacted in standbys),
            ReadServer(primary, "primary"),
        ]
        self.current = 0
        self.moves = 0
        self._lag_limit = lag_limit

    @property
    def primary(self) -> int:
        """The index of the primary."""
        return len(self.servers) - 1

    @property
    def server(self) -> ReadServer:
        """The server that is read from."""
        return self.servers[self.current]

    def order(self, *, at_primary: bool) -> list[int]:
        """The indices of servers to read from: the next one if one is away."""
        indices = range(len(self.servers))
        first = [self.primary, self.current] if at_primary else [self.current]
        others = [index for index in indices if index not in first]
        others.sort(key=lambda index: not self.servers[index].answers)
        return list(dict.fromkeys([*first, *others]))

    def checked(self, index: int, role: str, lag_seconds: float) -> None:
        """Record that a server has answered a check; :meth:`choose` looks at all of them."""
        server = self.servers[index]
        server.role, server.lag_seconds, server.answers = role, lag_seconds, True
        server.well = server.well + 1 if lag_seconds <= self._lag_limit else 0

    def missed(self, index: int) -> None:
        """Record that a server has not answered a check; :meth:`choose` looks at all of them."""
        server = self.servers[index]
        server.answers, server.well = False, 0

    def failed(self, index: int) -> None:
        """Record that a read has failed at a server; if it is the current one, choose again."""
        self.missed(index)
        if index == self.current:
            self.choose()

    def choose(self) -> None:
        """Choose where to read, and log it if that is another server than before."""
        index = self._chosen()
        if index == self.current:
            return
        before, self.current = self.server, index
        self.moves += 1
        logger.warning(
            "Reads move to the %s %s: %s.",
            self.server.role,
            self.server.redacted,
            self._reason(before),
        )

    def _chosen(self) -> int:
        answering = [index for index, one in enumerate(self.servers) if one.answers]
        fit = [index for index in answering if self._is_fit(index)]
        if fit:
            return fit[0]
        # The same one as before, among equals.
        return min(
            answering,
            key=lambda index: (self.servers[index].lag_seconds, index != self.current),
            default=self.current,
        )

    def _is_fit(self, index: int) -> bool:
        server, current = self.servers[index], self.server
        if server.lag_seconds > self._lag_limit:
            return False
        is_current_fit = current.answers and current.lag_seconds <= self._lag_limit
        returns = index < self.current and is_current_fit
        return not returns or server.well >= _CHECKS_UNTIL_WELL

    def _reason(self, before: ReadServer) -> str:
        if not before.answers:
            return f"the {before.role} {before.redacted} does not answer"
        if before.lag_seconds > self._lag_limit:
            return f"the {before.role} {before.redacted} lags by {before.lag_seconds:.0f} s"
        return "it is well again"
