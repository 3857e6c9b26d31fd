"""Who may see what of a group: denied unless a rule here allows it.

    level                           aggregates   individual stats
    0 private_agg_only (default)    members      group admins
    1 private_show_agg_and_ind      members      members
    2 public_agg_only               anyone       group admins
    3 public_agg_show_ind_if_member anyone       members
    4 public_show_all               anyone       anyone

Aggregates are a group's totals, buckets, active users and projects. Individual stats tell
members apart: top contributors, the breakdown by member, the roster, and all that follows from
them. How a membership stands, its state and roles, is for the volunteer and the group's admins.
Site admins see everything.
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

from gateway.auth.viewer import Scope, Viewer
from gateway.directory.memberships import Membership, MembershipState
from gateway.directory.stats_visibility import StatsVisibility

__all__ = [
    "Standing",
    "StatsVisibility",
    "group_exists",
    "may_count_groups",
    "may_see_aggregates",
    "may_see_individuals",
    "may_see_memberships",
    "may_see_own_stats",
    "standing_in",
]


class Standing(IntEnum):
    """What a viewer is to a group; whoever stands higher may see all that lower ones may."""

    ANYONE = 0
    INVITED = 1
    MEMBER = 2
    GROUP_ADMIN = 3
    SITE_ADMIN = 4


class _Least(NamedTuple):
    aggregates: Standing
    individuals: Standing


_RULES = {
    StatsVisibility.PRIVATE_AGG_ONLY: _Least(Standing.MEMBER, Standing.GROUP_ADMIN),
    StatsVisibility.PRIVATE_SHOW_AGG_AND_IND: _Least(Standing.MEMBER, Standing.MEMBER),
    StatsVisibility.PUBLIC_AGG_ONLY: _Least(Standing.ANYONE, Standing.GROUP_ADMIN),
    StatsVisibility.PUBLIC_AGG_SHOW_IND_IF_MEMBER: _Least(Standing.ANYONE, Standing.MEMBER),
    StatsVisibility.PUBLIC_SHOW_ALL: _Least(Standing.ANYONE, Standing.ANYONE),
}


def standing_in(viewer: Viewer, membership: Membership | None) -> Standing:
    """The standing that the viewer's own membership of a group gives, None if there is none.

    Only an active membership with at least one role counts; who has left is anyone.
    """
    if viewer.is_site_admin:
        return Standing.SITE_ADMIN
    if viewer.id is None or membership is None or membership.user_id != viewer.id:
        return Standing.ANYONE
    if membership.is_group_admin:
        return Standing.GROUP_ADMIN
    if membership.is_effective:
        return Standing.MEMBER
    if membership.state is MembershipState.INVITED:
        return Standing.INVITED
    return Standing.ANYONE


def may_see_aggregates(visibility: StatsVisibility, standing: Standing) -> bool:
    """Whether a group of this level shows its aggregates to that standing."""
    return standing >= _RULES[visibility].aggregates


def may_see_individuals(visibility: StatsVisibility, standing: Standing) -> bool:
    """Whether a group of this level shows its members' stats to that standing."""
    return standing >= _RULES[visibility].individuals


def group_exists(
    visibility: StatsVisibility, *, private: bool, ended: bool, standing: Standing
) -> bool:
    """Whether there is such a group at all, as far as that standing is told.

    One that has ended exists for site admins alone. One that is marked private and shows nothing
    in public exists only for its members, its invited and site admins. Panoptes marks most groups
    so: the mark alone hides nothing.
    """
    if ended:
        return standing >= Standing.SITE_ADMIN
    hidden = private and not may_see_aggregates(visibility, Standing.ANYONE)
    return not hidden or standing >= Standing.INVITED


def may_see_memberships(standing: Standing) -> bool:
    """Whether a group of any level shows its memberships, with state and roles, to a standing."""
    return standing >= Standing.GROUP_ADMIN


def may_see_own_stats(viewer: Viewer, user_id: int) -> bool:
    """Whether the viewer may see a volunteer's own stats: that volunteer and site admins."""
    return viewer.is_site_admin or viewer.id == user_id


def may_count_groups(viewer: Viewer) -> bool:
    """Whether the viewer may count groups by their records: site admins and keys made for it."""
    return viewer.is_site_admin or Scope.GROUPS_COUNT in viewer.scopes
