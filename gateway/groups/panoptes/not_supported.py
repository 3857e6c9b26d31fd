"""What Panoptes cannot do, or does not do as the rules have it."""

from __future__ import annotations

from gateway.groups import commands
from gateway.groups.refusals import GroupRefusal, RefusalCode
from gateway.groups.rules import Action

#: Whom an admin invites Panoptes makes an inactive member, who can accept nothing.
NO_INVITATIONS = "Panoptes has no invitations: send people the join link."

#: Commands that are refused as a whole, each with why.
NOT_SUPPORTED = {
    commands.Invite: NO_INVITATIONS,
    commands.ReactivateGroup: "Panoptes lets no group go on that was deactivated.",
    commands.UpdateJoinLink: "Panoptes makes one join link for a group, which cannot be changed.",
}

#: What nobody may do with a group, whoever they are to it.
UNSUPPORTED_ACTIONS = frozenset({Action.INVITE, Action.REACTIVATE, Action.CHANGE_JOIN_LINK})


def not_supported(message: str, *path: str) -> GroupRefusal:
    """The refusal of what the home of the group cannot do."""
    return GroupRefusal(RefusalCode.NOT_SUPPORTED, message, *path)
