"""Authorization of commands by the table of rules, and checks of revisions and last admins."""

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
    """The context of a command: a ``Transaction``, or a ``RemoteCommand``."""

    @property
    def viewer(self) -> Viewer:
        """The viewer who gives the command."""
        ...


def authorize(context: HasViewer, group: Group, action: Action) -> bool:
    """Authorize an action by the rules: False if it would change nothing, an error if refused."""
    found = verdict(action, context.viewer, group.own)
    if found is Verdict.ADMINS_THEN:
        found = Verdict.YES if group.was_led_by_viewer else Verdict.NOT_FOUND
    if found is Verdict.YES:
        return True
    if found is Verdict.UNCHANGED:
        return False
    raise refusal_of(context, group, found)


def refusal_of(context: HasViewer, group: Group, found: Verdict) -> GatewayError:
    """The error for a verdict; NOT_FOUND for a group that does not exist for the viewer."""
    if found is Verdict.UNAUTHENTICATED:
        return Unauthenticated("Sign in to do this: send a token.")
    if found is Verdict.FORBIDDEN and group.exists_for(context.viewer):
        return Forbidden("Only the group's admins and site admins may do this.")
    if found in _REFUSALS:
        return refusal_of_verdict(found)
    return NotFound("group", group.id)


def refusal_of_verdict(found: Verdict) -> GroupRefusal:
    """The refusal for a verdict that does not depend on the group."""
    code, message, path = _REFUSALS[found]
    return GroupRefusal(code, message, *path)


def authorize_admin(context: HasViewer, group: Group, action: Action) -> None:
    """Authorize an action of a group's admins; GROUP_INACTIVE or NotFound for an ended group."""
    authorize(context, group, action)
    if not group.is_known:
        raise NotFound("group", group.id)
    if group.has_ended:
        if not group.exists_for(context.viewer):
            raise NotFound("group", group.id)
        raise refusal_of(context, group, Verdict.GROUP_INACTIVE)


def check_revision(row: Row, expected: int | None) -> None:
    """CONFLICT if the row has another revision than the expected one."""
    if expected is not None and row["revision"] != expected:
        raise conflict()


def conflict() -> GroupRefusal:
    """The refusal for a revision that is not the expected one."""
    return GroupRefusal(
        RefusalCode.CONFLICT,
        "Somebody else has changed this in the meantime: look at it again.",
        "expectedRevision",
    )


def check_admins_left(
    connection: Connection, group: Group, ending: Iterable[Row], *path: str
) -> None:
    """LAST_ADMIN if an active group loses its last admin with these memberships."""
    leading = leading_among(ending)
    # Reading admins reads all memberships, and most who leave are none.
    if leading and not group.has_ended:
        check_admin_stays(read_admins(connection, group.id), leading, *path)


def leading_among(rows: Iterable[Row]) -> set[int]:
    """The users whose memberships make them admins."""
    return {row["user_id"] for row in rows if membership_in(row).is_group_admin}


def check_admin_stays(admins: Collection[int], leading: Collection[int], *path: str) -> None:
    """LAST_ADMIN if no admin remains without those in ``leading``, who are admins no longer."""
    if not set(admins) - set(leading):
        raise GroupRefusal(
            RefusalCode.LAST_ADMIN,
            "The group would have no admin: make another member an admin first, "
            "or deactivate the group.",
            *path,
        )
