"""Loaders whose batches are told."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from aiodataloader import DataLoader

from gateway.loaders.watched import UNWATCHED, Watch


class Doubles(DataLoader[int, int]):
    async def batch_load_fn(self, keys: list[int]) -> list[int]:
        return [key * 2 for key in keys]


class Fails(DataLoader[int, int]):
    async def batch_load_fn(self, keys: list[int]) -> list[int]:
        raise LookupError(len(keys))


async def test_each_batch_is_counted_with_its_keys() -> None:
    told: list[tuple[str, int]] = []
    loader = Watch(lambda name, size: told.append((name, size))).loader("doubles", Doubles())
    assert await loader.load_many([1, 2, 3]) == [2, 4, 6]
    assert await loader.load_many([3, 4]) == [6, 8]
    assert told == [("doubles", 3), ("doubles", 1)]


async def test_a_batch_runs_within_what_is_around_it_also_when_it_fails() -> None:
    told: list[str] = []

    @contextmanager
    def around(name: str, size: int) -> Iterator[None]:
        told.append(f"begin {name} {size}")
        try:
            yield
        finally:
            told.append(f"end {name}")

    loader = Watch(around_batch=around).loader("fails", Fails())
    with pytest.raises(LookupError):
        await loader.load(1)
    assert told == ["begin fails 1", "end fails"]


async def test_a_loader_that_nobody_watches_is_left_as_it_is() -> None:
    loader = UNWATCHED.loader("doubles", Doubles())
    assert "batch_load_fn" not in vars(loader)


async def test_a_watched_loader_goes_when_its_operation_goes() -> None:
    loader = Watch(lambda *_: None).loader("doubles", Doubles())
    gone = weakref.ref(loader)
    gc.disable()
    try:
        del loader
        assert gone() is None
    finally:
        gc.enable()
