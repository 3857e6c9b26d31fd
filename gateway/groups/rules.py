"""Authorization rules of groups: who may do what with a group, as pure functions.

The service decides by the table, ``docs/groups.md`` prints it, and a test tries each cell through
every interface. What the site's visibility levels decide (who sees statistics and the
roster) stands in ``gateway.auth.visibility``.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum, StrEnum

from gateway.auth.viewer import Viewer
from gateway.directory.memberships import Membership, MembershipState


class Relationship(IntEnum):
    """Relationship of a person to a group. An API key changes nothing and has none."""

    ANONYMOUS = 0
    STRANGER = 1
    #: Whose membership is inactive.
    FORMER = 2
    INVITED = 3
    MEMBER = 4
    GROUP_ADMIN = 5
    SITE_ADMIN = 6


class Action(StrEnum):
    """What somebody does, in the words of the printed table."""

    CREATE = "create a group"
    EDIT = "edit names and level"
    SEE_JOIN_LINK = "see the join link"
    CHANGE_JOIN_LINK = "rotate, limit or switch off the join link"
    DEACTIVATE = "deactivate the group"
    REACTIVATE = "reactivate the group"
    JOIN = "join with the right token"
    JOIN_WRONGLY = "join with a wrong, old or expired token"
    JOIN_INACTIVE = "join an inactive group with the right token"
    INVITE = "invite somebody"
    ACCEPT = "accept an invitation"
    DECLINE = "decline an invitation"
    LEAVE = "leave the group"
    REMOVE = "remove somebody"
    SET_ROLE = "make or unmake an admin"
    ACTIVATE_OTHER = "make somebody else's membership active"
    ACTIVATE_OWN = "make one's own membership active"
    SEE_MEMBERSHIPS = "see all memberships with state and role"
    SEE_HISTORY = "see the history of the group"
    BACKFILL = "count earlier work of members"
    LEAD_GOALS = "create, change, archive or delete a goal of the group"


class Verdict(StrEnum):
    """The result of the rules: permitted, unchanged, a field's error, or a refusal as data."""

    YES = "yes"
    UNCHANGED = "nothing changes"
    UNAUTHENTICATED = "UNAUTHENTICATED"
    #: NOT_FOUND where the group is hidden from the viewer.
    FORBIDDEN = "FORBIDDEN"
    NOT_FOUND = "NOT_FOUND"
    #: The rest are codes of ``userErrors``.
    JOIN_TOKEN_INVALID = "JOIN_TOKEN_INVALID"  # noqa: S105 - a code
    GROUP_INACTIVE = "GROUP_INACTIVE"
    INVITATION_REQUIRED = "INVITATION_REQUIRED"
    NOT_A_MEMBER = "NOT_A_MEMBER"
    #: Permitted to those who were admins when the group was deactivated.
    ADMINS_THEN = "yes for who was an admin then, else NOT_FOUND"


Y, U = Verdict.YES, Verdict.UNCHANGED
UNAUTH, FORBID, MISSING = Verdict.UNAUTHENTICATED, Verdict.FORBIDDEN, Verdict.NOT_FOUND
TOKEN, ENDED = Verdict.JOIN_TOKEN_INVALID, Verdict.GROUP_INACTIVE
INV_REQ, NONMEM, THEN = Verdict.INVITATION_REQUIRED, Verdict.NOT_A_MEMBER, Verdict.ADMINS_THEN

# fmt: off
_TABLE: Mapping[Action, tuple[Verdict, ...]] = {
    #                        anonymous  stranger  former   invited  member   group admin  site admin
    Action.CREATE:           (UNAUTH,   Y,        Y,       Y,       Y,       Y,           Y),
    Action.EDIT:             (UNAUTH,   FORBID,   FORBID,  FORBID,  FORBID,  Y,           Y),
    Action.SEE_JOIN_LINK:    (UNAUTH,   FORBID,   FORBID,  FORBID,  FORBID,  Y,           Y),
    Action.CHANGE_JOIN_LINK: (UNAUTH,   FORBID,   FORBID,  FORBID,  FORBID,  Y,           Y),
    Action.DEACTIVATE:       (UNAUTH,   FORBID,   FORBID,  FORBID,  FORBID,  Y,           Y),
    # Deactivating ends all memberships: who led the group is a former member then.
    Action.REACTIVATE:       (UNAUTH,   MISSING,  THEN,    MISSING, MISSING, MISSING,     Y),
    # A site admin has no short cut: the token makes a member of them as of anybody.
    Action.JOIN:             (UNAUTH,   Y,        Y,       Y,       U,       U,           Y),
    Action.JOIN_WRONGLY:     (UNAUTH,   TOKEN,    TOKEN,   TOKEN,   U,       U,           TOKEN),
    Action.JOIN_INACTIVE:    (UNAUTH,   ENDED,    ENDED,   ENDED,   ENDED,   ENDED,       ENDED),
    Action.INVITE:           (UNAUTH,   FORBID,   FORBID,  FORBID,  FORBID,  Y,           Y),
    Action.ACCEPT:           (UNAUTH,   INV_REQ,  INV_REQ, Y,       U,       U,           INV_REQ),
    Action.DECLINE:          (UNAUTH,   INV_REQ,  INV_REQ, Y,       U,       U,           INV_REQ),
    Action.LEAVE:            (UNAUTH,   NONMEM,   U,       Y,       Y,       Y,           NONMEM),
    Action.REMOVE:           (UNAUTH,   FORBID,   FORBID,  FORBID,  FORBID,  Y,           Y),
    Action.SET_ROLE:         (UNAUTH,   FORBID,   FORBID,  FORBID,  FORBID,  Y,           Y),
    # Nobody is made a member by others.
    Action.ACTIVATE_OTHER:   (UNAUTH,   FORBID,   FORBID,  FORBID,  FORBID,  INV_REQ,     INV_REQ),
    # Who has no membership names one that is not there.
    Action.ACTIVATE_OWN:     (UNAUTH,   MISSING,  INV_REQ, Y,       U,       U,           MISSING),
    Action.SEE_MEMBERSHIPS:  (UNAUTH,   FORBID,   FORBID,  FORBID,  FORBID,  Y,           Y),
    Action.SEE_HISTORY:      (UNAUTH,   FORBID,   FORBID,  FORBID,  FORBID,  Y,           Y),
    Action.BACKFILL:         (UNAUTH,   FORBID,   FORBID,  FORBID,  FORBID,  FORBID,      Y),
    Action.LEAD_GOALS:       (UNAUTH,   FORBID,   FORBID,  FORBID,  FORBID,  Y,           Y),
}
# fmt: on

RULES: Mapping[Action, Mapping[Relationship, Verdict]] = {
    action: dict(zip(Relationship, verdicts, strict=True)) for action, verdicts in _TABLE.items()
}

#: Actions on oneself: a site admin does them by the relationship of their own membership.
OF_ONESELF = frozenset(
    {
        Action.JOIN,
        Action.JOIN_WRONGLY,
        Action.JOIN_INACTIVE,
        Action.ACCEPT,
        Action.DECLINE,
        Action.LEAVE,
        Action.ACTIVATE_OWN,
    }
)


def relationship_of(viewer: Viewer, membership: Membership | None) -> Relationship:
    """The relationship of a viewer to a group, by their own membership of it (None without one).

    An active membership without a role makes nobody a member.
    """
    if viewer.is_site_admin:
        return Relationship.SITE_ADMIN
    return own_relationship(viewer, membership)


def own_relationship(viewer: Viewer, membership: Membership | None) -> Relationship:
    """The relationship by the membership alone, without the rights of a site admin."""
    if viewer.id is None:
        return Relationship.ANONYMOUS
    return Relationship.STRANGER if membership is None else relationship_in(membership)


def relationship_in(membership: Membership) -> Relationship:
    """The relationship that a membership gives its user."""
    if membership.is_group_admin:
        return Relationship.GROUP_ADMIN
    if membership.is_effective:
        return Relationship.MEMBER
    if membership.state is MembershipState.INVITED:
        return Relationship.INVITED
    return Relationship.FORMER


def verdict(action: Action, viewer: Viewer, membership: Membership | None) -> Verdict:
    """The verdict on an action of a viewer with this membership of the group."""
    relationship, own = relationship_of(viewer, membership), own_relationship(viewer, membership)
    return verdict_of(action, relationship, own)


def verdict_of(action: Action, relationship: Relationship, own: Relationship) -> Verdict:
    """The verdict on an action by the relationship, and by that without a site admin's rights.

    Who is nothing to the group by their own membership joins as the site admin they are.
    """
    if action not in OF_ONESELF:
        return RULES[action][relationship]
    if relationship is Relationship.SITE_ADMIN and own is Relationship.STRANGER:
        own = relationship
    return RULES[action][own]
