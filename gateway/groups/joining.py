"""Joining groups: by the token of the join link, or by accepting an invitation."""

from __future__ import annotations

from gateway.directory.memberships import GROUP_MEMBER, MembershipState, encode_roles
from gateway.directory.rows import Row
from gateway.errors import GatewayError
from gateway.groups.changing import active, inactive, note, write_memberships
from gateway.groups.commands import AcceptInvitation, DeclineInvitation, Join, Outcome
from gateway.groups.deciding import authorize, refusal_of
from gateway.groups.history import ChangeKind
from gateway.groups.limits import check_new_membership, check_room
from gateway.groups.links import opens, read_link, read_wrong_joins
from gateway.groups.rules import Action, Verdict, verdict
from gateway.groups.state import Group, read_group
from gateway.groups.transaction import Transaction


class WrongToken(Exception):
    """A wrong token was sent; it is counted although the command is refused."""

    def __init__(self, refusal: GatewayError) -> None:
        super().__init__()
        self.refusal = refusal


def join(transaction: Transaction, command: Join) -> Outcome:
    """Become a member by the token of the group's link.

    All is read and compared also for a group that does not exist, so that neither the words nor
    the time of an answer reveal which groups exist.
    """
    group = read_group(transaction, command.group_id)
    link = read_link(transaction.connection, command.group_id)
    wrong = read_wrong_joins(transaction)
    is_right = opens(link, command.token, transaction.now) and group.is_known
    if not is_right:
        action = Action.JOIN_WRONGLY
    elif group.has_ended:
        action = Action.JOIN_INACTIVE
    else:
        action = Action.JOIN
    found = verdict(action, transaction.viewer, group.own)
    if found is Verdict.UNAUTHENTICATED:
        raise refusal_of(transaction, group, found)
    if found is Verdict.UNCHANGED:
        if not group.has_ended:
            return Outcome(group.id, changed=False, user_ids=(transaction.viewer_id,))
        found = Verdict.JOIN_TOKEN_INVALID
    wrong.check(transaction.now)
    if found is Verdict.JOIN_TOKEN_INVALID:
        raise WrongToken(refusal_of(transaction, group, found))
    if found is not Verdict.YES:
        raise refusal_of(transaction, group, found)
    return _become_member(transaction, group)


def accept_invitation(transaction: Transaction, command: AcceptInvitation) -> Outcome:
    """Become a member with the role that the invitation names."""
    return accept(transaction, read_group(transaction, command.group_id))


def accept(transaction: Transaction, group: Group, action: Action = Action.ACCEPT) -> Outcome:
    """Accept the invitation to a group that was read; an ended group has no open invitations."""
    if not authorize(transaction, group, action):
        return Outcome(group.id, changed=False, user_ids=(transaction.viewer_id,))
    if group.has_ended:
        raise refusal_of(transaction, group, Verdict.INVITATION_REQUIRED)
    return _become_member(transaction, group)


def decline_invitation(transaction: Transaction, command: DeclineInvitation) -> Outcome:
    """Decline an invitation, for this time or for ever."""
    group = read_group(transaction, command.group_id)
    if not authorize(transaction, group, Action.DECLINE) or group.own_row is None:
        return Outcome(group.id, changed=False, user_ids=(transaction.viewer_id,))
    return decline(transaction, group, group.own_row, for_ever=command.for_ever)


def decline(transaction: Transaction, group: Group, row: Row, *, for_ever: bool = False) -> Outcome:
    """End the viewer's invitation, whose row it is."""
    ended = inactive(row, "declined")
    if for_ever:
        ended["no_invitations"] = True
    write_memberships(transaction, group, [ended])
    note(transaction, group, ChangeKind.INVITATION_DECLINED, [transaction.viewer.id])
    return Outcome(group.id, changed=True, user_ids=(transaction.viewer_id,))


def _become_member(transaction: Transaction, group: Group) -> Outcome:
    """Make the viewer a member: as they were invited, else as a plain one."""
    row, user_id = group.own_row, transaction.viewer_id
    check_new_membership(transaction, user_id, group.id)
    check_room(transaction, group.id, 1 if row is None else 0, "id")
    plain = encode_roles([GROUP_MEMBER])
    invited = row is not None and row["state"] == MembershipState.INVITED.value
    roles = (
        plain if row is None or not invited or row["roles"] == encode_roles(()) else row["roles"]
    )
    write_memberships(transaction, group, [active(group, user_id, roles, transaction)])
    kind = ChangeKind.INVITATION_ACCEPTED if invited else ChangeKind.JOINED
    note(transaction, group, kind, [user_id])
    return Outcome(group.id, changed=True, user_ids=(user_id,))
