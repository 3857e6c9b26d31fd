"""Who sees what, written down from the mission's text and computed from nothing.

Levels: 0 private_agg_only: members see aggregates, group admins individual stats.
1 private_show_agg_and_ind: members see both. 2 public_agg_only: anyone aggregates, group admins
individual. 3 public_agg_show_ind_if_member: anyone aggregates, members and admins individual.
4 public_show_all: anyone both, no login. Site admins see all. A volunteer's own stats: that
volunteer and site admins. Member: active membership with at least one role. A group at level 0 or
1 that is also marked private does not exist for anyone but its members, its invited and site
admins; one that has ended for nobody but site admins. Memberships: the member, the group's admins
and site admins.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import NamedTuple

from tests.authorization.people import ASKING

ANYONE = frozenset(ASKING)
SITE_ADMINS = frozenset({"site admin", "API key with stats:read"})
GROUP_ADMINS = SITE_ADMINS | {"group admin"}
MEMBERS = GROUP_ADMINS | {"member"}
INVITED = frozenset({"invited", "invited as admin"})


class Level(NamedTuple):
    aggregates: frozenset[str]
    individuals: frozenset[str]
    #: For whom a group of this level exists that is marked private.
    exists: frozenset[str]


LEVELS = (
    Level(MEMBERS, GROUP_ADMINS, MEMBERS | INVITED),
    Level(MEMBERS, MEMBERS, MEMBERS | INVITED),
    Level(ANYONE, GROUP_ADMINS, ANYONE),
    Level(ANYONE, MEMBERS, ANYONE),
    Level(ANYONE, ANYONE, ANYONE),
)


class Rule(Enum):
    AGGREGATES = auto()
    INDIVIDUALS = auto()
    GROUP_ADMINS = auto()
    #: Admins, and no machine: with a join link one changes the group.
    LEADERS = auto()
    OWN = auto()
    GROUPS_COUNT = auto()
    SITE_ADMINS = auto()


#: Every field of the schema that not everybody may see. A new one is added here by hand.
GUARDED = {
    "Query.gatewayStats": Rule.SITE_ADMINS,
    "Query.userGroupCounts": Rule.GROUPS_COUNT,
    "Goal.contributors": Rule.INDIVIDUALS,
    "User.classifications": Rule.OWN,
    "User.certificates": Rule.OWN,
    "User.goals": Rule.OWN,
    "User.memberships": Rule.OWN,
    "User.milestones": Rule.OWN,
    "UserGroup.classifications": Rule.AGGREGATES,
    "UserGroup.goals": Rule.AGGREGATES,
    "UserGroup.members": Rule.INDIVIDUALS,
    "UserGroup.memberships": Rule.GROUP_ADMINS,
    "User.invitations": Rule.OWN,
    "UserGroup.hasAdmin": Rule.AGGREGATES,
    "UserGroup.memberCount": Rule.AGGREGATES,
    "UserGroup.history": Rule.GROUP_ADMINS,
    "UserGroup.joinLink": Rule.LEADERS,
    "UserGroup.membershipCounts": Rule.GROUP_ADMINS,
    "UserGroup.revision": Rule.GROUP_ADMINS,
    "UserGroup.milestones": Rule.AGGREGATES,
    "GroupStats.topContributors": Rule.INDIVIDUALS,
    "GroupStats.memberBreakdown": Rule.INDIVIDUALS,
    "SiteStats.topContributors": Rule.SITE_ADMINS,
    "SiteStats.unusualVolunteers": Rule.SITE_ADMINS,
    "ProjectStats.topContributors": Rule.SITE_ADMINS,
    "ProjectStats.unusualVolunteers": Rule.SITE_ADMINS,
    "WorkflowStats.topContributors": Rule.SITE_ADMINS,
    "WorkflowStats.unusualVolunteers": Rule.SITE_ADMINS,
}


def sees(asking: str, rule: Rule, *, group: int | None, user: int | None) -> bool:
    """Whether somebody sees a field of this rule, of that group or volunteer."""
    match rule:
        case Rule.AGGREGATES | Rule.INDIVIDUALS:
            if group is None:
                # Of a volunteer's own goal, which has no contributors.
                return sees(asking, Rule.OWN, group=group, user=user)
            level = LEVELS[group % 10]
            allowed = level.aggregates if rule is Rule.AGGREGATES else level.individuals
            return asking in allowed
        case Rule.GROUP_ADMINS:
            return asking in GROUP_ADMINS
        case Rule.LEADERS:
            return asking in GROUP_ADMINS and ASKING[asking].api_key_id is None
        case Rule.OWN:
            return asking in SITE_ADMINS or ASKING[asking].id == user
        case Rule.GROUPS_COUNT:
            return asking in SITE_ADMINS or asking == "API key with groups:count"
        case Rule.SITE_ADMINS:
            return asking in SITE_ADMINS


def exists(asking: str, group: int) -> bool:
    """Whether a group exists for somebody."""
    if group >= 30:
        return asking in SITE_ADMINS
    is_private = group >= 20
    return not is_private or asking in LEVELS[group % 10].exists


def refusal(asking: str) -> str:
    """The code with which somebody is refused."""
    return "UNAUTHENTICATED" if asking == "anonymous" else "FORBIDDEN"
