"""Groups at Panoptes: forwards commands there, with the token of the person who sent them.

A command is decided by what Panoptes answers now, and is done once Panoptes confirms it: nothing is
queued, and nothing is retried later. Panoptes' answers are stored before the client is answered.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import Connection

from gateway.auth.bearer import bearer_of
from gateway.auth.viewer import Viewer
from gateway.circuit_breaker import BreakerState, CircuitBreaker
from gateway.db import Database
from gateway.directory.panoptes.answers import GROUPS, MEMBERSHIPS
from gateway.directory.panoptes.live import LiveDirectory
from gateway.directory.panoptes.transport import Transport
from gateway.errors import Forbidden, GatewayError, NotFound
from gateway.groups import commands
from gateway.groups.commands import Command, Outcome
from gateway.groups.deciding import conflict
from gateway.groups.links import count_wrong_join
from gateway.groups.panoptes.caller_client import CallerClient
from gateway.groups.panoptes.command import Deadline, ReceivedRecords, RemoteCommand, of_members
from gateway.groups.panoptes.current_records import ConcurrentChange, ask_group, panoptes_columns
from gateway.groups.panoptes.failures import PAUSE_SECONDS, PanoptesUnavailable
from gateway.groups.panoptes.groups import create_group, deactivate_group, update_group
from gateway.groups.panoptes.members import change_membership, remove_members, set_role
from gateway.groups.panoptes.not_supported import NOT_SUPPORTED, not_supported
from gateway.groups.panoptes.own_memberships import (
    accept_invitation,
    decline_invitation,
    join,
    leave,
)
from gateway.groups.panoptes.preconditions import Prepared, group_of_goal, prepare
from gateway.groups.panoptes.storing import store_remote_command, stored_revision
from gateway.groups.refusals import GroupRefusal, RefusalCode
from gateway.groups.transaction import Limits, Transaction

_log = logging.getLogger(__name__)

_HANDLERS: Mapping[type, Callable[[RemoteCommand, Any], Awaitable[Outcome]]] = {
    commands.CreateGroup: create_group,
    commands.UpdateGroup: update_group,
    commands.DeactivateGroup: deactivate_group,
    commands.Join: join,
    commands.Leave: leave,
    commands.AcceptInvitation: accept_invitation,
    commands.DeclineInvitation: decline_invitation,
    commands.RemoveMembers: remove_members,
    commands.SetRole: set_role,
}

#: Seconds to store what was done, even if Panoptes took all the time of the command.
_STORING_SECONDS = 0.5
#: How often a command is tried if somebody else changes the record at the same time.
_TRIES = 2


class PanoptesGroups:
    """Applies commands at the Panoptes that ``transport`` leads to, within ``seconds`` each.

    It tells ``live`` which records changed. It closes the transport when it is closed itself.
    """

    def __init__(
        self,
        transport: Transport,
        database: Database,
        live: LiveDirectory,
        clock: Callable[[], datetime],
        *,
        limits: Limits,
        seconds: float,
        fresh_seconds: float,
    ) -> None:
        self._transport = transport
        self._database = database
        self._live = live
        self._clock = clock
        self._limits = limits
        self._seconds = seconds
        self._fresh = int(fresh_seconds * 1_000_000)
        self._breakers: defaultdict[type, CircuitBreaker] = defaultdict(
            lambda: CircuitBreaker(PAUSE_SECONDS)
        )
        self._storing: set[asyncio.Task[None]] = set()

    async def run(self, command: Command, viewer: Viewer) -> Outcome:
        """Apply a command about a group at Panoptes; errors as of ``GroupService.run``."""
        if (why := NOT_SUPPORTED.get(type(command))) is not None:
            raise not_supported(why)
        remote = self._remote_command(viewer, _token_of(viewer))
        about = await self._database.write(partial(self._prepare, viewer=viewer, command=command))
        breaker = self._breakers[type(command)]
        if breaker.state is BreakerState.OPEN:
            raise PanoptesUnavailable(
                "Panoptes did not answer a moment ago: try again in a moment."
            )
        try:
            outcome = await self._apply(remote, command, about)
        except PanoptesUnavailable:
            breaker.failed()
            raise
        except GroupRefusal as error:
            breaker.worked()
            if isinstance(command, commands.Join):
                await self._count_wrong_join(viewer, error)
            raise
        finally:
            # Also of a command that was refused: a part of it may be done.
            await self._store(remote)
        breaker.worked()
        return outcome

    async def refresh_goal_group(self, command: Command, viewer: Viewer) -> None:
        """Read the group of a goal from Panoptes, and store it: goals are decided here."""
        group_id = await self._database.write(lambda each: group_of_goal(each, command))
        if group_id is None:
            return
        remote = self._remote_command(viewer, _token_of(viewer))
        group, received = await ask_group(remote, group_id)
        # Panoptes shows a whole group to its members and to site admins alone.
        if group.is_known and (group.own_row is not None or viewer.is_site_admin):
            remote.received.append(received)
        own = [] if group.own_row is None else [panoptes_columns(group.own_row)]
        scope = of_members(group_id, [remote.viewer_id])
        remote.received.append(ReceivedRecords(scope, {MEMBERSHIPS: own}, received.at))
        await self._database.write(partial(store_remote_command, remote=remote, fresh=self._fresh))

    async def read_tokens(self, viewer: Viewer, group_ids: Sequence[int]) -> dict[int, str]:
        """The join tokens of groups that the viewer leads, requested each time and never stored.

        Forbidden without a token to send: a live operation has none.
        """
        token = bearer_of(viewer)
        if token is None:
            raise Forbidden(
                "Panoptes shows join links to their admins' own requests: ask by a query."
            )
        panoptes = self._remote_command(viewer, token).panoptes
        return await (panoptes.as_admin() if viewer.is_site_admin else panoptes).join_tokens(
            group_ids
        )

    def _remote_command(self, viewer: Viewer, token: str) -> RemoteCommand:
        deadline = Deadline.after(self._seconds)
        panoptes = CallerClient(self._transport, token, self._clock, deadline)
        return RemoteCommand(viewer, panoptes, self._clock, deadline, self._check_revision)

    def _prepare(self, connection: Connection, *, viewer: Viewer, command: Command) -> Prepared:
        return prepare(Transaction(connection, viewer, self._limits), command)

    async def _apply(self, remote: RemoteCommand, command: Command, about: Prepared) -> Outcome:
        panoptes = remote.panoptes
        for _ in range(_TRIES):
            remote.panoptes = panoptes
            try:
                if isinstance(command, commands.ChangeMembership):
                    return await change_membership(remote, command, about)
                return await _HANDLERS[type(command)](remote, command)
            except ConcurrentChange:
                if getattr(command, "expected_revision", None) is not None:
                    break
            except NotFound:
                remote.supersede_all(about.group_id)
                raise
        remote.supersede_all(about.group_id)
        raise conflict()

    async def _check_revision(self, received: ReceivedRecords, expected: int) -> None:
        # Stored also on a conflict: the client will request it next.
        if await self._database.write(partial(stored_revision, received=received)) != expected:
            raise conflict()

    async def _count_wrong_join(self, viewer: Viewer, error: GroupRefusal) -> None:
        if error.refusal is RefusalCode.JOIN_TOKEN_INVALID:
            await self._database.write(
                lambda each: count_wrong_join(Transaction(each, viewer, self._limits))
            )

    async def _store(self, remote: RemoteCommand) -> None:
        """Store answers and history; a failure is only logged, as the change is done."""
        if not (remote.received or remote.ended or remote.superseded or remote.history):
            return
        task = asyncio.create_task(self._write(remote))
        self._storing.add(task)
        task.add_done_callback(self._storing.discard)
        # A long import may hold the writer lock: the task goes on after the client is answered.
        remaining = remote.deadline.end - asyncio.get_running_loop().time()
        await asyncio.wait({task}, timeout=max(remaining, _STORING_SECONDS))

    async def _write(self, remote: RemoteCommand) -> None:
        try:
            await self._database.write(
                partial(store_remote_command, remote=remote, fresh=self._fresh)
            )
        except GatewayError as error:
            _log.warning("A change at Panoptes was not stored here yet: %s", error.message)
        except Exception:
            _log.exception("A change at Panoptes could not be stored here.")
        self._live.supersede(
            [
                *remote.superseded,
                *((r.scope.resource, key) for r in remote.received for key in r.record_keys()),
                *((GROUPS, (group_id, 0)) for group_id in remote.ended),
            ]
        )

    async def __aenter__(self) -> PanoptesGroups:
        return self

    async def __aexit__(self, *_error: object) -> None:
        while self._storing:
            await asyncio.wait({*self._storing})
        await self._transport.close()


def _token_of(viewer: Viewer) -> str:
    token = bearer_of(viewer)
    if token is None:
        raise not_supported("Groups are changed at Panoptes: send a token of Panoptes.")
    return token
