"""Loaders: whatever an operation asks in one turn is answered together, and once.

``load`` and ``load_many`` take their keys at once and answer later, or without any delay where
the answer is known. A batch that fails is forgotten, so that it may be asked again.

aiodataloader says when a batch goes out. It would make a future for each key, and a gathered one
around those of a list: for a page of members that costs more than the rest of the operation. So
what it batches are turns, each with all the keys that a loader was asked for meanwhile.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any, Generic, TypeVar

from aiodataloader import DataLoader

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Loader(ABC, Generic[K, V]):
    """Values by key for one operation; to be made inside the running loop."""

    def __init__(self) -> None:
        self._values: dict[K, V | Exception] = {}
        #: Whether an error may stand in the place of a value.
        self._has_errors = False
        self._turn: Turn[K, V] | None = None
        self._turns: dict[K, Turn[K, V]] = {}
        self._loop = asyncio.get_running_loop()

    def load(self, key: K) -> asyncio.Future[V]:
        """The value of a key; raises what stands in its place."""
        future: asyncio.Future[V] = self._loop.create_future()
        waiter = _Waiter(self, (key,), future, alone=True)
        turn = self._turns.get(key)
        if turn is None:
            if key in self._values or not self._not_at_hand([key]):
                waiter.answer()
                return future
            turn = self._turns[key] = self._open_turn()
            turn.keys.append(key)
        waiter.turns = 1
        turn.waiters.append(waiter)
        return future

    def load_many(self, keys: Iterable[K]) -> asyncio.Future[list[V]]:
        """The values of keys, in their order; raises the first error that stands in a place."""
        future: asyncio.Future[list[V]] = self._loop.create_future()
        asked = list(keys)
        waiter = _Waiter(self, asked, future, alone=False)
        unknown = [key for key in asked if key not in self._values]
        if unknown:
            unknown = self._not_at_hand(unknown)
        if not unknown:
            waiter.answer()
            return future
        known = self._turns
        turns = {known[key] for key in unknown if key in known} if known else set()
        fresh = [key for key in dict.fromkeys(unknown) if key not in known]
        if fresh:
            turn = self._open_turn()
            turn.keys += fresh
            known |= dict.fromkeys(fresh, turn)
            turns.add(turn)
        waiter.turns = len(turns)
        for turn in turns:
            turn.waiters.append(waiter)
        return future

    def prime(self, key: K, value: V) -> None:
        """Take a value that came along, unless the key has been asked for."""
        if key not in self._turns:
            self._values.setdefault(key, value)

    def _open_turn(self) -> Turn[K, V]:
        if self._turn is None:
            self._turn = Turn(self)
            self._schedule(self._turn)
        return self._turn

    def _not_at_hand(self, keys: list[K]) -> list[K]:
        """The keys whose values could not be put in place without waiting."""
        return keys

    @abstractmethod
    def _schedule(self, turn: Turn[K, V]) -> None:
        """See to it that the turn is begun soon, and then ended."""


class Turn(Generic[K, V]):
    """The keys that were asked for together, and who waits for them."""

    __slots__ = ("keys", "loader", "waiters")

    def __init__(self, loader: Loader[K, V]) -> None:
        self.loader = loader
        self.keys: list[K] = []
        self.waiters: list[_Waiter[K, V]] = []

    def begin(self) -> list[K]:
        """Take no more keys, and tell which there are."""
        self._close()
        return self.keys

    def end(self, values: Mapping[K, V | Exception]) -> None:
        """Give the values to all who wait."""
        self.loader._values.update(values)
        self._leave()
        for waiter in self.waiters:
            waiter.turns -= 1
            if not waiter.turns:
                waiter.answer()

    def fail(self, error: BaseException) -> None:
        """Give the error to all who wait, and forget what was asked."""
        self._leave()
        for waiter in self.waiters:
            waiter.fail(error)

    def _close(self) -> None:
        if self.loader._turn is self:
            self.loader._turn = None

    def _leave(self) -> None:
        self._close()
        for key in self.keys:
            self.loader._turns.pop(key, None)


class _Waiter(Generic[K, V]):
    __slots__ = ("_alone", "_future", "_loader", "keys", "turns")

    def __init__(
        self, loader: Loader[K, V], keys: Sequence[K], future: asyncio.Future[Any], *, alone: bool
    ) -> None:
        self.keys = keys
        self.turns = 0
        self._loader = loader
        self._future = future
        self._alone = alone

    def answer(self) -> None:
        if self._future.done():
            return
        known = self._loader._values
        values = [known[key] for key in self.keys]
        if self._loader._has_errors:
            for value in values:
                if isinstance(value, Exception):
                    self._future.set_exception(value)
                    return
        self._future.set_result(values[0] if self._alone else values)

    def fail(self, error: BaseException) -> None:
        if isinstance(error, asyncio.CancelledError):
            self._future.cancel()
        elif not self._future.done():
            self._future.set_exception(error)


class BatchLoader(Loader[K, V]):
    """A loader that asks others: its keys of one turn are answered by one :meth:`batch`."""

    def __init__(self) -> None:
        super().__init__()
        self._turns_begun: DataLoader[Turn[K, V], None] = DataLoader(self._run, cache=False)

    @abstractmethod
    async def batch(self, keys: list[K]) -> Sequence[V | Exception]:
        """The values in the order of the keys."""

    def _schedule(self, turn: Turn[K, V]) -> None:
        self._turns_begun.load(turn)

    async def _run(self, turns: list[Turn[K, V]]) -> list[None]:
        for turn in turns:
            try:
                keys = turn.begin()
                values = await self.batch(keys)
                if any(isinstance(value, Exception) for value in values):
                    self._has_errors = True
                turn.end(dict(zip(keys, values, strict=True)))
            except BaseException as error:
                turn.fail(error)
                if not isinstance(error, Exception):
                    raise
        return [None] * len(turns)
