"""Memberships of groups: states, roles and statements that read them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Any, NamedTuple

import orjson
from sqlalchemy import bindparam, select

from gateway.db.ids import among
from gateway.db.tables import membership

GROUP_ADMIN = "group_admin"
GROUP_MEMBER = "group_member"
#: Those that mean something here; Panoptes has others.
ROLES = (GROUP_ADMIN, GROUP_MEMBER)

#: ``ended_by`` of memberships that ended because their group was deactivated.
ENDED_WITH_GROUP = "group"


class MembershipState(StrEnum):
    """State of a membership, in Panoptes' words."""

    ACTIVE = "active"
    INVITED = "invited"
    INACTIVE = "inactive"


class Membership(NamedTuple):
    """A user's membership of a group, as in Panoptes; ``gateway.auth`` decides what it allows."""

    group_id: int
    user_id: int
    state: MembershipState
    roles: frozenset[str]
    #: When it began, in microseconds since the epoch; None if unknown.
    created_at: int | None = None
    #: Unique among memberships; None of one that Panoptes returned and that is not stored.
    id: int | None = None
    #: When it last changed.
    updated_at: int | None = None
    #: Grows with each change.
    revision: int = 1
    #: Why it is inactive, see ``gateway.db.tables.membership``.
    ended_by: str | None = None

    @property
    def is_effective(self) -> bool:
        """Whether it makes a member: it is active and gives at least one role."""
        return self.state is MembershipState.ACTIVE and bool(self.roles)

    @property
    def is_group_admin(self) -> bool:
        """Whether it makes an admin of the group."""
        return self.is_effective and GROUP_ADMIN in self.roles

    @property
    def led_to_the_end(self) -> bool:
        """Whether it made an admin of the group when the group was deactivated."""
        return (
            self.state is MembershipState.INACTIVE
            and self.ended_by == ENDED_WITH_GROUP
            and GROUP_ADMIN in self.roles
        )


def membership_of(row: Sequence[Any]) -> Membership:
    """The membership in a row of this module's statements."""
    group_id, user_id, state, roles, *rest = row
    held = frozenset(orjson.loads(roles))
    return Membership(group_id, user_id, MembershipState(state), held, *rest)


def encode_roles(roles: Iterable[str]) -> str:
    """Roles as they are stored: a JSON list, ascending, each once."""
    return orjson.dumps(sorted(set(roles))).decode()


#: What :func:`membership_of` reads.
COLUMNS = (
    membership.c.group_id,
    membership.c.user_id,
    membership.c.state,
    membership.c.roles,
    membership.c.created_at,
    membership.c.id,
    membership.c.updated_at,
    membership.c.revision,
    membership.c.ended_by,
)

#: One user's (``viewer``) memberships of many groups (``ids``), whatever their state.
MEMBERSHIPS_OF_VIEWER = select(*COLUMNS).where(
    membership.c.user_id == bindparam("viewer"), among(membership.c.group_id, "ids")
)

#: Memberships of one group (``group``) by users (``ids``), whatever their state.
MEMBERSHIPS_OF_GROUP = select(*COLUMNS).where(
    membership.c.group_id == bindparam("group"), among(membership.c.user_id, "ids")
)

#: All memberships of users (``ids``), whatever their state, by ascending group.
MEMBERSHIPS_BY_USER = (
    select(*COLUMNS)
    .where(among(membership.c.user_id, "ids"))
    .order_by(membership.c.user_id, membership.c.group_id)
)

#: All memberships of groups (``ids``), whatever their state, by ascending user.
MEMBERSHIPS_BY_GROUP = (
    select(*COLUMNS)
    .where(among(membership.c.group_id, "ids"))
    .order_by(membership.c.group_id, membership.c.user_id)
)

#: The members of groups (``ids``) by ascending user: effective memberships only.
MEMBERS_BY_GROUP = MEMBERSHIPS_BY_GROUP.where(
    membership.c.state == MembershipState.ACTIVE.value, membership.c.roles != encode_roles(())
)
