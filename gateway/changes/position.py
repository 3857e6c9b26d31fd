"""Log position: the committed state, and the history, of a read."""

from __future__ import annotations

from typing import NamedTuple


class LogPosition(NamedTuple):
    """The newest row of the change log in a snapshot.

    Two copies of a database go on apart and reach the same ``version``; their ``mark`` differs,
    a random number of 64 bits. Equal positions are the same state.
    """

    version: int
    mark: int
