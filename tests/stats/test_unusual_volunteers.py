"""Volunteers with unusual days are those that counting the ledger's events finds."""

from collections import defaultdict

from hypothesis import strategies as st

from gateway.db import Database, Snapshot
from gateway.loaders.reads import OperationReads
from gateway.loaders.unusual_volunteers import (
    UnusualDays,
    UnusualDaySum,
    UnusualPage,
    UnusualQuestion,
    UnusualUsersLoader,
    UnusualVolunteersLoader,
)
from gateway.stats.subject import Kind, Question, Selection
from tests.events_of import HOUR_MS, classification, day, store
from tests.stats.test_questions import CLASSIFICATIONS, IDS, Ledger, check_with

_KINDS = [Kind.SITE, Kind.PROJECT, Kind.WORKFLOW]
_QUESTIONS = st.builds(Question, st.sampled_from(_KINDS), CLASSIFICATIONS)
#: On both sides of what a volunteer does on a day.
_THRESHOLDS = ((0, 2**63 - 1), (1, 2**63 - 1), (2**63 - 1, 125), (2, 10_800_000))


def unusual(asked: UnusualQuestion, ledger: Ledger, subject: int) -> list[UnusualDays]:
    """The volunteers of a subject with such days."""
    days: dict[int, list[UnusualDaySum]] = defaultdict(list)
    for (one, user, there), answer in sorted(
        (key, answer)
        for key, answer in ledger.count(asked.question, "user_id", "day").items()
        if key[1] is not None
    ):
        if one == subject and (answer.n > asked.most_n or answer.ms > asked.most_ms):
            days[user].append(UnusualDaySum(there, answer.n, answer.ms))
    return [UnusualDays(user, tuple(of_user)) for user, of_user in sorted(days.items())]


def test_volunteers_with_days_beyond_a_threshold(database_url: str) -> None:
    async def check(snapshot: Snapshot, question: Question, ledger: Ledger) -> None:
        reads, ids = OperationReads(snapshot), IDS[question.kind]
        loader, users = UnusualVolunteersLoader(reads), UnusualUsersLoader(reads)
        for most_n, most_ms in _THRESHOLDS:
            asked = UnusualQuestion(question, most_n, most_ms)
            expected = [unusual(asked, ledger, one) for one in ids]
            assert await users.load_many([(asked, one) for one in ids]) == [
                len(found) for found in expected
            ]
            for limit in (1, 2, 1000):
                for after in (0, 1, 2):
                    page = UnusualPage(asked, limit, after)
                    found = await loader.load_many([(page, one) for one in ids])
                    assert [list(one) for one in found] == [
                        [one for one in of_subject if one.user_id > after][:limit]
                        for of_subject in expected
                    ]

    check_with(database_url, _QUESTIONS, check)


async def test_a_day_in_several_projects_is_one_day_of_the_site(database: Database) -> None:
    await store(
        database,
        *(classification(one, project=11 + one % 2, user=1 + one // 4) for one in range(6)),
    )
    loader_of = UnusualVolunteersLoader
    async with database.read() as snapshot:
        for kind, subject, found in ((Kind.SITE, 0, [1]), (Kind.PROJECT, 11, [])):
            asked = UnusualQuestion(Question(kind, Selection()), 2, 2**63 - 1)
            page = UnusualPage(asked, 10, 0)
            volunteers = await loader_of(OperationReads(snapshot)).load((page, subject))
            assert [one.user_id for one in volunteers] == found
            for one in volunteers:
                assert one.days == (UnusualDaySum(day("2024-02-29"), 4, 4 * HOUR_MS),)
