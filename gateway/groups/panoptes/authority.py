"""The second authority: commands are carried out at Panoptes, as the person who gives them.

A command is decided by what Panoptes says now, sent with the token that the person has sent here,
and has happened when it is said so: nothing is queued, and nothing is tried again later. What
Panoptes has answered is stored before anybody is answered.
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
from gateway.groups.panoptes.caller import CallersPanoptes
from gateway.groups.panoptes.current_records import ChangedMeanwhile, ask_group, said_of
from gateway.groups.panoptes.errand import Deadline, Errand, Heard, of_members
from gateway.groups.panoptes.failures import PAUSE_SECONDS, PanoptesSilent
from gateway.groups.panoptes.groups import create_group, deactivate_group, update_group
from gateway.groups.panoptes.members import change_membership, remove_members, set_role
from gateway.groups.panoptes.not_supported import NOT_SUPPORTED, not_supported
from gateway.groups.panoptes.own_memberships import (
    accept_invitation,
    decline_invitation,
    join,
    leave,
)
from gateway.groups.panoptes.preparing import Prepared, group_of_goal, prepare
from gateway.groups.panoptes.storing import store_errand, stored_revision
from gateway.groups.refusals import GroupRefusal, RefusalCode
from gateway.groups.transaction import Limits, Transaction

_log = logging.getLogger(__name__)

_WORK: Mapping[type, Callable[[Errand, Any], Awaitable[Outcome]]] = {
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

#: What was done is stored in this time, even where Panoptes took all that a command may take.
_STORING_SECONDS = 0.5
#: A record that somebody else changes at the same time is asked for so often.
_TRIES = 2


class PanoptesGroups:
    """Carries out commands at the Panoptes that ``transport`` leads to, within ``seconds`` each.

    ``live`` is told what changed. It closes the transport when it is closed itself.
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
        """Carry out a command about a group, or raise why not; see ``GroupService.run``."""
        if (why := NOT_SUPPORTED.get(type(command))) is not None:
            raise not_supported(why)
        errand = self._errand(viewer, _token_of(viewer))
        about = await self._database.write(partial(self._prepare, viewer=viewer, command=command))
        breaker = self._breakers[type(command)]
        if breaker.state is BreakerState.OPEN:
            raise PanoptesSilent("Panoptes did not answer a moment ago: try again in a moment.")
        try:
            outcome = await self._decided(errand, command, about)
        except PanoptesSilent:
            breaker.failed()
            raise
        except GroupRefusal as error:
            breaker.worked()
            if isinstance(command, commands.Join):
                await self._count_wrong_join(viewer, error)
            raise
        finally:
            # Also of a command that was refused in the end: a part of it may be done.
            await self._store(errand)
        breaker.worked()
        return outcome

    async def look(self, command: Command, viewer: Viewer) -> None:
        """Ask for the group whose goal a command is about, which is decided about here."""
        group_id = await self._database.write(lambda each: group_of_goal(each, command))
        if group_id is None:
            return
        errand = self._errand(viewer, _token_of(viewer))
        group, heard = await ask_group(errand, group_id)
        # What is somebody's own group Panoptes tells to them and to site admins alone.
        if group.is_known and (group.own_row is not None or viewer.is_site_admin):
            errand.heard.append(heard)
        own = [] if group.own_row is None else [said_of(group.own_row)]
        scope = of_members(group_id, [errand.viewer_id])
        errand.heard.append(Heard(scope, {MEMBERSHIPS: own}, heard.at))
        await self._database.write(partial(store_errand, errand=errand, fresh=self._fresh))

    async def read_tokens(self, viewer: Viewer, group_ids: Sequence[int]) -> dict[int, str]:
        """The join tokens of groups that the viewer leads, asked for now and kept nowhere.

        Forbidden without a token to ask with: a live answer has none.
        """
        token = bearer_of(viewer)
        if token is None:
            raise Forbidden(
                "Panoptes shows join links to their admins' own requests: ask by a query."
            )
        panoptes = self._errand(viewer, token).panoptes
        return await (panoptes.as_admin() if viewer.is_site_admin else panoptes).join_tokens(
            group_ids
        )

    def _errand(self, viewer: Viewer, token: str) -> Errand:
        deadline = Deadline.after(self._seconds)
        panoptes = CallersPanoptes(self._transport, token, self._clock, deadline)
        return Errand(viewer, panoptes, self._clock, deadline, self._check_revision)

    def _prepare(self, connection: Connection, *, viewer: Viewer, command: Command) -> Prepared:
        return prepare(Transaction(connection, viewer, self._limits), command)

    async def _decided(self, errand: Errand, command: Command, about: Prepared) -> Outcome:
        panoptes = errand.panoptes
        for _ in range(_TRIES):
            errand.panoptes = panoptes
            try:
                if isinstance(command, commands.ChangeMembership):
                    return await change_membership(errand, command, about)
                return await _WORK[type(command)](errand, command)
            except ChangedMeanwhile:
                if getattr(command, "expected_revision", None) is not None:
                    break
            except NotFound:
                errand.doubt(about.group_id)
                raise
        errand.doubt(about.group_id)
        raise conflict()

    async def _check_revision(self, heard: Heard, expected: int) -> None:
        # Kept also if it is another: that is what the client will ask for next.
        if await self._database.write(partial(stored_revision, heard=heard)) != expected:
            raise conflict()

    async def _count_wrong_join(self, viewer: Viewer, error: GroupRefusal) -> None:
        if error.refusal is RefusalCode.JOIN_TOKEN_INVALID:
            await self._database.write(
                lambda each: count_wrong_join(Transaction(each, viewer, self._limits))
            )

    async def _store(self, errand: Errand) -> None:
        """Store what was heard; what happened has happened, also if that does not work."""
        if not (errand.heard or errand.ended or errand.superseded or errand.notes):
            return
        task = asyncio.create_task(self._stored(errand))
        self._storing.add(task)
        task.add_done_callback(self._storing.discard)
        # A long import may hold the writer's turn: it goes on without whoever waits for an answer.
        left = errand.deadline.end - asyncio.get_running_loop().time()
        await asyncio.wait({task}, timeout=max(left, _STORING_SECONDS))

    async def _stored(self, errand: Errand) -> None:
        try:
            await self._database.write(partial(store_errand, errand=errand, fresh=self._fresh))
        except GatewayError as error:
            _log.warning("A change at Panoptes was not stored here yet: %s", error.message)
        except Exception:
            _log.exception("A change at Panoptes could not be stored here.")
        self._live.supersede(
            [
                *errand.superseded,
                *((one.scope.resource, key) for one in errand.heard for key in one.record_keys()),
                *((GROUPS, (group_id, 0)) for group_id in errand.ended),
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
