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
    check_admin_stays,
    is_to_be_done,
    lead,
    leading_among,
    refusal_of_verdict,
)
from gateway.groups.history import ChangeKind
from gateway.groups.inviting import is_invited
from gateway.groups.panoptes.carrying_out import Change, carry_out
from gateway.groups.panoptes.changing import change_membership_to, end_membership
from gateway.groups.panoptes.current_records import (
    ask_admins,
    ask_group,
    ask_members,
    ask_own,
    rows_by_user,
    told_entries,
)
from gateway.groups.panoptes.errand import Errand, of_members
from gateway.groups.panoptes.failures import Step
from gateway.groups.panoptes.not_supported import not_supported
from gateway.groups.panoptes.revisions import check_membership_revision
from gateway.groups.roles import not_a_member
from gateway.groups.rules import Action, Verdict
from gateway.groups.state import Group, membership_in


async def join(errand: Errand, command: Join) -> Outcome:
    """Become a member by the token of the group's link; who comes back has the roles of then."""
    user_id = errand.viewer_id
    own = await ask_own(errand, command.group_id)
    group = Group(command.group_id, {}, {}, own)
    if not is_to_be_done(errand, group, Action.JOIN):
        return Outcome(group.id, changed=False, user_ids=(user_id,))
    if not command.token or not command.token.isprintable():
        raise refusal_of_verdict(Verdict.JOIN_TOKEN_INVALID)
    scope = of_members(group.id, [user_id])

    def active(entries: Entries | None) -> Entries | None:
        row = None if entries is None else rows_by_user(entries).get(user_id)
        return entries if row is not None and membership_in(row).is_effective else None

    async def look() -> Entries | None:
        return active(await ask(errand.panoptes, scope))

    links = {"user": str(user_id), "user_group": str(group.id)}
    body = {"memberships": {"join_token": command.token, "links": links}}
    change = Change("POST", "/memberships", group.id, body, step=Step.JOIN)
    done = await carry_out(errand, change, lambda answer: active(told_entries(answer, scope)), look)
    errand.hear(scope, done)
    errand.note(group.id, ChangeKind.JOINED, [user_id])
    errand.supersede(group.id, [user_id])
    return Outcome(group.id, changed=True, user_ids=(user_id,))


async def leave(errand: Errand, command: Leave) -> Outcome:
    """End one's own membership; of an invitation, decline it."""
    group, _ = await ask_group(errand, command.group_id)
    row, user_id = group.own_row, errand.viewer_id
    if not is_to_be_done(errand, group, Action.LEAVE) or row is None:
        return Outcome(group.id, changed=False, user_ids=(user_id,))
    await check_membership_revision(errand, row, command.expected_revision)
    if is_invited(row):
        return await _decline(errand, group, row)
    if command.successor_id is not None:
        await _appoint(errand, group, command.successor_id)
    await _check_stays(errand, group, row)
    await end_membership(errand, row)
    errand.note(group.id, ChangeKind.LEFT, [user_id])
    return Outcome(group.id, changed=True, user_ids=(user_id,))


async def accept_invitation(errand: Errand, command: AcceptInvitation) -> Outcome:
    """Become a member with the role that the invitation names."""
    group, _ = await ask_group(errand, command.group_id)
    return await accept(errand, group)


async def accept(errand: Errand, group: Group, action: Action = Action.ACCEPT) -> Outcome:
    """The same of a group that was asked for."""
    row, user_id = group.own_row, errand.viewer_id
    if not is_to_be_done(errand, group, action) or row is None:
        return Outcome(group.id, changed=False, user_ids=(user_id,))
    await change_membership_to(errand, row, state=MembershipState.ACTIVE)
    errand.note(group.id, ChangeKind.INVITATION_ACCEPTED, [user_id])
    return Outcome(group.id, changed=True, user_ids=(user_id,))


async def decline_invitation(errand: Errand, command: DeclineInvitation) -> Outcome:
    """Transaction an invitation down."""
    group, _ = await ask_group(errand, command.group_id)
    if not is_to_be_done(errand, group, Action.DECLINE) or group.own_row is None:
        return Outcome(group.id, changed=False, user_ids=(errand.viewer_id,))
    if command.for_ever:
        raise not_supported("Panoptes does not remember who wants no invitations.", "forEver")
    return await _decline(errand, group, group.own_row)


async def _decline(errand: Errand, group: Group, row: Row) -> Outcome:
    user_id = errand.viewer_id
    await end_membership(errand, row)
    errand.note(group.id, ChangeKind.INVITATION_DECLINED, [user_id])
    return Outcome(group.id, changed=True, user_ids=(user_id,))


async def _appoint(errand: Errand, group: Group, user_id: int) -> None:
    """Make another member an admin first, as whoever leads the group may."""
    lead(errand, group, Action.SET_ROLE)
    if user_id == errand.viewer.id:
        raise InvalidArgument("successorId", "Name somebody else as successor.")
    row = (await ask_members(errand, group.id, [user_id])).get(user_id)
    if row is None or not membership_in(row).is_effective:
        raise not_a_member("successorId")
    if not membership_in(row).is_group_admin:
        await change_membership_to(errand, row, role=GROUP_ADMIN)
        errand.note(group.id, ChangeKind.ROLE_CHANGED, [user_id], {"role": GROUP_ADMIN})


async def _check_stays(errand: Errand, group: Group, row: Row) -> None:
    leading = leading_among([row])
    if leading and not group.has_ended:
        check_admin_stays(await ask_admins(errand, group.id), leading)
