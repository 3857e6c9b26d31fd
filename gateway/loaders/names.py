"""Loaders of the name index: who has an identifier, and pages of lists of names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from gateway.changes.entity import SITE, Entity
from gateway.directory.listing import (
    LAST_DAYS_OF_WORKFLOWS,
    NEVER,
    Listed,
    ListOrder,
    ListPlace,
    ListQuestion,
    count,
    named,
    page,
    searched,
)
from gateway.directory.name_index import identifier_number
from gateway.directory.name_lists import NameList
from gateway.loaders.loader import Request, StatementLoader


class Identifier(NamedTuple):
    """What something is looked up by: a key in one of the lists of identifiers."""

    name_list: NameList
    key: str


class IdentifierLoader(StatementLoader[Identifier, tuple[int, ...]]):
    """The ids of whoever has an identifier, ascending; as a rule one or none."""

    name = "identifier"

    def requests(self, keys: Sequence[Identifier]) -> Iterable[Request]:
        for key in keys:

            def values(
                rows: Sequence[Any], key: Identifier = key
            ) -> Mapping[Identifier, tuple[int, ...]]:
                return {key: tuple(sorted(row[0] for row in rows))}

            yield Request([key], *named(*key), values)

    def entities(self, key: Identifier) -> tuple[Entity, ...]:
        return (("identifier", identifier_number(*key)),)

    def nothing(self) -> tuple[int, ...]:
        return ()


class ListLoader(StatementLoader[ListQuestion, tuple[ListPlace, ...]]):
    """Pages of lists, in their order; of a search that finds too many, some page."""

    name = "list of names"

    def requests(self, keys: Sequence[ListQuestion]) -> Iterable[Request]:
        for key in keys:

            def values(
                rows: Sequence[Any], key: ListQuestion = key
            ) -> Mapping[ListQuestion, tuple[ListPlace, ...]]:
                places = sorted(ListPlace(*row) for row in rows)
                if key.order in (ListOrder.COUNT, ListOrder.LAST_DAY):
                    places.sort(key=lambda place: -int(place.value))
                return {key: tuple(places)}

            yield Request([key], *page(key), values)

    def entities(self, key: ListQuestion) -> tuple[Entity, ...]:
        # Any event may be of anything that is listed.
        counted = (SITE,) if key.order in (ListOrder.COUNT, ListOrder.LAST_DAY) else ()
        return (*_lists(key.listed), *counted)

    def nothing(self) -> tuple[ListPlace, ...]:
        return ()


class ListCount(NamedTuple):
    """How many entities a list has, and how many words were read to tell."""

    entities: int
    words: int


class ListCountLoader(StatementLoader[Listed, ListCount]):
    """How many entities there are; of a search that reads too many words, at least so many."""

    name = "count of names"

    def requests(self, keys: Sequence[Listed]) -> Iterable[Request]:
        for key in keys:

            def values(rows: Sequence[Any], key: Listed = key) -> Mapping[Listed, ListCount]:
                ((entities, words),) = rows
                return {key: ListCount(entities, words)}

            yield Request([key], *count(key), values)

    def entities(self, key: Listed) -> tuple[Entity, ...]:
        return _lists(key)

    def nothing(self) -> ListCount:
        return ListCount(0, 0)


class WorkflowLastDayLoader(StatementLoader[int, int]):
    """The last days of workflows with classifications; ``NEVER`` without any."""

    name = "last days of workflows"

    def requests(self, keys: Sequence[int]) -> Iterable[Request]:
        def values(rows: Sequence[Any]) -> Mapping[int, int]:
            return {row[0]: row[1] for row in rows}

        yield Request(keys, LAST_DAYS_OF_WORKFLOWS, {"ids": keys}, values)

    def entities(self, key: int) -> tuple[Entity, ...]:
        return (("workflow", key), ("workflow_record", key))

    def nothing(self) -> int:
        return NEVER


def _lists(listed: Listed) -> tuple[Entity, ...]:
    """The list and the one whose words are searched for it: each changes with its members."""
    return tuple(("name_list", one) for one in sorted({listed.name_list, searched(listed)}))
