"""Kinds of changes in the history of groups."""

from __future__ import annotations

from enum import StrEnum


class ChangeKind(StrEnum):
    """What has happened to a group or to somebody's membership; the words are stored."""

    CREATED = "created"
    RENAMED = "renamed"
    LEVEL_CHANGED = "level_changed"
    JOINED = "joined"
    LEFT = "left"
    REMOVED = "removed"
    INVITED = "invited"
    INVITATION_ACCEPTED = "invitation_accepted"
    INVITATION_DECLINED = "invitation_declined"
    INVITATION_WITHDRAWN = "invitation_withdrawn"
    ROLE_CHANGED = "role_changed"
    LINK_ROTATED = "link_rotated"
    LINK_CHANGED = "link_changed"
    DEACTIVATED = "deactivated"
    REACTIVATED = "reactivated"
    #: This gateway began to decide about a group that a file or Panoptes had brought; or a file
    #: did about one of the gateway, which the details say then.
    TAKEN_OVER = "taken_over"
    BACKFILLED = "backfilled"
    GOAL_CREATED = "goal_created"
    GOAL_CHANGED = "goal_changed"
    GOAL_ARCHIVED = "goal_archived"
    GOAL_DELETED = "goal_deleted"
