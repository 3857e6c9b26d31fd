"""One's own membership at Panoptes: joining, leaving, and answering invitations."""

from __future__ import annotations

from gateway.directory.memberships import GROUP_ADMIN, MembershipState
from gateway.directory.panoptes.questions import ask
from gateway.directory.panoptes.records import Entries
from gateway.directory.rows import Row
from gateway.errors import InvalidArgument
from gateway.groups.commands import (
    AcceptInvitation,
    DeclineInvitation,
    Join,
    Leave,
    Outcome,
)
from gateway.groups.deciding import (
    authorize,
    authorize_admin,
    check_admin_stays,
    leading_among,
    refusal_of_verdict,
)
from gateway.groups.history import ChangeKind
from gateway.groups.inviting import is_invited
from gateway.groups.panoptes.apply_change import Change, apply_change
from gateway.groups.panoptes.changing import change_membership_to, end_membership
from gateway.groups.panoptes.command import RemoteCommand, of_members
from gateway.groups.panoptes.current_records import (
    ask_admins,
    ask_group,
    ask_members,
    ask_own,
    entries_in,
    rows_by_user,
)
from gateway.groups.panoptes.failures import Step
from gateway.groups.panoptes.not_supported import not_supported
from gateway.groups.panoptes.revisions import check_membership_revision
from gateway.groups.roles import not_a_member
from gateway.groups.rules import Action, Verdict
from gateway.groups.state import Group, membership_in


async def join(remote: RemoteCommand, command: Join) -> Outcome:
    """Become a member by the token of the group's link; a former member gets their old roles."""
    user_id = remote.viewer_id
    own = await ask_own(remote, command.group_id)
    group = Group(command.group_id, {}, {}, own)
    if not authorize(remote, group, Action.JOIN):
        return Outcome(group.id, changed=False, user_ids=(user_id,))
    if not command.token or not command.token.isprintable():
        raise refusal_of_verdict(Verdict.JOIN_TOKEN_INVALID)
    scope = of_members(group.id, [user_id])

    def active(entries: Entries | None) -> Entries | None:
        row = None if entries is None else rows_by_user(entries).get(user_id)
        return entries if row is not None and membership_in(row).is_effective else None

    async def verify() -> Entries | None:
        return active(await ask(remote.panoptes, scope))

    links = {"user": str(user_id), "user_group": str(group.id)}
    body = {"memberships": {"join_token": command.token, "links": links}}
    change = Change("POST", "/memberships", group.id, body, step=Step.JOIN)
    done = await apply_change(
        remote, change, lambda answer: active(entries_in(answer, scope)), verify
    )
    remote.add_received(scope, done)
    remote.add_history(group.id, ChangeKind.JOINED, [user_id])
    remote.supersede(group.id, [user_id])
    return Outcome(group.id, changed=True, user_ids=(user_id,))


async def leave(remote: RemoteCommand, command: Leave) -> Outcome:
    """End one's own membership; of an invitation, decline it."""
    group, _ = await ask_group(remote, command.group_id)
    row, user_id = group.own_row, remote.viewer_id
    if not authorize(remote, group, Action.LEAVE) or row is None:
        return Outcome(group.id, changed=False, user_ids=(user_id,))
    await check_membership_revision(remote, row, command.expected_revision)
    if is_invited(row):
        return await _decline(remote, group, row)
    if command.successor_id is not None:
        await _appoint(remote, group, command.successor_id)
    await _check_stays(remote, group, row)
    await end_membership(remote, row)
    remote.add_history(group.id, ChangeKind.LEFT, [user_id])
    return Outcome(group.id, changed=True, user_ids=(user_id,))


async def accept_invitation(remote: RemoteCommand, command: AcceptInvitation) -> Outcome:
    """Become a member with the role that the invitation names."""
    group, _ = await ask_group(remote, command.group_id)
    return await accept(remote, group)


async def accept(remote: RemoteCommand, group: Group, action: Action = Action.ACCEPT) -> Outcome:
    """Accept the invitation to a group that was read."""
    row, user_id = group.own_row, remote.viewer_id
    if not authorize(remote, group, action) or row is None:
        return Outcome(group.id, changed=False, user_ids=(user_id,))
    await change_membership_to(remote, row, state=MembershipState.ACTIVE)
    remote.add_history(group.id, ChangeKind.INVITATION_ACCEPTED, [user_id])
    return Outcome(group.id, changed=True, user_ids=(user_id,))


async def decline_invitation(remote: RemoteCommand, command: DeclineInvitation) -> Outcome:
    """Decline an invitation."""
    group, _ = await ask_group(remote, command.group_id)
    if not authorize(remote, group, Action.DECLINE) or group.own_row is None:
        return Outcome(group.id, changed=False, user_ids=(remote.viewer_id,))
    if command.for_ever:
        raise not_supported("Panoptes does not remember who wants no invitations.", "forEver")
    return await _decline(remote, group, group.own_row)


async def _decline(remote: RemoteCommand, group: Group, row: Row) -> Outcome:
    user_id = remote.viewer_id
    await end_membership(remote, row)
    remote.add_history(group.id, ChangeKind.INVITATION_DECLINED, [user_id])
    return Outcome(group.id, changed=True, user_ids=(user_id,))


async def _appoint(remote: RemoteCommand, group: Group, user_id: int) -> None:
    """Make another member an admin first, as whoever leads the group may."""
    authorize_admin(remote, group, Action.SET_ROLE)
    if user_id == remote.viewer.id:
        raise InvalidArgument("successorId", "Name somebody else as successor.")
    row = (await ask_members(remote, group.id, [user_id])).get(user_id)
    if row is None or not membership_in(row).is_effective:
        raise not_a_member("successorId")
    if not membership_in(row).is_group_admin:
        await change_membership_to(remote, row, role=GROUP_ADMIN)
        remote.add_history(group.id, ChangeKind.ROLE_CHANGED, [user_id], {"role": GROUP_ADMIN})


async def _check_stays(remote: RemoteCommand, group: Group, row: Row) -> None:
    leading = leading_among([row])
    if leading and not group.has_ended:
        check_admin_stays(await ask_admins(remote, group.id), leading)
