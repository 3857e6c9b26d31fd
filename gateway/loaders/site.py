"""Loaders of what a statement answers about the whole site."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import Select

from gateway.changes.entity import SITE, Entity
from gateway.loaders.loader import Batches, Request, StatementLoader

K = TypeVar("K", bound=Hashable)

#: Rows in ascending order.
SiteRows = tuple[tuple[Any, ...], ...]


class SiteLoader(StatementLoader[K, SiteRows]):
    """The rows of a question's statement, which any change may change."""

    def __init__(self, batches: Batches, name: str, statement: Callable[[K], Select[Any]]) -> None:
        super().__init__(batches)
        self.name = name  # type: ignore[misc]  # one class for all such statements
        self._statement = statement

    def requests(self, keys: Sequence[K]) -> Iterable[Request]:
        for key in keys:

            def values(rows: Sequence[Any], key: K = key) -> Mapping[K, SiteRows]:
                return {key: tuple(sorted(map(tuple, rows)))}

            yield Request([key], self._statement(key), {}, values)

    def entities(self, key: K) -> tuple[Entity, ...]:
        return (SITE,)

    def nothing(self) -> SiteRows:
        return ()
