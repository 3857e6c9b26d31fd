"""Call: one JSON:API request with its viewer, parameters and body, and the shared dependencies."""

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

#: Identifies the viewer by the header lines (names in lower case), or raises Unauthenticated.
IdentifyViewer = Callable[[Sequence[tuple[str, str]]], Awaitable[Viewer]]
OpenOperation = Callable[[Viewer, RequestRecord], AbstractAsyncContextManager[Operation]]
#: Counts a cost against a viewer, or an address; RateLimited if that is more than is left.
Spend = Callable[[Viewer, str, int], Awaitable[None]]
#: Executes commands, all or none, or raises the reason.
RunCommands = Callable[[Sequence[Command], Viewer], Awaitable[list[Outcome]]]


@dataclass(frozen=True)
class Dependencies:
    """Dependencies that all routes share. Without ``run``, the API is read-only.

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
    """A request; its viewer acts as a site admin only with the parameter ``admin``."""

    dependencies: Dependencies
    request: Request
    record: RequestRecord
    viewer: Viewer
    given: Given
    #: The parameters of the path, as texts.
    path: Mapping[str, str]
    body: Any = None

    def operation(self) -> AbstractAsyncContextManager[Operation]:
        """Open a new snapshot, with its own loaders and authorization."""
        return self.dependencies.open_operation(self.viewer, self.record)

    def require_scope(self) -> None:
        """Forbidden for a token without the scope for groups, and for API keys."""
        if self.viewer.only_reads:
            raise Forbidden("An API key cannot change groups.")
        if not self.viewer.may_change_groups:
            raise Forbidden("The token does not have the scope for groups.")

    async def run(self, command: Command, missing: GatewayError) -> Outcome:
        """Execute a command; raises ``missing`` if its subject does not exist."""
        (outcome,) = await self.run_all([command], missing)
        return outcome

    async def run_all(self, commands: Sequence[Command], missing: GatewayError) -> list[Outcome]:
        """Execute commands, all or none; raises ``missing`` if a subject does not exist."""
        assert self.dependencies.run is not None  # noqa: S101 - no handler is reached without it
        try:
            return await self.dependencies.run(commands, self.viewer)
        except NotFound:
            raise missing from None

    async def run_on_group(self, command: Command, missing: GatewayError) -> Outcome:
        """Execute a command on a group; ``missing`` also for viewers who may not change it."""
        try:
            return await self.run(command, missing)
        except Forbidden:
            self.require_scope()
            raise missing from None


def without_admin(viewer: Viewer) -> Viewer:
    """The viewer as an ordinary volunteer."""
    return replace(viewer, is_site_admin=False) if viewer.is_site_admin else viewer


def says_admin(given: Given, body: Any) -> bool:
    """Whether a request wants the permissions of a site admin.

    As in Panoptes: any value in the query, even ``false`` or an empty one; in the body, a key that
    is neither false nor null.
    """
    if "admin" in given:
        return True
    return isinstance(body, dict) and body.get("admin") not in (None, False)
