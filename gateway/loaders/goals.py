"""Loaders of goal growth, goal contributors, milestones and streaks."""

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
from gateway.stats.goals.growth import (
    Growth,
    GrowthRows,
    Steps,
    growth,
    growth_parameters,
    question_parameters,
    steps_of,
)
from gateway.stats.goals.metric import GoalMetric
from gateway.stats.goals.thresholds import refined
from gateway.stats.milestones import MILESTONES, Milestones, milestone_question, milestones_of
from gateway.stats.rows import parameters
from gateway.stats.streaks import active_periods
from gateway.stats.subject import Kind, Question


class GrowthLoader(StatementLoader[Growth, Steps]):
    """How metrics grew: one statement for each rollup set and kind of filter."""

    name = "growth"
    default = ()

    def requests(self, keys: Sequence[Growth]) -> Iterable[Request]:
        together: dict[GrowthRows, list[Growth]] = defaultdict(list)
        for key in keys:
            together[key.rows_of].append(key)
        for rows, growths in together.items():
            bound = growth_parameters(growths)
            yield Request(growths, growth(rows), bound, partial(steps_of, growths))

    def entities(self, key: Growth) -> tuple[Entity, ...]:
        return counted(Question(key.kind, key.selection), key.subject_id)


class ContributorsLoader(StatementLoader[Contributors, tuple[Contributor, ...]]):
    """Top contributors to goals of groups: one statement for each kind of rows and order."""

    name = "goal contributors"
    default = ()

    def requests(self, keys: Sequence[Contributors]) -> Iterable[Request]:
        together: dict[tuple[GrowthRows, bool], list[Contributors]] = defaultdict(list)
        for key in keys:
            together[key.rows_of, key.metric is GoalMetric.HOURS].append(key)
        for (rows, by_time), questions in together.items():
            bound = question_parameters(
                [(one.group_id, one.selection, [one.pieces]) for one in questions]
            )
            bound["limit"] = max(one.first for one in questions)
            yield Request(
                questions,
                contributors(rows, by_time=by_time),
                bound,
                partial(_contributors, questions),
            )

    def entities(self, key: Contributors) -> tuple[Entity, ...]:
        return counted(Question(Kind.GROUP, key.selection), key.group_id)


def _contributors(
    keys: Sequence[Contributors], rows: Iterable[Any]
) -> Mapping[Contributors, tuple[Contributor, ...]]:
    found: dict[int, list[Contributor]] = defaultdict(list)
    for index, *sums in rows:
        found[index].append(Contributor(*sums))
    return {key: in_order(found[index], key) for index, key in enumerate(keys)}


class ActivePeriodsLoader(StatisticsLoader[BucketsQuestion, tuple[int, ...]]):
    """The first days of the periods in which a subject has events, ascending."""

    name = "active periods"
    default = ()

    def statement(self, question: BucketsQuestion, ids: list[int]) -> Bound:
        query, period = question
        return active_periods(query, period), parameters(query, ids, period.grain)

    def answers(
        self, question: BucketsQuestion, rows: Sequence[Any]
    ) -> Mapping[int, tuple[int, ...]]:
        starts: dict[int, set[int]] = defaultdict(set)
        for subject, day in rows:
            starts[subject].add(period_start(day, question.period))
        return {subject: tuple(sorted(found)) for subject, found in starts.items()}


def narrowed(growth: Growth, steps: Steps, thresholds: Sequence[int]) -> Growth:
    """The narrower growth to read next for the days of thresholds; the same if all are known."""
    pieces = refined(growth.pieces, steps, thresholds)
    return growth if pieces is growth.pieces else growth._replace(pieces=pieces)


async def load_milestones(
    loader: Loader[Growth, Steps], kind: Kind, ids: Sequence[int], today: int
) -> list[Milestones]:
    """The milestones of all time of groups, volunteers or projects.

    At most three batches for any number of them: years, months, days.
    """
    growths = [milestone_question(kind, one).growth(today) for one in ids]
    while True:
        found = await loader.load_many(growths)
        narrower = [
            narrowed(growth, steps, MILESTONES)
            for growth, steps in zip(growths, found, strict=True)
        ]
        if narrower == growths:
            return [milestones_of(steps, today) for steps in found]
        growths = narrower
