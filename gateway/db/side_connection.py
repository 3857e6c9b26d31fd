"""Side connection: one connection outside of the pool, for what must not wait for other readers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Mapping
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Select

from gateway.db.compiled import Rows


class SideConnection(ABC):
    """Runs one statement at a time, each in the newest committed state; opened when first used.

    After an error the next statement gets a new connection.
    """

    #: Which database was last read; another value once it was replaced by another.
    source: Hashable = None
    #: Which of several servers answered the last statement: all have the same database, some of
    #: them as it was a moment ago.
    server: int = 0

    @abstractmethod
    def is_unchanged(self) -> bool:
        """Whether it is certain that nothing was committed since the last statement.

        Never waits, and takes no lock. Not to be called while a statement runs.
        """

    @abstractmethod
    async def fetch(self, statement: Select[Any], parameters: Mapping[str, Any]) -> Rows:
        """Run one statement; raises whatever is wrong, TimeoutError if it takes too long.

        Never waits for longer than the timeout; what it was cancelled in is given up.
        """

    @abstractmethod
    async def close(self) -> None:
        """Close the connection."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()
