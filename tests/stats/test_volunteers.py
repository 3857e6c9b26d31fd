"""Active and new volunteers are those that counting the ledger's events finds."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import strategies as st
from sqlalchemy import Select
from sqlalchemy.dialects import postgresql

from gateway.calendar import DayRange
from gateway.db import Database, Snapshot
from gateway.loaders.reads import OperationReads
from gateway.loaders.statistics import ActiveUsersLoader, BucketsQuestion
from gateway.loaders.volunteers import NewUsersLoader, PeriodUsersLoader
from gateway.period import Period
from gateway.stats.active_users import active_users
from gateway.stats.new_users import new_users
from gateway.stats.subject import Kind, Question, Selection
from tests.events_of import classification, day, store
from tests.recount import start_of
from tests.stats.test_questions import CLASSIFICATIONS, IDS, Ledger, check_with

_KINDS = [Kind.SITE, Kind.PROJECT, Kind.WORKFLOW, Kind.GROUP]
_ASKED = st.builds(Question, st.sampled_from(_KINDS), CLASSIFICATIONS)
#: Days, months and years that the subjects' own rows know.
_KNOWN = [
    DayRange(),
    DayRange(day("2024-02-29"), day("2024-02-29")),
    DayRange(day("2024-02-01"), day("2024-02-29")),
    DayRange(day("2024-01-01"), day("2024-12-31")),
]
_WHOLE = st.builds(
    Question,
    st.sampled_from(_KINDS),
    st.sampled_from([Selection(days=days) for days in _KNOWN]),
)
_OF_PROJECTS = st.builds(
    Question, st.just(Kind.PROJECT), CLASSIFICATIONS.map(lambda one: one._replace(project_ids=None))
)


def volunteers(question: Question, ledger: Ledger) -> Mapping[int, set[int]]:
    """Who classified, by subject."""
    found: dict[int, set[int]] = defaultdict(set)
    for subject, event in ledger.chosen(question):
        if event.user_id is not None:
            found[subject].add(event.user_id)
    return found


def test_active_users_of_any_range_and_scope(database_url: str) -> None:
    async def check(snapshot: Snapshot, question: Question, ledger: Ledger) -> None:
        loader, ids = ActiveUsersLoader(OperationReads(snapshot)), IDS[question.kind]
        found = volunteers(question, ledger)
        answers = await loader.load_many([(question, one) for one in ids])
        assert answers == [len(found[one]) for one in ids]

    check_with(database_url, st.one_of(_ASKED, _WHOLE), check)


def test_active_users_of_each_period(database_url: str) -> None:
    async def check(snapshot: Snapshot, question: Question, ledger: Ledger) -> None:
        loader, ids = PeriodUsersLoader(OperationReads(snapshot)), IDS[question.kind]
        for period in Period:
            found: dict[int, set[tuple[int, int]]] = defaultdict(set)
            for subject, event in ledger.chosen(question):
                if event.user_id is not None:
                    start = start_of(event.event_time, period.value)
                    found[subject].add((start, event.user_id))
            asked = BucketsQuestion(question, period)
            answers = await loader.load_many([(asked, one) for one in ids])
            assert answers == [
                tuple(sorted(Counter(start for start, _ in found[one]).items())) for one in ids
            ]

    check_with(database_url, st.one_of(_ASKED, _WHOLE), check)


def test_new_users_of_each_period(database_url: str) -> None:
    async def check(snapshot: Snapshot, question: Question, ledger: Ledger) -> None:
        loader, ids = NewUsersLoader(OperationReads(snapshot)), IDS[Kind.PROJECT]
        always = question._replace(selection=question.selection._replace(days=DayRange()))
        first: dict[tuple[int, int], int] = {}
        for project, event in ledger.chosen(always):
            if event.user_id is not None:
                key = project, event.user_id
                first[key] = min(event.event_time, first.get(key, event.event_time))
        start, end = question.selection.days
        for period in Period:
            found: dict[int, Counter[int]] = defaultdict(Counter)
            for (project, _), event_time in first.items():
                there = event_time // 86_400_000_000
                if (start is None or start <= there) and (end is None or there <= end):
                    found[project][start_of(event_time, period.value)] += 1
            asked = BucketsQuestion(question, period)
            answers = await loader.load_many([(asked, one) for one in ids])
            assert answers == [tuple(sorted(found[one].items())) for one in ids]

    check_with(database_url, _OF_PROJECTS, check)


@pytest.mark.parametrize("kind", [Kind.PROJECT, Kind.WORKFLOW, Kind.SITE])
@pytest.mark.parametrize("days", _KNOWN, ids=["all time", "day", "month", "year"])
def test_whole_periods_are_read_from_the_row_of_the_subject(kind: Kind, days: DayRange) -> None:
    text = text_of(active_users(Question(kind, Selection(days=days))))
    assert "user_rollup" not in text
    assert f"{kind.name.lower()}_rollup" in text


def test_new_users_are_read_from_the_rows_of_the_project() -> None:
    question = Question(Kind.PROJECT, Selection(days=DayRange(day("2024-02-03"))))
    assert "user_rollup" not in text_of(new_users(question, Period.MONTH.grain))


def text_of(statement: Select[Any]) -> str:
    return str(statement.compile(dialect=postgresql.dialect()))


async def test_a_volunteer_of_two_projects_is_one_of_the_workflow_and_of_the_site(
    database: Database,
) -> None:
    await store(
        database, classification(1, project=11), classification(2, project=12), classification(3)
    )
    async with database.read() as snapshot:
        loader = ActiveUsersLoader(OperationReads(snapshot))
        kinds = ((Kind.SITE, 0), (Kind.WORKFLOW, 101), (Kind.PROJECT, 11), (Kind.PROJECT, 12))
        asked = [(Question(kind, Selection()), one) for kind, one in kinds]
        assert await loader.load_many(asked) == [1, 1, 1, 1]
