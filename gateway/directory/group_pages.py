"""Pages of the active groups that a viewer may know of, searched by their displayed names.

Without a search they are ordered by id. A search is ordered by how well a name fits, then by id.
Names of public groups are looked for in the name index; those of the few hidden ones that somebody
sees are compared by the caller.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Select,
    SmallInteger,
    Subquery,
    Text,
    and_,
    bindparam,
    func,
    literal_column,
    or_,
    select,
    union_all,
)

from gateway.auth.visibility import ViewerRole, group_exists
from gateway.db.ids import among, each_id
from gateway.db.tables import group_record, name_key, name_word, user_group
from gateway.directory.listing import MOST_MATCHES
from gateway.directory.name_lists import NameList
from gateway.directory.stats_visibility import StatsVisibility
from gateway.directory.user_groups import GOES_ON
from gateway.name_keys import beyond


class GroupSearch(NamedTuple):
    """What is looked for: names that are this ``text`` (folded), or else those that contain it.

    ``words`` is the search key of the text, with which one of the words of a name begins.
    ``first`` and ``later`` are the groups, among those that the caller compared, which fit well
    and less well.
    """

    text: str
    words: str
    is_exact: bool
    first: tuple[int, ...] = ()
    later: tuple[int, ...] = ()


class GroupList(NamedTuple):
    """Groups that are public, ``own``, or all with ``everything``; None does not narrow them."""

    everything: bool = False
    own: tuple[int, ...] = ()
    ids: tuple[int, ...] | None = None
    search: GroupSearch | None = None


def group_page(question: GroupList) -> tuple[Select[Any], dict[str, Any]]:
    """Rows of a rank and an id, least first; ``limit`` and ``offset`` are bound beside."""
    return _page(*_shape(question)), _bound(question)


def group_page_count(question: GroupList) -> tuple[Select[Any], dict[str, Any]]:
    """One row: how many there are."""
    return _count(*_shape(question)), _bound(question)


_LIST = str(int(NameList.PUBLIC_GROUPS))
_HIDDEN_LEVELS = [
    int(level)
    for level in StatsVisibility
    if not group_exists(level, private=True, ended=False, role=ViewerRole.ANYONE)
]
_HIDDEN = and_(
    user_group.c.private.is_(True),
    or_(*(user_group.c.stats_visibility == level for level in _HIDDEN_LEVELS)),
)
_NAME = func.lower(func.coalesce(user_group.c.display_name, user_group.c.name))
_limit = bindparam("limit", type_=BigInteger)
_offset = bindparam("offset", type_=BigInteger)
_FIRST, _LATER = literal_column("1", Integer), literal_column("2", Integer)

#: Whether there is everything, ids to narrow it, and a search, exact or not.
_Shape = tuple[bool, bool, bool | None]


def _shape(question: GroupList) -> _Shape:
    exact = None if question.search is None else question.search.is_exact
    return question.everything, question.ids is not None, exact


def _bound(question: GroupList) -> dict[str, Any]:
    bound: dict[str, Any] = {"own": question.own, "ids": question.ids or ()}
    search = question.search
    if search is not None:
        escaped = search.text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        bound |= {
            "text": search.text,
            "containing": f"%{escaped}%",
            # Without a word in it, no word of a name begins with it.
            "least": search.words,
            "beyond": beyond(search.words) if search.words else "",
            "first": search.first,
            "later": search.later,
        }
    return bound


def _where(everything: bool, narrowed: bool) -> list[ColumnElement[bool]]:  # noqa: FBT001
    where: list[ColumnElement[bool]] = [GOES_ON]
    if narrowed:
        where.append(among(user_group.c.id, "ids"))
    if not everything:
        where.append(or_(~_HIDDEN, among(user_group.c.id, "own")))
    return where


def _found(everything: bool, exact: bool) -> Subquery:  # noqa: FBT001 (a cache key)
    """Each group that a search finds, once, with its best ``rank``."""
    listed = name_key.c.list == literal_column(_LIST, SmallInteger)
    text = bindparam("text", type_=Text)
    containing = bindparam("containing", type_=Text)
    own_first = select(each_id("first").label("id"), _FIRST.label("rank"))
    if exact:
        parts = [
            select(name_key.c.entity_id.label("id"), _FIRST.label("rank")).where(
                listed, name_key.c.key == text
            ),
            own_first,
        ]
    else:
        words = (
            select(name_word.c.entity_id)
            .where(
                name_word.c.list == literal_column(_LIST, SmallInteger),
                name_word.c.word >= bindparam("least", type_=Text),
                name_word.c.word < bindparam("beyond", type_=Text),
            )
            .limit(literal_column(str(MOST_MATCHES)))
            .subquery("words")
        )
        parts = [
            select(words.c.entity_id.label("id"), _FIRST.label("rank")),
            select(name_key.c.entity_id.label("id"), _LATER.label("rank")).where(
                listed, name_key.c.key.like(containing, escape="\\")
            ),
            own_first,
            select(each_id("later").label("id"), _LATER.label("rank")),
        ]
    if everything:
        # No index has the names of hidden groups.
        fits = text == _NAME if exact else _NAME.like(containing, escape="\\")
        hidden = select(user_group.c.id.label("id"), _LATER.label("rank")).where(_HIDDEN, fits)
        parts.append(hidden)
    every = union_all(*parts).subquery("every")
    ranked = select(every.c.id, func.min(every.c.rank).label("rank")).group_by(every.c.id)
    return ranked.subquery("found")


def _groups(everything: bool, narrowed: bool, exact: bool | None) -> Select[Any]:  # noqa: FBT001
    where = _where(everything, narrowed)
    source = user_group.join(group_record, group_record.c.group_id == user_group.c.id, isouter=True)
    if exact is None:
        rank: ColumnElement[Any] = _FIRST
    else:
        found = _found(everything, exact)
        source = source.join(found, found.c.id == user_group.c.id)
        rank = found.c.rank
    return select(rank.label("rank"), user_group.c.id.label("id")).select_from(source).where(*where)


@lru_cache(maxsize=32)
def _page(everything: bool, narrowed: bool, exact: bool | None) -> Select[Any]:  # noqa: FBT001
    found = _groups(everything, narrowed, exact).subquery("groups")
    ordered = select(found.c.rank, found.c.id).order_by(found.c.rank, found.c.id)
    # Inside, since the order of a statement goes when it is united.
    return select(ordered.limit(_limit).offset(_offset).subquery("page"))


@lru_cache(maxsize=32)
def _count(everything: bool, narrowed: bool, exact: bool | None) -> Select[Any]:  # noqa: FBT001
    return select(func.count()).select_from(_groups(everything, narrowed, exact).subquery("groups"))
