"""Counts of the ERAS resources: a selection of events, its total, and counts by period."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

from gateway.calendar import DayRange
from gateway.errors import ExclusiveArguments
from gateway.loaders.operation import Operation
from gateway.loaders.statistics import Buckets, BucketsQuestion
from gateway.period import Period
from gateway.rest.eras.parameters import (
    END_DATE,
    PERIOD,
    PROJECT_ID,
    START_DATE,
    WORKFLOW_ID,
    Given,
    read_days,
    read_ids,
    read_period,
)
from gateway.stats.subject import Answer, Question, Selection

#: The parameters of :func:`read_classifications`.
CLASSIFICATION_PARAMETERS = (START_DATE, END_DATE, PERIOD, PROJECT_ID, WORKFLOW_ID)


class Counts(NamedTuple):
    """A total, and the counts by period if a period was requested."""

    total: Answer
    buckets: Buckets | None


def read_time(given: Given) -> tuple[DayRange, Period | None]:
    """Read days and period; as ERAS, refuse both lists of ids together here, also if empty."""
    days, period = read_days(given), read_period(given)
    if PROJECT_ID.name in given and WORKFLOW_ID.name in given:
        raise ExclusiveArguments(
            WORKFLOW_ID.name,
            "Cannot query by workflow and project. Either query by one or the other",
        )
    return days, period


def read_classifications(given: Given) -> tuple[Selection, Period | None]:
    """Read the selection of classifications, and the period."""
    days, period = read_time(given)
    selection = Selection(
        days=days,
        project_ids=read_ids(given, PROJECT_ID),
        workflow_ids=read_ids(given, WORKFLOW_ID),
    )
    return selection, period


def has_project_filter(given: Given) -> bool:
    """Whether projects or workflows are given, even as an empty list."""
    return PROJECT_ID.name in given or WORKFLOW_ID.name in given


async def load_counts(
    operation: Operation, question: Question, subject_id: int, period: Period | None
) -> Counts:
    """Load the counts of a question about a subject."""
    loaders = operation.loaders
    total = loaders.totals.load((question, subject_id))
    if period is None:
        return Counts(await total, None)
    return Counts(
        *await asyncio.gather(
            total, loaders.buckets.load((BucketsQuestion(question, period), subject_id))
        )
    )
