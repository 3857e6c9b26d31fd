"""Loaders of the name index: entities by identifier, and pages of lists of names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from gateway.changes.entity import SITE, Entity
from gateway.directory.listing import (
    LAST_DAYS_OF_WORKFLOWS,
    NEVER,
    Listed,
    ListOrder,
    ListQuestion,
    SortKey,
    count,
    named,
    page,
    searched,
)
from gateway.directory.name_index import identifier_number
from gateway.directory.name_lists import NameList
from gateway.loaders.loader import Bound, KeyLoader, Request, StatementLoader, pairs

_BY_EVENTS = (ListOrder.COUNT, ListOrder.LAST_DAY)


class Identifier(NamedTuple):
    """An identifier: a key in one of the lists of identifiers."""

    name_list: NameList
    key: str


class IdentifierLoader(KeyLoader[Identifier, tuple[int, ...]]):
    """The ids of whoever has an identifier, ascending; as a rule one or none."""

    name = "identifier"
    default = ()

    def statement(self, key: Identifier) -> Bound:
        return named(*key)

    def value(self, key: Identifier, rows: Sequence[Any]) -> tuple[int, ...]:
        return tuple(sorted(row[0] for row in rows))

    def entities(self, key: Identifier) -> tuple[Entity, ...]:
        return (("identifier", identifier_number(*key)),)


class ListLoader(KeyLoader[ListQuestion, tuple[SortKey, ...]]):
    """Pages of lists, in their order; of a search that finds too many, some page."""

    name = "list of names"
    default = ()

    def statement(self, key: ListQuestion) -> Bound:
        return page(key)

    def value(self, key: ListQuestion, rows: Sequence[Any]) -> tuple[SortKey, ...]:
        entries = sorted(SortKey(*row) for row in rows)
        if key.order in _BY_EVENTS:
            entries.sort(key=lambda entry: -int(entry.value))
        return tuple(entries)

    def entities(self, key: ListQuestion) -> tuple[Entity, ...]:
        # Any event may be of anything that is listed.
        return (*_lists(key.listed), *((SITE,) if key.order in _BY_EVENTS else ()))


class ListCount(NamedTuple):
    """How many entities a list has, and how many words were read to tell."""

    entities: int
    words: int


class ListCountLoader(KeyLoader[Listed, ListCount]):
    """How many entities there are; of a search that reads too many words, at least so many."""

    name = "count of names"
    default = ListCount(0, 0)

    def statement(self, key: Listed) -> Bound:
        return count(key)

    def value(self, key: Listed, rows: Sequence[Any]) -> ListCount:
        return ListCount(*rows[0])

    def entities(self, key: Listed) -> tuple[Entity, ...]:
        return _lists(key)


class WorkflowLastDayLoader(StatementLoader[int, int]):
    """The last days of workflows with classifications; ``NEVER`` without any."""

    name = "last days of workflows"
    default = NEVER

    def requests(self, keys: Sequence[int]) -> Iterable[Request]:
        yield Request(keys, LAST_DAYS_OF_WORKFLOWS, {"ids": keys}, pairs)

    def entities(self, key: int) -> tuple[Entity, ...]:
        return (("workflow", key), ("workflow_record", key))


def _lists(listed: Listed) -> tuple[Entity, ...]:
    """The list and the one whose words are searched for it: each changes with its members."""
    return tuple(("name_list", one) for one in sorted({listed.name_list, searched(listed)}))
