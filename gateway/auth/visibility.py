"""Visibility of groups: who may see what; denied unless a rule here allows it.

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
    "StatsVisibility",
    "ViewerRole",
    "group_exists",
    "may_count_groups",
    "may_see_aggregates",
    "may_see_individuals",
    "may_see_memberships",
    "may_see_own_stats",
    "role_of",
]


class ViewerRole(IntEnum):
    """The role of a viewer in a group; a higher role may see all that lower ones may."""

    ANYONE = 0
    INVITED = 1
    MEMBER = 2
    GROUP_ADMIN = 3
    SITE_ADMIN = 4


class _Minimum(NamedTuple):
    aggregates: ViewerRole
    individuals: ViewerRole


_RULES = {
    StatsVisibility.PRIVATE_AGG_ONLY: _Minimum(ViewerRole.MEMBER, ViewerRole.GROUP_ADMIN),
    StatsVisibility.PRIVATE_SHOW_AGG_AND_IND: _Minimum(ViewerRole.MEMBER, ViewerRole.MEMBER),
    StatsVisibility.PUBLIC_AGG_ONLY: _Minimum(ViewerRole.ANYONE, ViewerRole.GROUP_ADMIN),
    StatsVisibility.PUBLIC_AGG_SHOW_IND_IF_MEMBER: _Minimum(ViewerRole.ANYONE, ViewerRole.MEMBER),
    StatsVisibility.PUBLIC_SHOW_ALL: _Minimum(ViewerRole.ANYONE, ViewerRole.ANYONE),
}


def role_of(viewer: Viewer, membership: Membership | None) -> ViewerRole:
    """The role that the viewer's own membership of a group gives, None if there is none.

    Only an active membership with at least one of Panoptes' roles counts; who has left is anyone.
    """
    if viewer.is_site_admin:
        return ViewerRole.SITE_ADMIN
    if viewer.id is None or membership is None or membership.user_id != viewer.id:
        return ViewerRole.ANYONE
    if membership.is_group_admin:
        return ViewerRole.GROUP_ADMIN
    if membership.is_effective:
        return ViewerRole.MEMBER
    if membership.state is MembershipState.INVITED:
        return ViewerRole.INVITED
    return ViewerRole.ANYONE


def may_see_aggregates(visibility: StatsVisibility, role: ViewerRole) -> bool:
    """Whether a group of this level shows its aggregates to that role."""
    return role >= _RULES[visibility].aggregates


def may_see_individuals(visibility: StatsVisibility, role: ViewerRole) -> bool:
    """Whether a group of this level shows its members' stats to that role."""
    return role >= _RULES[visibility].individuals


def group_exists(
    visibility: StatsVisibility,
    *,
    private: bool,
    ended: bool,
    role: ViewerRole,
    led_to_the_end: bool = False,
) -> bool:
    """Whether the group exists for that role.

    One that has ended exists for site admins, and for those who led it when it was deactivated:
    they may let it go on. One that is marked private and shows nothing
    in public exists only for its members, its invited and site admins. Panoptes marks most groups
    so: the mark alone hides nothing.
    """
    if ended:
        return led_to_the_end or role >= ViewerRole.SITE_ADMIN
    hidden = private and not may_see_aggregates(visibility, ViewerRole.ANYONE)
    return not hidden or role >= ViewerRole.INVITED


def may_see_memberships(role: ViewerRole) -> bool:
    """Whether a group of any level shows its memberships, with state and roles."""
    return role >= ViewerRole.GROUP_ADMIN


def may_see_own_stats(viewer: Viewer, user_id: int) -> bool:
    """Whether the viewer may see a volunteer's own stats: that volunteer and site admins."""
    return viewer.is_site_admin or viewer.id == user_id


def may_count_groups(viewer: Viewer) -> bool:
    """Whether the viewer may count groups by their records: site admins and keys made for it."""
    return viewer.is_site_admin or Scope.GROUPS_COUNT in viewer.scopes
