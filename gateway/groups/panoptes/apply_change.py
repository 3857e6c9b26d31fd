"""Applying a change at Panoptes: sent once, and verified by a read if no answer confirms it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from gateway.directory.panoptes.transport import Answer, PanoptesAway, PanoptesRefused
from gateway.errors import Forbidden, GatewayError
from gateway.groups.panoptes.command import RemoteCommand
from gateway.groups.panoptes.current_records import ConcurrentChange
from gateway.groups.panoptes.failures import (
    ChangeStatus,
    PanoptesUnavailable,
    Step,
    WrongRequest,
    change_status,
    refusal,
)

T = TypeVar("T")

#: The message for a change whose result is unknown.
UNKNOWN = "It is not known whether Panoptes has done this: look before trying again."


@dataclass(frozen=True)
class Change:
    """A request that changes something at Panoptes; ``has_record``: success answers the record."""

    method: str
    path: str
    group_id: int
    body: object = None
    if_match: str | None = None
    step: Step = Step.CHANGE
    has_record: bool = True


async def apply_change(
    remote: RemoteCommand,
    change: Change,
    read: Callable[[Answer], T | None],
    verify: Callable[[], Awaitable[T | None]],
) -> T:
    """Send a change, and return its result.

    ``read`` finds the result in the answer, or returns None. Then ``verify`` requests it; None if
    the change is not done. ConcurrentChange if the record has changed since it was read;
    PanoptesUnavailable if the change is not done, or its status is unknown; else the refusal.
    """
    status, answer = await _send(remote, change)
    if status is ChangeStatus.SUPERSEDED:
        raise ConcurrentChange
    if status is ChangeStatus.REFUSED and answer is not None:
        remote.supersede_all(change.group_id)
        raise refusal(answer, change.step, change.group_id, remote.clock())
    if status is ChangeStatus.DONE and answer is not None:
        found = read(answer)
        if found is not None:
            return found
    try:
        found = await verify()
    except (GatewayError, WrongRequest):
        remote.supersede_all(change.group_id)
        raise PanoptesUnavailable(UNKNOWN) from None
    if found is not None:
        return found
    remote.supersede_all(change.group_id)
    if status is ChangeStatus.EMPTY or (status is ChangeStatus.DONE and not change.has_record):
        # Panoptes answers banned people so.
        raise Forbidden("Panoptes has answered and done nothing: it does not let you do this.")
    raise PanoptesUnavailable("Panoptes has not done this so far: look before trying again.")


async def _send(remote: RemoteCommand, change: Change) -> tuple[ChangeStatus, Answer | None]:
    try:
        answer = await remote.panoptes.send(
            change.method, change.path, change.body, change.if_match
        )
    except PanoptesAway as away:
        if not away.was_sent:
            raise PanoptesUnavailable(away.message) from None
        return ChangeStatus.UNKNOWN, None
    except (TimeoutError, PanoptesRefused):
        return ChangeStatus.UNKNOWN, None
    return change_status(answer, has_record=change.has_record), answer
