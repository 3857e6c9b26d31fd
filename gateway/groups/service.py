"""Group service: runs commands on groups, each in one writing transaction.

GraphQL, JSON:API and the command line only translate. All is decided here, by the table of rules,
from what the transaction itself reads. Where the home of groups is Panoptes, commands are decided
by what Panoptes answers, and applied there.
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
from gateway.rollups.erasure import read_erased

logger = logging.getLogger(__name__)

#: The viewer of the server's command line: a site admin without a user id.
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

#: Commands that end something are possible beyond the limit of changes too: they cannot be
#: repeated without others.
_ENDING = (
    commands.DeactivateGroup,
    commands.Leave,
    commands.DeclineInvitation,
    commands.RemoveMembers,
    commands.DeleteGoal,
    commands.RevokeCertificate,
)
#: Commands about no group, which are possible while groups are switched off.
_WITHOUT_GROUPS = (commands.IssueCertificate, commands.RevokeCertificate)

#: Commands that are applied here wherever the home of groups is.
_APPLIED_HERE = (
    commands.CreateGoal,
    commands.UpdateGoal,
    commands.ArchiveGoal,
    commands.DeleteGoal,
    *_WITHOUT_GROUPS,
)

#: Called with the kind of a command and its outcome.
Count = Callable[[str, str], None]


class GroupService:
    """Runs commands of viewers.

    ``is_on`` is whether groups are changed through this gateway at all. With a ``home`` they are
    changed there, except goals and certificates, which are always changed here.
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
        """Run a command of this viewer: wholly, or with an error not at all.

        GroupRefusal for what a person can correct; Unauthenticated, Forbidden, NotFound,
        InvalidArgument, OutOfBounds, RateLimited or Unavailable otherwise.
        """
        (outcome,) = await self.run_all([command], viewer)
        return outcome

    async def run_all(self, wanted: Sequence[Command], viewer: Viewer) -> list[Outcome]:
        """Run several commands of one viewer in their order: all, or none.

        Where groups have another home it runs one at a time.
        """
        kinds = [_kind(command) for command in wanted]
        try:
            self._check(viewer, wanted)
            done = await self._execute(wanted, viewer)
            if isinstance(done, GatewayError):
                raise done
        except GatewayError as error:
            code = error.refusal if isinstance(error, GroupRefusal) else error.code
            self._report(kinds, [str(code)] * len(kinds))
            raise
        except Exception:
            self._report(kinds, ["INTERNAL_ERROR"] * len(kinds))
            raise
        self._report(kinds, ["changed" if one.changed else "unchanged" for one in done])
        return done

    async def _execute(
        self, wanted: Sequence[Command], viewer: Viewer
    ) -> list[Outcome] | GatewayError:
        if self._home is not None:
            elsewhere = [one for one in wanted if not isinstance(one, _APPLIED_HERE)]
            if elsewhere and len(wanted) > 1:
                raise not_supported("Panoptes is told one thing at a time: send them one by one.")
            if elsewhere:
                return [await self._home.run(elsewhere[0], viewer)]
            for command in wanted:
                await self._home.refresh_goal_group(command, viewer)
        return await self._database.write(lambda each: self._execute_here(each, wanted, viewer))

    def _check(self, viewer: Viewer, wanted: Sequence[Command]) -> None:
        """Check that the viewer's credentials allow commands of this kind."""
        if viewer.only_reads:
            raise Forbidden("An API key changes nothing: send a volunteer's token.")
        if viewer.is_anonymous and not viewer.is_site_admin:
            raise Unauthenticated("Sign in to do this: send a token.")
        if not self._is_on and not all(isinstance(one, _WITHOUT_GROUPS) for one in wanted):
            raise GroupRefusal(RefusalCode.NOT_SUPPORTED, "Groups cannot be changed here.")
        if not viewer.may_change_groups:
            raise Forbidden("This token does not allow to change groups: its scopes lack that.")

    def _execute_here(
        self, connection: Connection, wanted: Sequence[Command], viewer: Viewer
    ) -> list[Outcome] | GatewayError:
        """The outcomes of the commands; a returned error, unlike a raised one, commits."""
        transaction = Transaction(connection, viewer, self._limits)
        if read_erased(connection, [transaction.viewer_id]):
            raise ErasedAccount
        savepoint = connection.begin_nested()
        try:
            outcomes = [_HANDLERS[type(command)](transaction, command) for command in wanted]
            if any(outcome.changed for outcome in outcomes):
                store_viewer_names(connection, viewer)
                if not all(isinstance(command, _ENDING) for command in wanted):
                    check_changes(transaction)
        except WrongToken as wrong:
            # Counted although all else of this transaction is rolled back.
            savepoint.rollback()
            count_wrong_join(transaction)
            return wrong.refusal
        savepoint.commit()
        return outcomes

    def _report(self, kinds: Sequence[str], outcomes: Sequence[str]) -> None:
        for kind, outcome in zip(kinds, outcomes, strict=True):
            logger.info("Group command %s: %s", kind, outcome)
            if self._count is not None:
                self._count(kind, outcome)


def _kind(command: Command) -> str:
    """The kind of a command in small letters: ``join``, ``set_role``."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", type(command).__name__).lower()
