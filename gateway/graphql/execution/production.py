"""Production: counts what an operation produces (values, their cost, bytes), within limits.

The cost of a document (``cost``) is known before anything is read, except for lists whose length
no argument tells. What is produced is counted by the same weights, so that it is never more than
that but for those lists: then it is what the operation costs.
"""

from __future__ import annotations

import asyncio
import math
from dataclasses import dataclass

from gateway.graphql.refusals import (
    AnswerTooLarge,
    CostTooHigh,
    OperationTimeout,
    TooManyValues,
)
from gateway.http.refusals import RequestRefused
from gateway.yielding import Yielding

#: An error in an answer: its message, locations, path, code, and the work to write them.
VALUES_OF_AN_ERROR = 10
WORK_OF_AN_ERROR = 100
#: Calling a resolver, and its coroutine.
WORK_OF_A_CALL = 20
#: A list that a batched field may make, and whose items are counted only when it is made.
WORK_OF_A_LIST = 10_000
#: A field that graphql-core executes: its path, its info and all its calls.
WORK_OF_A_FIELD = 50
#: Points for each field that graphql-core executes after a fallback: it takes as long as these.
COST_OF_A_FALLEN_FIELD = 5
#: A letter of a document that is parsed and validated.
WORK_OF_A_LETTER = 5
#: An operation that has done less than this part of the work between two yields goes on.
_PARTS = 10


@dataclass(frozen=True)
class ProductionLimits:
    """Limits of one operation: what it may produce, and ``seconds`` that it may take."""

    cost: float = math.inf
    values: float = math.inf
    bytes: float = math.inf
    seconds: float = math.inf


class Production:
    """Counts what one operation has produced, and yields when that is due."""

    def __init__(self, yielding: Yielding, limits: ProductionLimits = ProductionLimits()) -> None:
        self.yielding = yielding
        self.cost = 0
        self.values = 0
        #: The limit that has ended the operation.
        self.refusal: RequestRefused | None = None
        self._limits = limits
        self._time = asyncio.get_running_loop().time
        #: When the operation has to end, by the loop's clock.
        self.deadline = self._time() + limits.seconds
        self._own = 0
        self._least = yielding.work_per_yield // _PARTS

    def add(self, cost: int, values: int) -> None:
        """Count what is produced; beyond a limit CostTooHigh or TooManyValues, each time."""
        self.cost += cost
        self.values += values
        self._own += values
        self.yielding.done += values
        if self.cost > self._limits.cost:
            self.refusal = CostTooHigh(int(self._limits.cost), self.cost)
        elif self.values > self._limits.values:
            self.refusal = TooManyValues(int(self._limits.values), self.values)
        if self.refusal is not None:
            raise self.refusal

    def work(self, values: int) -> None:
        """Count work that takes as long as so many values, and produces none."""
        self._own += values
        self.yielding.done += values

    def reset(self) -> None:
        """Reset the counts: what was produced is discarded."""
        self.cost = self.values = 0

    @property
    def due(self) -> bool:
        """Whether to yield: it is due, and the operation has done enough for it."""
        return self._own >= self._least and self.yielding.done >= self.yielding.work_per_yield

    async def yield_if_due(self) -> None:
        """Yield to the event loop if it is due; OperationTimeout beyond the deadline.

        A small operation does not yield, so that its loaders batch all of its keys.
        """
        if self.due:
            self.check_time()
            await self.yielding.yield_if_due()
            self._own = 0

    def check_time(self) -> None:
        """Check the deadline: OperationTimeout once the operation has taken too long."""
        if self._time() > self.deadline:
            self.refusal = OperationTimeout(self._limits.seconds)
            raise self.refusal

    def check(self) -> None:
        """Raise the limit that has ended the operation; OperationTimeout beyond the deadline."""
        if self.refusal is not None:
            raise self.refusal
        self.check_time()

    def check_bytes(self, written: int) -> None:
        """Check the number of bytes that are written: AnswerTooLarge."""
        if written > self._limits.bytes:
            raise AnswerTooLarge(int(self._limits.bytes))
