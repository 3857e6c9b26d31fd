"""Pages of the lists of names, and their counts: bounded by the page and the search.

By name and by id, a list is walked in an index from where the page begins. By activity it has no
order that is stored: the sums or days of all its entities are looked up and sorted. A search is
a range of the words of names, of which at most ``MOST_MATCHES`` are read.
"""

from __future__ import annotations

from enum import Enum
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    Integer,
    ScalarSelect,
    Select,
    SmallInteger,
    Subquery,
    Text,
    and_,
    bindparam,
    cast,
    func,
    literal,
    literal_column,
    or_,
    select,
    tuple_,
)

from gateway.calendar import Grain
from gateway.db.ids import among
from gateway.db.rollup_sets import PROJECT, WORKFLOW, RollupSet
from gateway.db.tables import name_key, name_word, project, workflow
from gateway.directory.name_lists import NameList
from gateway.name_keys import beyond

#: Words that one search reads. It would be no help to show more, and cost without end.
MOST_MATCHES = 10_000

#: Entities with the same identifier but for letter case: more are as good as none.
MOST_NAMESAKES = 100

#: Before every day that there is: entities without events come last.
NEVER = -(2**31)


class ListOrder(Enum):
    """Which entities of a list come first; ties by ascending id."""

    #: Ascending keys of names, compared by their bytes.
    NAME = "name"
    #: Most classifications of all time first.
    COUNT = "count"
    #: The latest day with classifications first.
    LAST_DAY = "last day"
    #: Ascending ids.
    ID = "id"


class SortKey(NamedTuple):
    """An entity's sort key in a list: the name key, the sum or day, and its id; by id, the id."""

    value: str | int
    entity_id: int


class Listed(NamedTuple):
    """A list and its filter; ``search`` is a search key, not empty."""

    name_list: NameList
    search: str | None = None


class ListQuestion(NamedTuple):
    """A page of at most ``limit`` entities, behind the sort key ``after``."""

    listed: Listed
    order: ListOrder
    limit: int
    after: SortKey | None = None


_ROLLUPS = {
    NameList.PROJECTS: PROJECT,
    NameList.WORKFLOWS: WORKFLOW,
    NameList.ACTIVE_WORKFLOWS: WORKFLOW,
    NameList.INACTIVE_WORKFLOWS: WORKFLOW,
}
#: Not of groups: their table has those as well that are in no list.
_TABLES = {
    NameList.PROJECTS: project,
    NameList.WORKFLOWS: workflow,
    NameList.ACTIVE_WORKFLOWS: workflow,
    NameList.INACTIVE_WORKFLOWS: workflow,
}
#: What the entities of a list are, where that is not all of the list that is searched.
_ACTIVE = {NameList.ACTIVE_WORKFLOWS: True, NameList.INACTIVE_WORKFLOWS: False}

_list = bindparam("list", type_=SmallInteger)
_limit = bindparam("limit", type_=BigInteger)
_after_id = bindparam("after_id", type_=BigInteger)


def named(name_list: NameList, key: str) -> tuple[Select[int], dict[str, Any]]:
    """Statement for the ids of the entities with an identifier, and its parameters.

    At most the first ``MOST_NAMESAKES`` of them.
    """
    return _NAMED, {"list": int(name_list), "key": key}


def page(question: ListQuestion) -> tuple[Select[Any], dict[str, Any]]:
    """Rows of the sort key of each entity on the page, and the parameters.

    The rows are a value as text (by name) or number, and an id, in no particular order. With a
    search that reads more than ``MOST_MATCHES`` words they are not all there are.
    """
    listed, order, limit, after = question
    bound: dict[str, Any] = _parameters(listed) | {"limit": limit}
    if after is not None:
        bound |= {"after_value": after.value, "after_id": after.entity_id}
    is_search = listed.search is not None
    return _page(listed.name_list, order, is_search, after is not None), bound


def count(listed: Listed) -> tuple[Select[Any], dict[str, Any]]:
    """One row: how many entities there are, and how many words were read to tell.

    More than ``MOST_MATCHES`` words: there may be more entities.
    """
    return _count(listed.name_list, listed.search is not None), _parameters(listed)


def _parameters(listed: Listed) -> dict[str, Any]:
    if listed.search is None:
        return {"list": int(listed.name_list)}
    words = searched(listed)
    return {"list": int(words), "least": listed.search, "beyond": beyond(listed.search)}


def searched(listed: Listed) -> NameList:
    """The list whose words are indexed; the given list is all or a part of it."""
    return NameList.WORKFLOWS if listed.name_list in _ACTIVE else listed.name_list


def _words() -> Subquery:
    return (
        select(name_word.c.entity_id, name_word.c.order_key)
        .where(
            name_word.c.list == _list,
            name_word.c.word >= bindparam("least", type_=Text),
            name_word.c.word < bindparam("beyond", type_=Text),
        )
        .limit(literal_column(str(MOST_MATCHES + 1)))
        .subquery("words")
    )


def _found(name_list: NameList) -> Subquery:
    """The entities that a search finds, each once, as ``entity_id`` and ``key``."""
    words = _words()
    found = select(words.c.entity_id, words.c.order_key.label("key")).distinct()
    active = _ACTIVE.get(name_list)
    if active is not None:
        found = found.join(workflow, workflow.c.id == words.c.entity_id).where(
            workflow.c.active.is_(active)
        )
    return found.subquery("found")


_NAMED = select(
    select(name_key.c.entity_id)
    .where(name_key.c.list == _list, name_key.c.key == bindparam("key", type_=Text))
    .order_by(name_key.c.entity_id)
    .limit(literal_column(str(MOST_NAMESAKES)))
    .subquery("named")
    .c.entity_id
)


@lru_cache(maxsize=64)
def _count(name_list: NameList, is_search: bool) -> Select[Any]:  # noqa: FBT001 (a cache key)
    if not is_search:
        columns: list[Any] = [func.count(), literal(0, BigInteger)]
        return select(*columns).where(name_key.c.list == _list)
    sources = (_found(name_list), _words())
    columns = [select(func.count()).select_from(one).scalar_subquery() for one in sources]
    return select(*columns)


@lru_cache(maxsize=128)
def _page(
    name_list: NameList,
    order: ListOrder,
    is_search: bool,  # noqa: FBT001 (a cache key)
    after: bool,  # noqa: FBT001 (a cache key)
) -> Select[Any]:
    if order is ListOrder.ID and not is_search:
        return _by_id(name_list, after)
    source: FromClause = _found(name_list) if is_search else name_key
    entity, key = source.c.entity_id, source.c.key
    listed: list[ColumnElement[bool]] = [] if is_search else [name_key.c.list == _list]
    if order is ListOrder.NAME:
        behind = tuple_(key, entity) > tuple_(bindparam("after_value", type_=Text), _after_id)
        found = select(key.label("value"), entity.label("id")).where(*listed)
        return _first(found.where(behind) if after else found, key, entity)
    if order is ListOrder.ID:
        found = select(entity.label("value"), entity.label("id")).where(*listed)
        return _first(found.where(entity > _after_id) if after else found, entity)
    of = _sum if order is ListOrder.COUNT else _last_day
    sort_keys = (
        select(of(_ROLLUPS[name_list], entity).label("value"), entity.label("id"))
        .where(*listed)
        .cte("sort_keys")
        # Else SQLite looks up the value again wherever it stands.
        .prefix_with("MATERIALIZED")
    )
    value, entity = sort_keys.c.value, sort_keys.c.id
    found = select(value, entity)
    if after:
        last = bindparam("after_value", type_=BigInteger)
        found = found.where(or_(value < last, and_(value == last, entity > _after_id)))
    return _first(found, value.desc(), entity)


def _by_id(name_list: NameList, after: bool) -> Select[Any]:  # noqa: FBT001 (as of the above)
    table = _TABLES[name_list]
    entity = table.c.id
    found = select(entity.label("value"), entity.label("id"))
    active = _ACTIVE.get(name_list)
    if active is not None:
        found = found.where(workflow.c.active.is_(active))
    return _first(found.where(entity > _after_id) if after else found, entity)


def _first(found: Select[Any], *by: ColumnElement[Any]) -> Select[Any]:
    """The first of the rows; inside, since the order of a statement goes when it is united."""
    return select(found.order_by(*by).limit(_limit).subquery("page"))


def _sum(rollup: RollupSet, entity: ColumnElement[int]) -> ColumnElement[int]:
    sums = rollup.table.c
    n = (
        select(func.sum(sums.n))
        .where(
            sums[rollup.entity] == entity,
            sums.grain == literal_column(str(int(Grain.ALL))),
            sums.bucket == literal_column("0"),
        )
        .scalar_subquery()
    )
    return cast(func.coalesce(n, 0), BigInteger)


def _last_day(rollup: RollupSet, entity: ColumnElement[int]) -> ColumnElement[int]:
    days = rollup.table.c
    last: ScalarSelect[Any] = (
        select(func.max(days.bucket))
        .where(
            days[rollup.entity] == entity,
            days.grain == literal_column(str(int(Grain.DAY))),
        )
        .scalar_subquery()
    )
    return cast(func.coalesce(last, literal_column(str(NEVER))), Integer)


#: Workflows (``ids``) and their last days with classifications; ``NEVER`` without any.
LAST_DAYS_OF_WORKFLOWS: Select[Any] = select(
    workflow.c.id, _last_day(WORKFLOW, workflow.c.id)
).where(among(workflow.c.id, "ids"))
