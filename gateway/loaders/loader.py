"""Batching loaders: what an operation requests in one iteration of the event loop is read together.

A loader defines four things (:class:`StatementLoader`). aiodataloader decides when a batch is sent,
and answers each caller.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any, ClassVar, Generic, NamedTuple, TypeVar

from aiodataloader import DataLoader
from sqlalchemy import Select

from gateway.changes.entity import Entity

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class LoaderError(Exception):
    """A loader breaks its contract: its ``requests`` left a ``key`` out."""

    def __init__(self, loader: str, key: object) -> None:
        super().__init__(
            f"{loader} has no value for the key {key!r}: its requests() must contain each key."
        )
        self.loader = loader
        self.key = key


class KeyList:
    """Keys of one call of a loader, and the future of their values."""

    __slots__ = ("alone", "future", "keys", "loader")

    def __init__(self, loader: Loader[Any, Any], keys: Sequence[Any], *, alone: bool) -> None:
        self.loader = loader
        self.keys = keys
        #: Whether the value of the only key is wanted, and not a list.
        self.alone = alone
        self.future: asyncio.Future[Any] | None = None

    def result(self) -> Any:
        """The values once all are known, or the first error in the place of one."""
        known = self.loader.values
        try:
            if self.alone:
                return known[self.keys[0]]
            values = [known[key] for key in self.keys]
        except KeyError:
            missing = next(key for key in self.keys if key not in known)
            return LoaderError(type(self.loader).__name__, missing)
        if self.loader.has_errors:
            for value in values:
                if isinstance(value, Exception):
                    return value
        return values


class Batches(ABC):
    """aiodataloader's batches. One batch is read at a time, and a failed one is not cached.

    A key of aiodataloader is a list of keys here: it makes a future for each key, and a gathered
    one around those of a list. For a page of members that costs more than all else of an operation.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._data_loader: DataLoader[KeyList, Any] = DataLoader(self._batch, cache=False)
        self._one_at_a_time = asyncio.Lock()

    def load(self, key_list: KeyList, unknown: list[Any]) -> asyncio.Future[Any]:
        """Load a key list: the future of its values, which is done already if none is unknown."""
        if unknown and self.uncached(key_list.loader, unknown):
            key_list.future = self._data_loader.load(key_list)
            return key_list.future
        future: asyncio.Future[Any] = self._loop.create_future()
        result = key_list.result()
        if isinstance(result, Exception):
            future.set_exception(result)
        else:
            future.set_result(result)
        return future

    def uncached(self, loader: Any, keys: list[Any]) -> list[Any]:
        """The keys whose values must be read; puts the cached values into ``values``."""
        return keys

    @abstractmethod
    async def read(self, wanted: Mapping[Any, Sequence[Any]]) -> None:
        """Put a value of each of these keys into ``values`` of its loader."""

    async def _batch(self, batch: list[KeyList]) -> list[Any]:
        try:
            async with self._one_at_a_time:
                wanted: dict[Loader[Any, Any], dict[Any, None]] = {}
                for key_list in batch:
                    loader = key_list.loader
                    unknown = wanted.get(loader)
                    if unknown is None:
                        unknown = wanted[loader] = {}
                    for key in key_list.keys:
                        if key not in loader.values:
                            unknown[key] = None
                missing = {loader: [*keys] for loader, keys in wanted.items() if keys}
                if missing:
                    await self.read(missing)
        except asyncio.CancelledError:
            # aiodataloader passes on errors, but no cancellation: callers would wait for ever.
            for key_list in batch:
                if key_list.future is not None:
                    key_list.future.cancel()
            raise
        return [key_list.result() for key_list in batch]


class Loader(ABC, Generic[K, V]):
    """Values by key for one operation; to be made inside the running loop."""

    #: Whether an error may stand in the place of a value.
    has_errors: ClassVar[bool] = False

    def __init__(self, batches: Batches) -> None:
        self._batches = batches
        #: The values that were loaded.
        self.values: dict[K, V] = {}

    def load(self, key: K) -> asyncio.Future[V]:
        """The value of a key; raises the error in its place."""
        keys = [key]
        unknown = [] if key in self.values else keys
        return self._batches.load(KeyList(self, keys, alone=True), unknown)

    def load_many(self, keys: Iterable[K]) -> asyncio.Future[list[V]]:
        """The values of keys, in their order; raises the first error in the place of one."""
        requested, known = [*keys], self.values
        unknown = [key for key in requested if key not in known]
        return self._batches.load(KeyList(self, requested, alone=False), unknown)

    def prime(self, key: K, value: V) -> None:
        """Store a value that came along, unless the key has one."""
        self.values.setdefault(key, value)


#: The value of keys without rows where values are mappings.
EMPTY: Mapping[Any, Any] = MappingProxyType({})

#: A statement and its parameters.
Bound = tuple[Select[Any], Mapping[str, Any]]


class Request(NamedTuple):
    """A statement that answers keys."""

    keys: Sequence[Any]
    statement: Select[Any]
    parameters: Mapping[str, Any]
    #: Values by key in the rows, which are in no particular order; a key may be left out.
    values: Callable[[Sequence[Any]], Mapping[Any, Any]]
    #: Whether there may be thousands of rows.
    large: bool = False


def pairs(rows: Iterable[Any]) -> dict[Any, Any]:
    """Rows of a key and its value, as :class:`Request` takes them."""
    return {key: value for key, value in rows}  # noqa: C416  (rows are no pairs to dict)


class StatementLoader(Loader[K, V], Generic[K, V]):
    """A loader of what statements answer; ``name`` tells loaders of one class apart."""

    #: What metrics and the read cache call it.
    name: str
    #: The value of a key that no row contains.
    default: V

    def __init__(self, batches: Batches, name: str | None = None) -> None:
        super().__init__(batches)
        if name is not None:
            self.name = name

    @abstractmethod
    def requests(self, keys: Sequence[K]) -> Iterable[Request]:
        """The statements that answer the keys, each key once."""

    @abstractmethod
    def entities(self, key: K) -> tuple[Entity, ...]:
        """What changes whenever the value does; nothing for a value that is never cached."""


class KeyLoader(StatementLoader[K, V], Generic[K, V]):
    """A loader that has a statement for each key."""

    @abstractmethod
    def statement(self, key: K) -> Bound:
        """The statement of the key."""

    @abstractmethod
    def value(self, key: K, rows: Sequence[Any]) -> V:
        """The value of the key in the rows, which are in no particular order."""

    def requests(self, keys: Sequence[K]) -> Iterable[Request]:
        return (Request([key], *self.statement(key), partial(self._values, key)) for key in keys)

    def _values(self, key: K, rows: Sequence[Any]) -> Mapping[K, V]:
        return {key: self.value(key, rows)}
