"""One request of this door: who asks, with what, and how it is read and carried out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from typing import Any

from starlette.requests import Request

from gateway.auth.viewer import Viewer
from gateway.errors import Forbidden, GatewayError, NotFound
from gateway.groups.commands import Command, Outcome
from gateway.loaders.operation import Operation
from gateway.rest.jsonapi.parameters import Given
from gateway.rest.sentence import DescribeError
from gateway.telemetry.record import RequestRecord

#: The viewer that a request's header lines (names in lower case) stand for, or Unauthenticated.
IdentifyViewer = Callable[[Sequence[tuple[str, str]]], Awaitable[Viewer]]
OpenOperation = Callable[[Viewer, RequestRecord], AbstractAsyncContextManager[Operation]]
#: Counts a cost against a viewer, or an address; RateLimited if that is more than is left.
Spend = Callable[[Viewer, str, int], Awaitable[None]]
#: Carries commands out, all or none, or raises why not.
RunCommands = Callable[[Sequence[Command], Viewer], Awaitable[list[Outcome]]]


@dataclass(frozen=True)
class Door:
    """What all routes share. Without ``run`` nothing can be changed here.

    Bodies have up to ``body_limit`` bytes, and reading may take ``timeout_seconds``.
    """

    identify: IdentifyViewer
    open_operation: OpenOperation
    describe: DescribeError
    run: RunCommands | None
    spend: Spend | None
    body_limit: int
    timeout_seconds: float


@dataclass(frozen=True)
class Call:
    """A request whose viewer is as much as the request says: a site admin only with ``admin``."""

    door: Door
    request: Request
    record: RequestRecord
    viewer: Viewer
    given: Given
    #: Those of the path, as they stand in it.
    path: Mapping[str, str]
    body: Any = None

    def operation(self) -> AbstractAsyncContextManager[Operation]:
        """A new snapshot, with loaders and decisions of its own."""
        return self.door.open_operation(self.viewer, self.record)

    def require_scope(self) -> None:
        """Forbidden for a token without the scope for groups, and for machines."""
        if self.viewer.only_reads:
            raise Forbidden("An API key cannot change groups.")
        if not self.viewer.may_change_groups:
            raise Forbidden("The token does not have the scope for groups.")

    async def run(self, command: Command, missing: GatewayError) -> Outcome:
        """Carry a command out; ``missing`` for what is not there, or not to be changed."""
        (outcome,) = await self.run_all([command], missing)
        return outcome

    async def run_all(self, commands: Sequence[Command], missing: GatewayError) -> list[Outcome]:
        """Carry commands out, all or none."""
        assert self.door.run is not None  # noqa: S101 - no handler is reached without it
        try:
            return await self.door.run(commands, self.viewer)
        except NotFound:
            raise missing from None

    async def run_on_group(self, command: Command, missing: GatewayError) -> Outcome:
        """The same; who may not change a group is told that there is none."""
        try:
            return await self.run(command, missing)
        except Forbidden:
            self.require_scope()
            raise missing from None


def without_admin(viewer: Viewer) -> Viewer:
    """The viewer as an ordinary volunteer."""
    return replace(viewer, is_site_admin=False) if viewer.is_site_admin else viewer


def says_admin(given: Given, body: Any) -> bool:
    """Whether a request asks for what site admins may.

    As Panoptes has it: any text in the query, ``false`` and none too; in the body a key that is
    neither false nor null.
    """
    if "admin" in given:
        return True
    return isinstance(body, dict) and body.get("admin") not in (None, False)
