"""Loaders of how goals grew and of streaks, and goals evaluated from them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from gateway.changes.entity import Entity
from gateway.loaders.loader import Bound, Loader, Request, StatementLoader
from gateway.loaders.statistics import BucketsQuestion, StatisticsLoader
from gateway.period import period_start
from gateway.stats.entities import counted
from gateway.stats.goals.contributors import (
    Contributor,
    Contributors,
    contributors,
    in_order,
)
from gateway.stats.goals.evaluation import GoalState, evaluate
from gateway.stats.goals.growth import (
    Growth,
    GrowthRows,
    Steps,
    asked_parameters,
    growth,
    growth_parameters,
    steps_of,
)
from gateway.stats.goals.metric import GoalMetric
from gateway.stats.goals.question import GoalQuestion
from gateway.stats.goals.thresholds import refined
from gateway.stats.milestones import Milestones, milestone_question, milestones_of
from gateway.stats.rows import parameters
from gateway.stats.streaks import active_periods
from gateway.stats.subject import Kind, Question


class GrowthLoader(StatementLoader[Growth, tuple[Steps, ...]]):
    """How metrics grew, part by part: one statement for each rollup set and kind of filter."""

    name = "growth"
    default = ()

    def requests(self, keys: Sequence[Growth]) -> Iterable[Request]:
        together: dict[GrowthRows, list[Growth]] = defaultdict(list)
        for key in keys:
            together[key.rows_of].append(key)
        for rows, asked in together.items():
            yield Request(asked, growth(rows), growth_parameters(asked), partial(steps_of, asked))

    def entities(self, key: Growth) -> tuple[Entity, ...]:
        return counted(Question(key.kind, key.selection), key.subject_id)


class ContributorsLoader(StatementLoader[Contributors, tuple[Contributor, ...]]):
    """Who did most for goals of groups: a statement for each kind of rows, order and number."""

    name = "goal contributors"
    default = ()

    def requests(self, keys: Sequence[Contributors]) -> Iterable[Request]:
        together: dict[tuple[GrowthRows, bool], list[Contributors]] = defaultdict(list)
        for key in keys:
            together[key.rows_of, key.metric is GoalMetric.HOURS].append(key)
        for (rows, by_time), asked in together.items():
            bound = asked_parameters([(one.group_id, one.selection, [one.pieces]) for one in asked])
            bound["limit"] = max(one.first for one in asked)
            yield Request(
                asked, contributors(rows, by_time=by_time), bound, partial(_contributors, asked)
            )

    def entities(self, key: Contributors) -> tuple[Entity, ...]:
        return counted(Question(Kind.GROUP, key.selection), key.group_id)


def _contributors(
    asked: Sequence[Contributors], rows: Iterable[Any]
) -> Mapping[Contributors, tuple[Contributor, ...]]:
    found: dict[int, list[Contributor]] = defaultdict(list)
    for part, *sums in rows:
        found[part].append(Contributor(*sums))
    return {one: in_order(found[place], one) for place, one in enumerate(asked)}


class ActivePeriodsLoader(StatisticsLoader[BucketsQuestion, tuple[int, ...]]):
    """The first days of the periods in which a subject has events, ascending."""

    name = "active periods"
    default = ()

    def statement(self, question: BucketsQuestion, ids: list[int]) -> Bound:
        asked, period = question
        return active_periods(asked, period), parameters(asked, ids, period.grain)

    def answers(
        self, question: BucketsQuestion, rows: Sequence[Any]
    ) -> Mapping[int, tuple[int, ...]]:
        starts: dict[int, set[int]] = defaultdict(set)
        for subject, day in rows:
            starts[subject].add(period_start(day, question.period))
        return {subject: tuple(sorted(found)) for subject, found in starts.items()}


async def load_steps(
    loader: Loader[Growth, tuple[Steps, ...]], asked: Sequence[GoalQuestion], today: int
) -> list[tuple[Steps, ...]]:
    """How goals grew, narrowed down to the days on which their thresholds were reached.

    At most three batches for any number of goals: years, months, days.
    """
    growths = [one.growth(today) for one in asked]
    while True:
        found = await loader.load_many(growths)
        narrower = [
            growth._replace(
                parts=tuple(
                    refined(pieces, steps, one.thresholds)
                    for pieces, steps in zip(growth.parts, parts, strict=True)
                )
            )
            for one, growth, parts in zip(asked, growths, found, strict=True)
        ]
        if narrower == growths:
            return found
        growths = narrower


async def load_goal_states(
    loader: Loader[Growth, tuple[Steps, ...]], asked: Sequence[GoalQuestion], today: int
) -> list[GoalState]:
    """The states of goals today."""
    found = await load_steps(loader, asked, today)
    return [evaluate(one, parts, today) for one, parts in zip(asked, found, strict=True)]


async def load_milestones(
    loader: Loader[Growth, tuple[Steps, ...]], kind: Kind, ids: Sequence[int], today: int
) -> list[Milestones]:
    """The milestones of all time of groups, volunteers or projects."""
    asked = [milestone_question(kind, one) for one in ids]
    return [milestones_of(parts[0], today) for parts in await load_steps(loader, asked, today)]
