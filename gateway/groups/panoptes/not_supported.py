"""Commands that Panoptes does not support, or does not apply by the rules."""

from __future__ import annotations

from gateway.groups import commands
from gateway.groups.refusals import GroupRefusal, RefusalCode
from gateway.groups.rules import Action

#: Panoptes makes whom an admin invites an inactive member, who can accept nothing.
NO_INVITATIONS = "Panoptes has no invitations: send people the join link."

#: Commands that are refused as a whole, each with why.
NOT_SUPPORTED = {
    commands.Invite: NO_INVITATIONS,
    commands.ReactivateGroup: "Panoptes lets no group go on that was deactivated.",
    commands.UpdateJoinLink: "Panoptes makes one join link for a group, which cannot be changed.",
}

#: Actions that nobody may do with a group at Panoptes.
UNSUPPORTED_ACTIONS = frozenset({Action.INVITE, Action.REACTIVATE, Action.CHANGE_JOIN_LINK})


def not_supported(message: str, *path: str) -> GroupRefusal:
    """The refusal of what the home of the group cannot do."""
    return GroupRefusal(RefusalCode.NOT_SUPPORTED, message, *path)
