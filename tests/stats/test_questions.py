"""Any question over any range and filter is answered as by counting the ledger's rows."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.calendar import DayRange, Grain
from gateway.db import Database, Snapshot, open_database
from gateway.events.event import Classification, Comment
from gateway.loaders.members import MemberBucketsLoader, MembersKey
from gateway.loaders.reads import OperationReads
from gateway.loaders.statistics import BucketsLoader, BucketsQuestion
from gateway.period import Period
from gateway.rollups.backfill import backfill
from gateway.stats.active_users import active_users
from gateway.stats.day_spans import day_spans
from gateway.stats.last_days import last_days, member_last_days
from gateway.stats.ranking import Order, ranking
from gateway.stats.rows import parameters
from gateway.stats.subject import Activity, Answer, Kind, Question, Selection
from gateway.stats.sums import member_sums, sums
from tests import sampled
from tests.events_of import INSTANTS, clear, events, instant, store
from tests.recount import Backfills, groups_of, start_of, stored

V = TypeVar("V")
Event = Classification | Comment

#: Ids that there are, and one of each kind that there is not.
IDS = {
    Kind.SITE: [0],
    Kind.PROJECT: [11, 12, 99],
    Kind.WORKFLOW: [101, 102, 99],
    Kind.USER: [1, 2, 3, 99],
    Kind.GROUP: [501, 502, 504, 99],
}
BACKFILLED = {(504, 1): instant("2024-02-29T12:00"), (501, 2): instant("2023-06-01T00:00")}
USERS = [1, 3, 99]

_DAYS = sorted({one // 86_400_000_000 + more for one in INSTANTS for more in (-1, 0, 1)})
_EDGES = st.one_of(st.none(), st.sampled_from(_DAYS))
_RANGES = st.builds(DayRange, _EDGES, _EDGES)


def some_of(ids: Sequence[int]) -> st.SearchStrategy[tuple[int, ...] | None]:
    return st.one_of(st.none(), st.lists(st.sampled_from(ids), unique=True).map(tuple))


CLASSIFICATIONS = st.builds(
    Selection,
    st.just(Activity.CLASSIFICATIONS),
    _RANGES,
    some_of(IDS[Kind.PROJECT]),
    some_of(IDS[Kind.WORKFLOW]),
    st.none(),
)
_COMMENTS = st.builds(
    Selection,
    st.just(Activity.COMMENTS),
    _RANGES,
    some_of(IDS[Kind.PROJECT]),
    st.none(),
    some_of(IDS[Kind.USER]),
)
questions = st.one_of(
    st.builds(Question, st.sampled_from(Kind), CLASSIFICATIONS),
    st.builds(Question, st.sampled_from([Kind.SITE, Kind.PROJECT, Kind.USER]), _COMMENTS),
)
group_questions = st.builds(Question, st.just(Kind.GROUP), CLASSIFICATIONS)


class Ledger:
    """What is stored, to be counted one event at a time."""

    def __init__(self, held: Iterable[Event], backfills: Backfills) -> None:
        self._held = list(held)
        self._backfills = backfills

    def chosen(self, question: Question) -> Iterable[tuple[int, Event]]:
        """Each subject with each of its events that the question is about."""
        for event in self._held:
            if self._selected(question.selection, event):
                for subject in self._subjects(question.kind, event) & {*IDS[question.kind]}:
                    yield subject, event

    def count(self, question: Question, *columns: str) -> dict[tuple[Any, ...], Answer]:
        """Sums by subject and by columns of the event, ``day`` among them."""
        rows = (
            ((subject, *(column(event, name) for name in columns)), event)
            for subject, event in self.chosen(question)
        )
        return added(rows)

    def _selected(self, selection: Selection, event: Event) -> bool:
        wanted = Classification if selection.activity is Activity.CLASSIFICATIONS else Comment
        start, end = selection.days
        day = column(event, "day")
        return (
            isinstance(event, wanted)
            and (start is None or start <= day)
            and (end is None or day <= end)
            and all(
                ids is None or getattr(event, name) in ids
                for name, ids in (
                    ("project_id", selection.project_ids),
                    ("workflow_id", selection.workflow_ids),
                    ("user_id", selection.user_ids),
                )
            )
        )

    def _subjects(self, kind: Kind, event: Event) -> set[int]:
        if kind is Kind.SITE:
            return {0}
        if kind is Kind.GROUP:
            assert isinstance(event, Classification)
            return groups_of(event, self._backfills)
        return {getattr(event, kind.value)}


def column(event: Event, name: str) -> int:
    value: int = event.event_time // 86_400_000_000 if name == "day" else getattr(event, name)
    return value


def added(rows: Iterable[tuple[tuple[Any, ...], Event]]) -> dict[tuple[Any, ...], Answer]:
    sums: dict[tuple[Any, ...], Answer] = defaultdict(Answer)
    for key, event in rows:
        known, session = sums[key], event.session_ms if isinstance(event, Classification) else 0
        # Only what volunteers classify is told apart by whether they were logged in.
        anonymous = isinstance(event, Classification) and event.user_id is None
        sums[key] = Answer(known.n + 1, known.ms + session, known.anonymous_n + anonymous)
    return dict(sums)


def keyed(rows: Iterable[Sequence[Any]], keys: int) -> dict[tuple[Any, ...], Answer]:
    """Rows by their first columns; none of them twice."""
    found = list(rows)
    answers = {tuple(row[:keys]): Answer(*row[keys:]) for row in found}
    assert len(answers) == len(found)
    return answers


def check_with(
    database_url: str, asked: st.SearchStrategy[Question], check: Any, examples: int = 25
) -> None:
    """Run an asynchronous check of (snapshot, question, ledger) on many ledgers."""
    with asyncio.Runner() as runner:
        database = open_database(database_url)
        runner.run(database.migrate())

        async def ask(arrived: Sequence[Event], several: Sequence[Question]) -> None:
            await fill(database, arrived)
            found = await stored(database)
            ledger = Ledger(found.events.values(), BACKFILLED)
            async with database.read() as snapshot:
                for question in several:
                    await check(snapshot, question, ledger)

        @settings(
            max_examples=sampled.examples(examples),
            deadline=None,
            suppress_health_check=[*HealthCheck],
        )
        @given(st.lists(events, min_size=4, max_size=30), st.lists(asked, min_size=4, max_size=12))
        def run(arrived: Sequence[Event], several: Sequence[Question]) -> None:
            runner.run(ask(arrived, several))

        run()
        runner.run(database.close())


async def fill(database: Database, arrived: Sequence[Event]) -> None:
    await database.write(clear)
    await store(database, *arrived)
    for (group, user), until in BACKFILLED.items():
        await database.write(
            lambda connection, group=group, user=user, until=until: backfill(  # type: ignore[misc]
                connection, group, [user], until
            )
        )


def test_totals_contributions_and_buckets(database_url: str) -> None:
    async def check(snapshot: Snapshot, question: Question, ledger: Ledger) -> None:
        bound = parameters(question, IDS[question.kind])
        found = await snapshot.fetch(sums(question), bound)
        assert keyed(found, 1) == ledger.count(question)
        found = await snapshot.fetch(sums(question, ("project_id",)), bound)
        assert keyed(found, 2) == ledger.count(question, "project_id")
        for period in Period:
            assert await buckets(snapshot, question, period) == added(
                ((subject, start_of(event.event_time, period.value)), event)
                for subject, event in ledger.chosen(question)
            )

    check_with(database_url, questions, check)


async def buckets(
    snapshot: Snapshot, question: Question, period: Period
) -> Mapping[tuple[Any, ...], Answer]:
    loader, ids = BucketsLoader(OperationReads(snapshot)), IDS[question.kind]
    asked = BucketsQuestion(question, period)
    answers = dict(zip(ids, await loader.load_many((asked, one) for one in ids), strict=True))
    for of_subject in answers.values():
        assert list(of_subject) == sorted(of_subject)
    return {
        (subject, start): answer
        for subject, of_subject in answers.items()
        for start, answer in of_subject
    }


def test_the_last_day_in_each_project(database_url: str) -> None:
    async def check(snapshot: Snapshot, question: Question, ledger: Ledger) -> None:
        bound = parameters(question, IDS[question.kind], Grain.DAY)
        found = await snapshot.fetch(last_days(question), bound)
        last: dict[tuple[int, int], int] = {}
        for subject, event in ledger.chosen(question):
            key = subject, event.project_id
            last[key] = max(last.get(key, 0), column(event, "day"))
        assert {(row[0], row[1]): row[2] for row in found if row[2] is not None} == last

    contributors = st.builds(Question, st.sampled_from([Kind.USER, Kind.GROUP]), CLASSIFICATIONS)
    check_with(database_url, contributors, check)


def test_the_first_and_the_last_day(database_url: str) -> None:
    async def check(snapshot: Snapshot, question: Question, ledger: Ledger) -> None:
        bound = parameters(question, IDS[question.kind], Grain.DAY)
        found = await snapshot.fetch(day_spans(question), bound)
        days = defaultdict(list)
        for subject, event in ledger.chosen(question):
            days[subject].append(column(event, "day"))
        expected = {subject: (min(some), max(some)) for subject, some in days.items()}
        assert len({row[0] for row in found}) == len(found)
        assert {row[0]: (row[1], row[2]) for row in found if row[1] is not None} == expected

    check_with(database_url, questions, check)


def test_contributions_and_last_days_by_workflow(database_url: str) -> None:
    async def check(snapshot: Snapshot, question: Question, ledger: Ledger) -> None:
        bound = parameters(question, IDS[question.kind])
        found = await snapshot.fetch(sums(question, ("workflow_id",)), bound)
        assert keyed(found, 2) == ledger.count(question, "workflow_id")
        days = parameters(question, IDS[question.kind], Grain.DAY)
        found = await snapshot.fetch(last_days(question, "workflow_id"), days)
        assert {tuple(row[:-1]): row[-1] for row in found} == greatest(ledger, question)

    contributors = st.builds(Question, st.sampled_from([Kind.USER, Kind.GROUP]), CLASSIFICATIONS)
    check_with(database_url, contributors, check)


def greatest(
    ledger: Ledger, question: Question, *columns: str, of: str = "workflow_id"
) -> dict[tuple[Any, ...], int]:
    """The last day by subject, by further columns and by workflow."""
    return {
        key: max(
            day for *other, day in ledger.count(question, *columns, of, "day") if (*other,) == key
        )
        for key in ledger.count(question, *columns, of)
    }


def test_active_users_and_what_each_member_did(database_url: str) -> None:
    async def check(snapshot: Snapshot, question: Question, ledger: Ledger) -> None:
        bound = parameters(question, IDS[Kind.GROUP])
        members = ledger.count(question, "user_id")
        found = await snapshot.fetch(active_users(question), bound)
        assert {row[0]: row[1] for row in found} == Counter(group for group, _ in members)
        for column in ("project_id", "workflow_id"):
            found = await snapshot.fetch(member_sums(question, column), bound | {"users": USERS})
            assert keyed(found, 3) == of_users(ledger.count(question, "user_id", column))
            days = parameters(question, IDS[Kind.GROUP], Grain.DAY) | {"users": USERS}
            found = await snapshot.fetch(member_last_days(question, column), days)
            last = of_users(greatest(ledger, question, "user_id", of=column))
            assert {tuple(row[:-1]): row[-1] for row in found} == last

    check_with(database_url, group_questions, check)


def of_users(found: Mapping[tuple[Any, ...], V]) -> dict[tuple[Any, ...], V]:
    """What was done by those who are asked for."""
    return {key: value for key, value in found.items() if key[1] in USERS}


def test_buckets_of_each_member(database_url: str) -> None:
    async def check(snapshot: Snapshot, question: Question, ledger: Ledger) -> None:
        loader = MemberBucketsLoader(OperationReads(snapshot))
        for period in Period:
            expected = added(
                ((group, event.user_id, start_of(event.event_time, period.value)), event)
                for group, event in ledger.chosen(question)
            )
            asked = BucketsQuestion(question, period)
            keys = [
                MembersKey(asked, group, (user,))
                for group in IDS[Kind.GROUP]
                for user in IDS[Kind.USER]
                # Another member of each group, so that not all pairs are asked for.
                if (group + user) % 3
            ]
            for key, found in zip(keys, await loader.load_many(keys), strict=True):
                ((user_id, buckets),) = found.items()
                assert list(buckets) == sorted(
                    (start, answer)
                    for (group, user, start), answer in expected.items()
                    if (group, user) == (key.group_id, user_id)
                )

    check_with(database_url, group_questions, check)


def by_volunteer(question: Question, ledger: Ledger) -> dict[tuple[Any, ...], Answer]:
    """Sums by subject and volunteer."""
    found = ledger.count(question, "user_id")
    return {key: answer for key, answer in found.items() if key[1] is not None}


#: What each order goes by, and then by the user's id.
AMOUNTS: dict[Order, Callable[[Answer], int]] = {
    Order.COUNT: lambda answer: answer.n,
    Order.TIME: lambda answer: answer.ms,
    Order.ID: lambda answer: 0,
}
_RANKED = [Kind.SITE, Kind.PROJECT, Kind.WORKFLOW, Kind.GROUP]
ranked_questions = st.builds(Question, st.sampled_from(_RANKED), CLASSIFICATIONS)


def test_rankings_in_each_order(database_url: str) -> None:
    async def check(snapshot: Snapshot, question: Question, ledger: Ledger) -> None:
        bound = parameters(question, IDS[question.kind]) | {"limit": 1000}
        volunteers = by_volunteer(question, ledger)
        for order, amount in AMOUNTS.items():
            ranked = sorted(
                (subject, -amount(answer), user, answer.n, answer.ms)
                for (subject, user), answer in volunteers.items()
            )
            found = await snapshot.fetch(ranking(question, after=False, order=order), bound)
            assert [tuple(row) for row in found] == [
                (subject, user, n, ms) for subject, _, user, n, ms in ranked
            ]

    check_with(database_url, ranked_questions, check)


def test_pages_of_a_ranking_join_without_gap_or_overlap(database_url: str) -> None:
    async def check(snapshot: Snapshot, question: Question, ledger: Ledger) -> None:
        bound = parameters(question, IDS[question.kind][:1])
        for order in Order:
            whole = await snapshot.fetch(
                ranking(question, after=False, order=order), bound | {"limit": 1000}
            )
            joined: list[Any] = []
            place = {"after_amount": 2**62, "after_user_id": 0}
            for _ in range(len(whole) + 1):
                page = await snapshot.fetch(
                    ranking(question, after=True, order=order), bound | {"limit": 1} | place
                )
                joined += page
                for row in page:
                    amount = AMOUNTS[order](Answer(row.n, row.ms))
                    place = {"after_amount": amount, "after_user_id": row.user_id}
            assert joined == whole

    check_with(database_url, ranked_questions, check, examples=10)


@pytest.mark.parametrize("kind", [Kind.PROJECT, Kind.WORKFLOW, Kind.GROUP])
async def test_subjects_that_are_not_asked_for_are_not_answered(
    database: Database, kind: Kind
) -> None:
    async with database.read() as snapshot:
        question = Question(kind, Selection())
        assert await snapshot.fetch(sums(question), parameters(question, [])) == []
