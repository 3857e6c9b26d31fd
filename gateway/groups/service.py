"""Group service: what people do with groups, one writing transaction for each command.

GraphQL, JSON:API and the command line only translate: whatever is decided about a group or a
membership is decided here, by the table of rules, from what the transaction itself reads. Where
the home of groups is Panoptes, it is decided by what Panoptes says, and done there.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from gateway.auth.viewer import Viewer
from gateway.db import Database
from gateway.directory.erased_users import ErasedAccount
from gateway.errors import Forbidden, GatewayError, Unauthenticated
from gateway.groups import commands
from gateway.groups.activation import deactivate_group, reactivate_group
from gateway.groups.certificates import issue_certificate, revoke_certificate
from gateway.groups.commands import Command, Outcome
from gateway.groups.creating import create_group
from gateway.groups.editing import update_group
from gateway.groups.goals import archive_goal, create_goal, delete_goal, update_goal
from gateway.groups.inviting import invite
from gateway.groups.joining import WrongToken, accept_invitation, decline_invitation, join
from gateway.groups.leaving import leave, remove_members
from gateway.groups.limits import check_changes
from gateway.groups.link_changes import update_join_link
from gateway.groups.links import count_wrong_join
from gateway.groups.membership_changes import change_membership
from gateway.groups.panoptes.not_supported import not_supported
from gateway.groups.panoptes.remote_groups import PanoptesGroups
from gateway.groups.refusals import GroupRefusal, RefusalCode
from gateway.groups.roles import set_role
from gateway.groups.transaction import Limits, Transaction
from gateway.groups.users import store_viewer_names
from gateway.rollups.erasure import read_forgotten

logger = logging.getLogger(__name__)

#: Whoever works on the command line of the server: a site admin who is none of its users.
OPERATOR = Viewer(is_site_admin=True)

_HANDLERS: Mapping[type, Callable[[Transaction, Any], Outcome]] = {
    commands.CreateGroup: create_group,
    commands.UpdateGroup: update_group,
    commands.DeactivateGroup: deactivate_group,
    commands.ReactivateGroup: reactivate_group,
    commands.Join: join,
    commands.Leave: leave,
    commands.Invite: invite,
    commands.AcceptInvitation: accept_invitation,
    commands.DeclineInvitation: decline_invitation,
    commands.RemoveMembers: remove_members,
    commands.SetRole: set_role,
    commands.ChangeMembership: change_membership,
    commands.UpdateJoinLink: update_join_link,
    commands.CreateGoal: create_goal,
    commands.UpdateGoal: update_goal,
    commands.ArchiveGoal: archive_goal,
    commands.DeleteGoal: delete_goal,
    commands.IssueCertificate: issue_certificate,
    commands.RevokeCertificate: revoke_certificate,
}

#: What makes things end is possible beyond the limit of changes too: it cannot be repeated
#: without the others.
_ENDING = (
    commands.DeactivateGroup,
    commands.Leave,
    commands.DeclineInvitation,
    commands.RemoveMembers,
    commands.DeleteGoal,
    commands.RevokeCertificate,
)
#: What is about no group, so that nobody need decide about groups here.
_WITHOUT_GROUPS = (commands.IssueCertificate, commands.RevokeCertificate)

#: What is decided here wherever the home of groups is.
_DECIDED_HERE = (
    commands.CreateGoal,
    commands.UpdateGoal,
    commands.ArchiveGoal,
    commands.DeleteGoal,
    *_WITHOUT_GROUPS,
)

#: Called with the kind of a command and its outcome.
Count = Callable[[str, str], None]


class GroupService:
    """Carries out commands of people.

    ``is_on`` is whether groups are changed through this gateway at all. With a ``home`` they are
    changed there, and what has no place there is here: goals and certificates.
    """

    def __init__(
        self,
        database: Database,
        limits: Limits | None = None,
        *,
        is_on: bool = True,
        count: Count | None = None,
        home: PanoptesGroups | None = None,
    ) -> None:
        self._database = database
        self._limits = limits or Limits()
        self._is_on = is_on
        self._count = count
        self._home = home

    async def run(self, command: Command, viewer: Viewer) -> Outcome:
        """Carry out a command of this viewer: wholly, or with an error not at all.

        GroupRefusal for what a person can mend; Unauthenticated, Forbidden, NotFound,
        InvalidArgument, OutOfBounds, RateLimited or Unavailable otherwise.
        """
        (outcome,) = await self.run_all([command], viewer)
        return outcome

    async def run_all(self, wanted: Sequence[Command], viewer: Viewer) -> list[Outcome]:
        """Carry out several commands of one viewer in their order: all, or none.

        Where groups have another home it takes one at a time.
        """
        kinds = [_kind(command) for command in wanted]
        try:
            self._check(viewer, wanted)
            done = await self._done(wanted, viewer)
            if isinstance(done, GatewayError):
                raise done
        except GatewayError as error:
            told = error.refusal if isinstance(error, GroupRefusal) else error.code
            self._tell(kinds, [str(told)] * len(kinds))
            raise
        except Exception:
            self._tell(kinds, ["INTERNAL_ERROR"] * len(kinds))
            raise
        self._tell(kinds, ["changed" if one.changed else "unchanged" for one in done])
        return done

    async def _done(
        self, wanted: Sequence[Command], viewer: Viewer
    ) -> list[Outcome] | GatewayError:
        if self._home is not None:
            elsewhere = [one for one in wanted if not isinstance(one, _DECIDED_HERE)]
            if elsewhere and len(wanted) > 1:
                raise not_supported("Panoptes is told one thing at a time: send them one by one.")
            if elsewhere:
                return [await self._home.run(elsewhere[0], viewer)]
            for command in wanted:
                await self._home.refresh_goal_group(command, viewer)
        return await self._database.write(lambda each: self._work(each, wanted, viewer))

    def _check(self, viewer: Viewer, wanted: Sequence[Command]) -> None:
        """Whether the viewer's credentials let them change anything of this kind here."""
        if viewer.only_reads:
            raise Forbidden("An API key changes nothing: send a volunteer's token.")
        if viewer.is_anonymous and not viewer.is_site_admin:
            raise Unauthenticated("Sign in to do this: send a token.")
        if not self._is_on and not all(isinstance(one, _WITHOUT_GROUPS) for one in wanted):
            raise GroupRefusal(RefusalCode.NOT_SUPPORTED, "Groups cannot be changed here.")
        if not viewer.may_change_groups:
            raise Forbidden("This token does not allow to change groups: its scopes lack that.")

    def _work(
        self, connection: Connection, wanted: Sequence[Command], viewer: Viewer
    ) -> list[Outcome] | GatewayError:
        """What came of the commands; an error that is returned is one that was counted."""
        transaction = Transaction(connection, viewer, self._limits)
        if read_forgotten(connection, [transaction.viewer_id]):
            raise ErasedAccount
        doing = connection.begin_nested()
        try:
            outcomes = [_HANDLERS[type(command)](transaction, command) for command in wanted]
            if any(outcome.changed for outcome in outcomes):
                store_viewer_names(connection, viewer)
                if not all(isinstance(command, _ENDING) for command in wanted):
                    check_changes(transaction)
        except WrongToken as wrong:
            # Counted although nothing else of this transaction is kept.
            doing.rollback()
            count_wrong_join(transaction)
            return wrong.refusal
        doing.commit()
        return outcomes

    def _tell(self, kinds: Sequence[str], outcomes: Sequence[str]) -> None:
        for kind, outcome in zip(kinds, outcomes, strict=True):
            logger.info("Group command %s: %s", kind, outcome)
            if self._count is not None:
                self._count(kind, outcome)


def _kind(command: Command) -> str:
    """The kind of a command in small letters: ``join``, ``set_role``."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", type(command).__name__).lower()
