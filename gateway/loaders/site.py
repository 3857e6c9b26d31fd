"""Loaders of what a statement answers about the whole site."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any, TypeVar

from sqlalchemy import Select

from gateway.changes.entity import SITE, Entity
from gateway.loaders.loader import Batches, Bound, KeyLoader

K = TypeVar("K", bound=Hashable)

#: Rows in ascending order.
SiteRows = tuple[tuple[Any, ...], ...]


class SiteLoader(KeyLoader[K, SiteRows]):
    """The rows of a question's statement, which any change may change."""

    default = ()

    def __init__(self, batches: Batches, name: str, statement: Callable[[K], Select[Any]]) -> None:
        super().__init__(batches, name)
        self._statement = statement

    def statement(self, key: K) -> Bound:
        return self._statement(key), {}

    def value(self, key: K, rows: Sequence[Any]) -> SiteRows:
        return tuple(sorted(map(tuple, rows)))

    def entities(self, key: K) -> tuple[Entity, ...]:
        return (SITE,)
