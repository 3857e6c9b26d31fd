"""Selects of group life: join links, counts of memberships, and history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import orjson
from sqlalchemy import BigInteger, ColumnElement, Select, and_, bindparam, case, func, select

from gateway.db.group_tables import group_change, group_join_link
from gateway.db.ids import among, each_id
from gateway.db.tables import group_record, membership, user, user_group
from gateway.directory.memberships import GROUP_ADMIN, MembershipState, encode_roles
from gateway.groups.history import ChangeKind
from gateway.groups.links import JoinLink

#: The join links of groups (``ids``). Only whoever may see a link may load it: it is a secret.
JOIN_LINKS_BY_GROUP = select(group_join_link).where(among(group_join_link.c.group_id, "ids"))


def join_link_of(row: Sequence[Any]) -> JoinLink:
    """The link in a row of ``JOIN_LINKS_BY_GROUP``."""
    link = JoinLink._make(row)
    return link._replace(enabled=bool(link.enabled))


class MembershipCounts(NamedTuple):
    """Numbers of a group's memberships by state and role."""

    group_id: int
    #: Active, with or without a role.
    active: int
    invited: int
    inactive: int
    #: Effective ones: those that make somebody a member now.
    members: int
    #: Of the members, the admins.
    admins: int


def _sum(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((condition, 1), else_=0))


def _in(state: MembershipState) -> ColumnElement[bool]:
    return membership.c.state == state.value


_has_role = membership.c.roles != encode_roles(())
_is_admin = membership.c.roles.contains(f'"{GROUP_ADMIN}"', autoescape=True)

#: Rows of :class:`MembershipCounts`, of groups (``ids``) with any membership.
MEMBERSHIP_COUNTS_BY_GROUP = (
    select(
        membership.c.group_id,
        _sum(_in(MembershipState.ACTIVE)),
        _sum(_in(MembershipState.INVITED)),
        _sum(_in(MembershipState.INACTIVE)),
        _sum(and_(_in(MembershipState.ACTIVE), _has_role)),
        _sum(and_(_in(MembershipState.ACTIVE), _is_admin)),
    )
    .where(among(membership.c.group_id, "ids"))
    .group_by(membership.c.group_id)
)

_counts = (
    select(
        membership.c.group_id,
        _sum(and_(_in(MembershipState.ACTIVE), _has_role)).label("members"),
        _sum(and_(_in(MembershipState.ACTIVE), _is_admin)).label("admins"),
    )
    .group_by(membership.c.group_id)
    .subquery("counts")
)
#: All groups by ascending id, with their state and how many members and admins they have now.
GROUPS_AND_COUNTS = (
    select(
        user_group.c.id,
        user_group.c.name,
        user_group.c.display_name,
        user_group.c.stats_visibility,
        user_group.c.authority,
        group_record.c.state,
        func.coalesce(_counts.c.members, 0).label("members"),
        func.coalesce(_counts.c.admins, 0).label("admins"),
    )
    .join(group_record, group_record.c.group_id == user_group.c.id, isouter=True)
    .join(_counts, _counts.c.group_id == user_group.c.id, isouter=True)
    .order_by(user_group.c.id)
)
#: The admins of a group (``group``), by ascending user id.
ADMINS_OF_GROUP = (
    select(membership.c.user_id, user.c.login, user.c.display_name)
    .join(user, user.c.id == membership.c.user_id, isouter=True)
    .where(
        membership.c.group_id == bindparam("group", type_=BigInteger),
        _in(MembershipState.ACTIVE),
        _is_admin,
    )
    .order_by(membership.c.user_id)
)


class GroupChange(NamedTuple):
    """One change in the history of a group; users are None once they were erased."""

    id: int
    group_id: int
    #: Microseconds.
    at: int
    #: Who did it; None for the site's operators too.
    actor_id: int | None
    #: To whom it happened; None if it happened to the group.
    subject_id: int | None
    kind: ChangeKind
    details: Mapping[str, str | int | bool | None]


def group_change_of(row: Sequence[Any]) -> GroupChange:
    """The change in a row of ``HISTORY``."""
    change_id, group_id, at, actor_id, subject_id, kind, text = row
    details = {} if text is None else orjson.loads(text)
    return GroupChange(change_id, group_id, at, actor_id, subject_id, ChangeKind(kind), details)


_group = each_id("ids")
_before = bindparam("before", type_=BigInteger)
_newer = group_change.alias("newer")
#: The id of the last change on a page; none if no more changes follow.
_oldest_on_page = (
    select(_newer.c.id)
    .where(_newer.c.group_id == _group, _newer.c.id < _before)
    .order_by(_newer.c.id.desc())
    .limit(1)
    .offset(bindparam("others", type_=BigInteger))
    .correlate(_group.table)
    .scalar_subquery()
)
#: The newest changes of groups (``ids``) before the id ``before``: of each group one, and up to so
#: many ``others``. However long histories are, only these are read.
HISTORY: Select[Any] = (
    select(*group_change.c)
    .select_from(_group.table)
    .where(
        group_change.c.group_id == _group,
        group_change.c.id < _before,
        group_change.c.id >= func.coalesce(_oldest_on_page, 0),
    )
)
#: How many changes groups (``ids``) have.
HISTORY_LENGTHS = (
    select(group_change.c.group_id, func.count())
    .where(among(group_change.c.group_id, "ids"))
    .group_by(group_change.c.group_id)
)
#: ``before`` of the first page.
NEWEST = 2**63 - 1
