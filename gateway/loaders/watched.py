"""Loaders whose batches are told to metrics and traces."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, TypeVar
from weakref import WeakMethod

from aiodataloader import DataLoader

from gateway.db.database import AroundStatement

L = TypeVar("L", bound=DataLoader[Any, Any])

#: Told the name of a loader and how many keys it answers at once.
CountBatch = Callable[[str, int], None]
#: Entered around a batch, which is told in the same way.
AroundBatch = Callable[[str, int], AbstractContextManager[None]]


class Watch:
    """Whoever wants to know what operations read; made once for a process.

    ``around_statement`` is for the snapshots of operations.
    """

    def __init__(
        self,
        count_batch: CountBatch | None = None,
        around_batch: AroundBatch | None = None,
        around_statement: AroundStatement | None = None,
    ) -> None:
        self.around_statement = around_statement
        self._count = count_batch
        self._around = around_batch

    def loader(self, name: str, loader: L) -> L:
        """The loader, its batches told under this name from now on."""
        count, around = self._count, self._around
        if count is None and around is None:
            return loader
        # Weak: a loader that refers to itself would stay until the garbage collector comes by.
        method = WeakMethod(loader.batch_load_fn)

        async def watched(keys: list[Any]) -> Any:
            answer = method()
            assert answer is not None  # noqa: S101 - whoever calls this holds the loader
            if count is not None:
                count(name, len(keys))
            if around is None:
                return await answer(keys)
            with around(name, len(keys)):
                return await answer(keys)

        loader.batch_load_fn = watched
        return loader


#: Tells nobody.
UNWATCHED = Watch()
