"""The states of goals, each evaluated once in an operation, however many fields ask for it."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.errors import OutOfBounds
from gateway.loaders.goals import GrowthLoader, narrowed
from gateway.loaders.reads import OperationReads
from gateway.period import count_periods
from gateway.stats.goals.evaluation import GoalState, GoalStatus, evaluate
from gateway.stats.goals.growth import Growth, Steps
from gateway.stats.goals.pieces import bounds
from gateway.stats.goals.question import GoalQuestion

#: Of all goals of an operation: 400 goals of 520 weeks have fewer.
MOST_PERIODS = 250_000

#: What evaluating a goal takes, and each of its steps.
_WORK_OF_A_GOAL, _WORK_OF_A_STEP = 20, 1


class GoalStates:
    """The states of goals on the day that is given, the same for all of an operation."""

    def __init__(self, reads: OperationReads, growth: GrowthLoader) -> None:
        self._yielding = reads.yielding
        self._growth = growth
        self._known: dict[GoalQuestion, GoalState] = {}
        #: What was read last, or is to be read next, of each goal.
        self._next: dict[GoalQuestion, Growth] = {}
        #: How goals grew, where the days of their thresholds are known.
        self._steps: dict[GoalQuestion, Steps] = {}
        #: How many periods each goal has that was admitted.
        self._admitted: dict[GoalQuestion, int] = {}

    def admit(self, asked: Sequence[GoalQuestion], today: int) -> None:
        """OutOfBounds if the goals of the operation have too many periods to be read."""
        self._admitted |= {one: _periods(one, today) for one in asked}
        total = sum(self._admitted.values())
        if total > MOST_PERIODS:
            raise OutOfBounds(
                "goals",
                total,
                0,
                MOST_PERIODS,
                f"The goals have {total:,} periods, and the limit is {MOST_PERIODS:,}: "
                "ask for fewer groups.",
            )

    async def load_many(self, asked: Sequence[GoalQuestion], today: int) -> list[GoalState]:
        """The states. At most three batches for any number of goals: years, months, days."""
        await self._load_steps(asked, today)
        for one in asked:
            if one not in self._known:
                steps = self._steps[one]
                self._known[one] = evaluate(one, steps, today)
                if self._yielding.work(_WORK_OF_A_GOAL + _WORK_OF_A_STEP * len(steps)):
                    await self._yielding.yield_if_due()
        return [self._known[one] for one in asked]

    async def statuses(self, asked: Sequence[GoalQuestion], today: int) -> list[GoalStatus]:
        """The statuses alone, which follow from the first batch: no days are looked for."""
        found = await self._growth.load_many([self._growth_of(one, today) for one in asked])
        return [evaluate(one, steps, today).status for one, steps in zip(asked, found, strict=True)]

    async def _load_steps(self, asked: Sequence[GoalQuestion], today: int) -> None:
        # Without yielding in between: all fields that ask at once go on in the same batch.
        while unknown := [one for one in asked if one not in self._steps]:
            growths = [self._growth_of(one, today) for one in unknown]
            found = await self._growth.load_many(growths)
            for one, growth, steps in zip(unknown, growths, found, strict=True):
                # Whichever field comes first says what is read next.
                if one in self._steps or self._next[one] is not growth:
                    continue
                narrower = narrowed(growth, steps, one.thresholds)
                if narrower is growth:
                    self._steps[one] = steps
                else:
                    self._next[one] = narrower

    def _growth_of(self, asked: GoalQuestion, today: int) -> Growth:
        if asked not in self._next:
            self._next[asked] = asked.growth(today)
        return self._next[asked]


def _periods(asked: GoalQuestion, today: int) -> int:
    """In how many periods a goal is counted until today: 1 without repetition."""
    if asked.repeats is None:
        return 1
    first, last = bounds(asked.selection.days)
    return count_periods(first, min(last, today), asked.repeats)
