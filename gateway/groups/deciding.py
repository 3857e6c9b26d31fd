"""Deciding: what the table of rules, revisions and limits let a command do."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Protocol

from sqlalchemy import Connection

from gateway.auth.viewer import Viewer
from gateway.directory.rows import Row
from gateway.errors import Forbidden, GatewayError, NotFound, Unauthenticated
from gateway.groups.refusals import GroupRefusal, RefusalCode
from gateway.groups.rules import Action, Verdict, verdict
from gateway.groups.state import Group, membership_in, read_admins

_REFUSALS = {
    Verdict.JOIN_TOKEN_INVALID: (
        RefusalCode.JOIN_TOKEN_INVALID,
        "This link to join does not work (any more): ask the group's admins for a new one.",
        ("joinToken",),
    ),
    Verdict.GROUP_INACTIVE: (RefusalCode.GROUP_INACTIVE, "The group has been deactivated.", ()),
    Verdict.INVITATION_REQUIRED: (
        RefusalCode.INVITATION_REQUIRED,
        "There is no open invitation to this group.",
        (),
    ),
    Verdict.NOT_A_MEMBER: (RefusalCode.NOT_A_MEMBER, "That needs a member of the group.", ()),
}


class HasViewer(Protocol):
    """Whoever has a viewer who wants something, as a ``Transaction`` has one."""

    @property
    def viewer(self) -> Viewer:
        """Whose command it is."""
        ...


def authorize(transaction: HasViewer, group: Group, action: Action) -> bool:
    """Whether the rules let the viewer do it: False if nothing changes, an error if not."""
    found = verdict(action, transaction.viewer, group.own)
    if found is Verdict.ADMINS_THEN:
        found = Verdict.YES if group.was_led_by_viewer else Verdict.NOT_FOUND
    if found is Verdict.YES:
        return True
    if found is Verdict.UNCHANGED:
        return False
    raise refusal_of(transaction, group, found)


def refusal_of(transaction: HasViewer, group: Group, found: Verdict) -> GatewayError:
    """The error that a verdict stands for; one that hides a group hides all that is hidden."""
    if found is Verdict.UNAUTHENTICATED:
        return Unauthenticated("Sign in to do this: send a token.")
    if found is Verdict.FORBIDDEN and group.exists_for(transaction.viewer):
        return Forbidden("Only the group's admins and site admins may do this.")
    if found in _REFUSALS:
        return refusal_of_verdict(found)
    return NotFound("group", group.id)


def refusal_of_verdict(found: Verdict) -> GroupRefusal:
    """The refusal that such a verdict stands for, whatever the group."""
    code, message, path = _REFUSALS[found]
    return GroupRefusal(code, message, *path)


def authorize_admin(transaction: HasViewer, group: Group, action: Action) -> None:
    """Check that the viewer may do what admins do with an active group."""
    authorize(transaction, group, action)
    if not group.is_known:
        raise NotFound("group", group.id)
    if group.has_ended:
        if not group.exists_for(transaction.viewer):
            raise NotFound("group", group.id)
        raise refusal_of(transaction, group, Verdict.GROUP_INACTIVE)


def check_revision(row: Row, expected: int | None) -> None:
    """CONFLICT if somebody has changed the row since the revision that is expected."""
    if expected is not None and row["revision"] != expected:
        raise conflict()


def conflict() -> GroupRefusal:
    """The refusal of what somebody else has changed since the revision that is expected."""
    return GroupRefusal(
        RefusalCode.CONFLICT,
        "Somebody else has changed this in the meantime: look at it again.",
        "expectedRevision",
    )


def check_admins_left(
    connection: Connection, group: Group, ending: Iterable[Row], *path: str
) -> None:
    """LAST_ADMIN if an active group loses its last admin with these rows of memberships."""
    leading = leading_among(ending)
    # Admins are looked for among all memberships, and most who leave are none.
    if leading and not group.has_ended:
        check_admin_stays(read_admins(connection, group.id), leading, *path)


def leading_among(rows: Iterable[Row]) -> set[int]:
    """The users whose memberships make them admins."""
    return {row["user_id"] for row in rows if membership_in(row).is_group_admin}


def check_admin_stays(admins: Collection[int], leading: Collection[int], *path: str) -> None:
    """LAST_ADMIN if none of the admins would be left without those who lead it no more."""
    if not set(admins) - set(leading):
        raise GroupRefusal(
            RefusalCode.LAST_ADMIN,
            "The group would have no admin: make another member an admin first, "
            "or deactivate the group.",
            *path,
        )
