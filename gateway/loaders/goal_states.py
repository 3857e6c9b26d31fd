"""Goal states: each goal is evaluated once in an operation, whatever the number of fields."""

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

#: Periods of all goals of an operation: 400 goals of 520 weeks have fewer.
MOST_PERIODS = 250_000

#: Work units of evaluating a goal, and each of its steps.
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

    def admit(self, questions: Sequence[GoalQuestion], today: int) -> None:
        """OutOfBounds if the goals of the operation have too many periods to be read."""
        self._admitted |= {one: _periods(one, today) for one in questions}
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

    async def load_many(self, questions: Sequence[GoalQuestion], today: int) -> list[GoalState]:
        """The states. At most three batches for any number of goals: years, months, days."""
        await self._load_steps(questions, today)
        for one in questions:
            if one not in self._known:
                steps = self._steps[one]
                self._known[one] = evaluate(one, steps, today)
                if self._yielding.work(_WORK_OF_A_GOAL + _WORK_OF_A_STEP * len(steps)):
                    await self._yielding.yield_if_due()
        return [self._known[one] for one in questions]

    async def statuses(self, questions: Sequence[GoalQuestion], today: int) -> list[GoalStatus]:
        """The statuses alone, which need only the first batch, and no days of thresholds."""
        found = await self._growth.load_many([self._growth_of(one, today) for one in questions])
        return [
            evaluate(one, steps, today).status for one, steps in zip(questions, found, strict=True)
        ]

    async def _load_steps(self, questions: Sequence[GoalQuestion], today: int) -> None:
        # Without yielding in between: concurrent fields go on in the same batch.
        while unknown := [one for one in questions if one not in self._steps]:
            growths = [self._growth_of(one, today) for one in unknown]
            found = await self._growth.load_many(growths)
            for one, growth, steps in zip(unknown, growths, found, strict=True):
                # Whichever field comes first decides what is read next.
                if one in self._steps or self._next[one] is not growth:
                    continue
                narrower = narrowed(growth, steps, one.thresholds)
                if narrower is growth:
                    self._steps[one] = steps
                else:
                    self._next[one] = narrower

    def _growth_of(self, question: GoalQuestion, today: int) -> Growth:
        if question not in self._next:
            self._next[question] = question.growth(today)
        return self._next[question]


def _periods(question: GoalQuestion, today: int) -> int:
    """In how many periods a goal is counted until today: 1 without repetition."""
    if question.repeats is None:
        return 1
    first, last = bounds(question.selection.days)
    return count_periods(first, min(last, today), question.repeats)
