"""Commands on groups, goals and certificates, and their outcomes.

An interface (GraphQL, JSON:API, the command line) makes a command from its request, and translates
the outcome, a ``GroupRefusal`` or another error of ``gateway.errors`` into its response.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TypeAlias

from gateway.calendar import DayRange
from gateway.directory.memberships import MembershipState
from gateway.directory.stats_visibility import StatsVisibility
from gateway.groups.refusals import GroupRefusal
from gateway.period import Period
from gateway.stats.goals.metric import GoalMetric


@dataclass(frozen=True, slots=True)
class CreateGroup:
    """Create a group whose only admin is its creator.

    A name is made from the display name where none is given, and the other way round.
    """

    display_name: str | None
    name: str | None = None
    stats_visibility: StatsVisibility = StatsVisibility.PRIVATE_AGG_ONLY
    #: None: private if the level's name begins with ``private``.
    private: bool | None = None
    invite: tuple[int, ...] = ()
    #: Whether unknown users among the invited are left out, as long as one is known.
    skip_unknown: bool = False
    #: The first admin, where a site operator creates the group.
    admin_id: int | None = None


@dataclass(frozen=True, slots=True)
class UpdateGroup:
    """Change names and level; None leaves something as it is."""

    group_id: int
    display_name: str | None = None
    name: str | None = None
    stats_visibility: StatsVisibility | None = None
    #: None: as the level says where a level is given; ``keep_private`` leaves it as it is.
    private: bool | None = None
    keep_private: bool = False
    expected_revision: int | None = None


@dataclass(frozen=True, slots=True)
class DeactivateGroup:
    """End a group and all its memberships."""

    group_id: int
    expected_revision: int | None = None


@dataclass(frozen=True, slots=True)
class ReactivateGroup:
    """Reactivate a group and the memberships that ended with it."""

    group_id: int


@dataclass(frozen=True, slots=True)
class Join:
    """Become a member with the token of the group's join link."""

    group_id: int
    token: str


@dataclass(frozen=True, slots=True)
class Leave:
    """End one's own membership; a successor is made an admin first."""

    group_id: int
    successor_id: int | None = None
    expected_revision: int | None = None


@dataclass(frozen=True, slots=True)
class Invite:
    """Invite users by id or login, with the role that they will have."""

    group_id: int
    user_ids: tuple[int, ...] = ()
    logins: tuple[str, ...] = ()
    role: str = "group_member"
    #: Whether unknown users are left out, as long as one is known.
    skip_unknown: bool = False


@dataclass(frozen=True, slots=True)
class AcceptInvitation:
    """Accept an invitation: become a member with its role."""

    group_id: int


@dataclass(frozen=True, slots=True)
class DeclineInvitation:
    """Decline an invitation, and with ``for_ever`` all further ones of the group."""

    group_id: int
    for_ever: bool = False


@dataclass(frozen=True, slots=True)
class RemoveMembers:
    """End memberships, and withdraw invitations: all or none."""

    group_id: int
    user_ids: tuple[int, ...]
    #: Whether users without a membership are left out instead of refused.
    skip_strangers: bool = False
    expected_revision: int | None = None


@dataclass(frozen=True, slots=True)
class SetRole:
    """Make a member an admin or a plain member; of an invited one, change the invitation."""

    group_id: int
    user_id: int
    role: str


@dataclass(frozen=True, slots=True)
class ChangeMembership:
    """Change state and roles of one membership, as JSON:API does; None leaves one as it is."""

    membership_id: int
    state: MembershipState | None = None
    #: The whole list, of which the role with the most rights counts.
    roles: tuple[str, ...] | None = None
    expected_revision: int | None = None


@dataclass(frozen=True, slots=True)
class UpdateJoinLink:
    """Rotate the join link, switch it, or let it expire (microseconds; None leaves that)."""

    group_id: int
    rotate: bool = False
    enabled: bool | None = None
    expires_at: int | None = None
    clear_expiry: bool = False


@dataclass(frozen=True, slots=True)
class CreateGoal:
    """Create a goal of a group, or without one of the viewer; days are day numbers."""

    metric: GoalMetric
    target: int
    group_id: int | None = None
    title: str | None = None
    #: None is all; at most one of both is given.
    project_ids: tuple[int, ...] | None = None
    workflow_ids: tuple[int, ...] | None = None
    #: None: today.
    start_day: int | None = None
    end_day: int | None = None
    repeats: Period | None = None
    #: None: at 25, 50 and 75 % of the target.
    milestones: tuple[int, ...] | None = None


class Unchanged(Enum):
    """Marks a field that a command leaves unchanged, where None removes the value."""

    UNCHANGED = auto()


UNCHANGED = Unchanged.UNCHANGED


@dataclass(frozen=True, slots=True)
class UpdateGoal:
    """Change a goal. Metric, filters and repetition stay, so that reached milestones do."""

    goal_id: int
    title: str | Unchanged | None = UNCHANGED
    target: int | None = None
    #: Only before the goal begins.
    start_day: int | None = None
    end_day: int | Unchanged | None = UNCHANGED
    milestones: tuple[int, ...] | Unchanged | None = UNCHANGED
    expected_revision: int | None = None


@dataclass(frozen=True, slots=True)
class ArchiveGoal:
    """Archive a goal, or undo that; nothing else of it changes."""

    goal_id: int
    archived: bool = True


@dataclass(frozen=True, slots=True)
class DeleteGoal:
    """Delete a goal for ever."""

    goal_id: int
    expected_revision: int | None = None


@dataclass(frozen=True, slots=True)
class IssueCertificate:
    """Issue a certificate of the viewer's figures on these days, which end today at the latest."""

    days: DayRange
    #: None: in all projects.
    project_id: int | None = None


@dataclass(frozen=True, slots=True)
class RevokeCertificate:
    """Revoke a certificate for ever, by its code."""

    code: str = field(repr=False)


Command: TypeAlias = (
    CreateGroup
    | UpdateGroup
    | DeactivateGroup
    | ReactivateGroup
    | Join
    | Leave
    | Invite
    | AcceptInvitation
    | DeclineInvitation
    | RemoveMembers
    | SetRole
    | ChangeMembership
    | UpdateJoinLink
    | CreateGoal
    | UpdateGoal
    | ArchiveGoal
    | DeleteGoal
    | IssueCertificate
    | RevokeCertificate
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of a command; ``group_id`` is 0 if it was about no group."""

    group_id: int
    #: Whether anything is different now.
    changed: bool
    #: Whose memberships it was about, in the order of the command; of invitations, the invited.
    user_ids: tuple[int, ...] = ()
    #: Of invitations: who was a member already.
    already_members: tuple[int, ...] = ()
    #: Of commands about a goal.
    goal_id: int | None = None
    #: Of a certificate that was issued.
    code: str | None = field(default=None, repr=False)
    #: Refusals of parts of the command, where the home of groups cannot do all or none.
    refusals: tuple[GroupRefusal, ...] = ()
