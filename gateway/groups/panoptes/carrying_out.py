"""Carrying out a change at Panoptes: sent once, and looked after if no answer tells what became
of it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from gateway.directory.panoptes.transport import Answer, PanoptesAway, PanoptesRefused
from gateway.errors import Forbidden, GatewayError
from gateway.groups.panoptes.current_records import ChangedMeanwhile
from gateway.groups.panoptes.errand import Errand
from gateway.groups.panoptes.failures import (
    Fate,
    PanoptesSilent,
    Step,
    WrongRequest,
    fate_of,
    refusal,
)

T = TypeVar("T")

#: What is told of a change of which nobody knows.
UNKNOWN = "It is not known whether Panoptes has done this: look before trying again."


@dataclass(frozen=True)
class Change:
    """A request that changes something at Panoptes; ``has_record``: success shows the record."""

    method: str
    path: str
    group_id: int
    body: object = None
    if_match: str | None = None
    step: Step = Step.CHANGE
    has_record: bool = True


async def carry_out(
    errand: Errand,
    change: Change,
    read: Callable[[Answer], T | None],
    look: Callable[[], Awaitable[T | None]],
) -> T:
    """Send a change, and return what is so now.

    ``read`` finds it in the answer; None if the answer does not say it. Then ``look`` asks whether
    it is as it was wanted; None if not. ChangedMeanwhile if the record is another by now;
    PanoptesSilent if Panoptes has not done it, or nobody knows; else why it was refused.
    """
    fate, answer = await _send(errand, change)
    if fate is Fate.SUPERSEDED:
        raise ChangedMeanwhile
    if fate is Fate.REFUSED and answer is not None:
        errand.doubt(change.group_id)
        raise refusal(answer, change.step, change.group_id, errand.clock())
    if fate is Fate.DONE and answer is not None:
        found = read(answer)
        if found is not None:
            return found
    try:
        found = await look()
    except (GatewayError, WrongRequest):
        errand.doubt(change.group_id)
        raise PanoptesSilent(UNKNOWN) from None
    if found is not None:
        return found
    errand.doubt(change.group_id)
    if fate is Fate.EMPTY or (fate is Fate.DONE and not change.has_record):
        # So it treats people who are banned there.
        raise Forbidden("Panoptes has answered and done nothing: it does not let you do this.")
    raise PanoptesSilent("Panoptes has not done this so far: look before trying again.")


async def _send(errand: Errand, change: Change) -> tuple[Fate, Answer | None]:
    try:
        answer = await errand.panoptes.send(
            change.method, change.path, change.body, change.if_match
        )
    except PanoptesAway as away:
        if not away.was_sent:
            raise PanoptesSilent(away.message) from None
        return Fate.UNKNOWN, None
    except (TimeoutError, PanoptesRefused):
        return Fate.UNKNOWN, None
    return fate_of(answer, has_record=change.has_record), answer
