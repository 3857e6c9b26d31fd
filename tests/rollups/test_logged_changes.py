"""Writers log what an answer may say otherwise from then on, in one row, and nothing else."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection

from gateway.changes.entity import ERASURES, SITE, Entity
from gateway.db import Database
from gateway.db.group_tables import membership_span
from gateway.db.upsert import replace_rows
from gateway.directory.api_keys import ApiKey, add_api_key, revoke_api_key
from gateway.directory.erase_user import erase_user
from gateway.directory.load import load_directory
from gateway.directory.name_index import identifier_number
from gateway.directory.name_lists import NameList
from gateway.rollups.apply_batch import apply_batch
from gateway.rollups.backfill import backfill
from gateway.rollups.spans import (
    begin_tenure,
    change_instant,
    close_spans,
    end_tenure,
    open_spans,
    recount_groups,
)
from tests.events_of import INSTANTS, batch_of, classification, comment, instant, store
from tests.logged import logged

UNTIL = instant("2024-12-31T00:00")


async def changed_by(database: Database, work: Callable[[Connection], Any]) -> set[Entity]:
    async with logged(database, most=1) as changed:
        await database.write(work)
    return changed


def storing(*events: Any) -> Callable[[Connection], Any]:
    return lambda connection: apply_batch(connection, batch_of(events))


async def test_events_change_those_they_name_and_the_site(database: Database) -> None:
    event = classification(1, user=1, project=11, workflow=101, groups=(501, 502))
    assert await changed_by(database, storing(event)) == {
        SITE,
        ("user", 1),
        ("project", 11),
        ("workflow", 101),
        ("user_group", 501),
        ("user_group", 502),
    }
    assert await changed_by(database, storing(comment(1, user=2, project=12))) == {
        SITE,
        ("user", 2),
        ("project", 12),
    }


async def test_an_event_without_user_and_project_changes_neither(database: Database) -> None:
    events = (classification(1, user=None, project=0), comment(1, user=None, project=0))
    assert await changed_by(database, storing(*events)) == {SITE, ("workflow", 101)}


async def test_a_replacement_changes_what_it_left_as_well(database: Database) -> None:
    await store(database, classification(1, groups=(501,)))
    moved = classification(1, user=2, project=12, workflow=102, groups=(502,))
    assert await changed_by(database, storing(moved)) == {
        SITE,
        *(("user", one) for one in (1, 2)),
        *(("project", one) for one in (11, 12)),
        *(("workflow", one) for one in (101, 102)),
        *(("user_group", one) for one in (501, 502)),
    }


async def test_an_event_sent_again_changes_nothing(database: Database) -> None:
    events = (classification(1, groups=(501,), updated=2), comment(1))
    await store(database, *events)
    assert await changed_by(database, storing(*events)) == set()
    older = classification(1, user=2, updated=1)
    assert await changed_by(database, storing(older)) == set()


async def test_an_event_changes_the_groups_its_user_was_backfilled_to(database: Database) -> None:
    await database.write(lambda connection: backfill(connection, 503, [1], UNTIL))
    assert ("user_group", 503) in await changed_by(database, storing(classification(1)))


async def test_an_event_changes_the_groups_its_user_was_a_member_of(database: Database) -> None:
    await database.write(lambda connection: begin_tenure(connection, 503, (), 0))
    await database.write(lambda connection: remember(connection, 503, 1))
    assert ("user_group", 503) in await changed_by(database, storing(classification(1)))
    # It decides itself what counts to it.
    changed = await changed_by(database, storing(classification(2, user=2, groups=(503,))))
    assert ("user_group", 503) not in changed


async def test_a_span_changes_a_group_only_by_what_has_been_counted_already(
    database: Database,
) -> None:
    of_the_future = classification(2)._replace(event_time=INSTANTS[-1])
    await store(database, classification(1), of_the_future, classification(3, user=2))

    def join(connection: Connection) -> None:
        open_spans(connection, 503, [1, 2], change_instant(connection))

    def leave(connection: Connection) -> None:
        close_spans(connection, 503, None, change_instant(connection))

    begun = await changed_by(database, lambda connection: begin_tenure(connection, 503, (), 0))
    assert begun == set()
    assert await changed_by(database, join) == {SITE, ("user_group", 503), ("user", 1)}
    assert await changed_by(database, join) == set()
    assert await changed_by(database, leave) == {SITE, ("user_group", 503), ("user", 1)}


async def test_a_takeover_changes_the_group_and_whose_work_does_not_count_any_more(
    database: Database,
) -> None:
    later = [
        classification(one, user=one, groups=(501,))._replace(event_time=INSTANTS[-1])
        for one in (1, 2)
    ]
    await store(database, *later)

    def take_over(connection: Connection) -> None:
        begin_tenure(connection, 501, [1], change_instant(connection))

    def give_back(connection: Connection) -> None:
        close_spans(connection, 501, None, change_instant(connection))
        end_tenure(connection, 501, change_instant(connection))

    two, both = {SITE, ("user_group", 501), ("user", 2)}, {("user", 1)}
    assert await changed_by(database, take_over) == two | both
    assert await changed_by(database, give_back) == two | both


async def test_a_recount_changes_what_counts_otherwise(database: Database) -> None:
    await store(database, classification(1), classification(2, user=2))
    await database.write(lambda connection: begin_tenure(connection, 503, (), 0))

    def load(connection: Connection) -> None:
        remember(connection, 503, 1)
        recount_groups(connection, [503])

    assert await changed_by(database, load) == {SITE, ("user_group", 503), ("user", 1)}
    assert await changed_by(database, lambda c: recount_groups(c, [503])) == set()


def remember(connection: Connection, group: int, user: int) -> None:
    """That the user has always been a member."""
    replace_rows(connection, membership_span, [(group, user, 0, None)])


async def test_a_backfill_changes_the_group_and_its_users_once(database: Database) -> None:
    await store(database, classification(1))

    def count_earlier_work(connection: Connection) -> int:
        return backfill(connection, 501, [1, 2], UNTIL)

    assert await changed_by(database, count_earlier_work) == {
        SITE,
        ("user_group", 501),
        ("user", 1),
        ("user", 2),
    }
    assert await changed_by(database, count_earlier_work) == set()


async def test_counts_and_records_are_entities_of_their_own(database: Database) -> None:
    directory = {
        "users": [{"id": 1, "login": "ada"}],
        "user_groups": [{"id": 501, "name": "g"}],
        "memberships": [{"user_id": 1, "user_group_id": 501, "state": "active"}],
        "workflows": [{"id": 101, "project_id": 11}],
    }
    assert await changed_by(database, lambda connection: load_directory(connection, directory)) == {
        SITE,
        ("user_record", 1),
        ("user_group_record", 501),
        ("project_record", 11),
        ("workflow_record", 101),
        ("identifier", identifier_number(NameList.LOGINS, "ada")),
        ("identifier", identifier_number(NameList.GROUP_NAMES, "g")),
        ("name_list", int(NameList.WORKFLOWS)),
        ("name_list", int(NameList.PUBLIC_GROUPS)),
    }
    assert await changed_by(database, lambda connection: erase_user(connection, 1)) == {
        SITE,
        ERASURES,
        ("user_record", 1),
        ("user_group_record", 501),
        ("identifier", identifier_number(NameList.LOGINS, "ada")),
    }


async def test_an_erasure_changes_all_that_the_events_counted_to(database: Database) -> None:
    await database.write(lambda connection: backfill(connection, 503, [1], UNTIL))
    await store(database, classification(1, groups=(501,)), comment(1, project=12))
    assert await changed_by(database, lambda connection: erase_user(connection, 1)) == {
        SITE,
        ERASURES,
        ("user", 1),
        ("user_record", 1),
        ("project", 11),
        ("project", 12),
        ("workflow", 101),
        ("user_group", 501),
        ("user_group", 503),
    }


async def test_keys_that_come_and_go_change_the_site(database: Database) -> None:
    key = ApiKey("k", "report", ("stats:read",), b"hash", 0)
    assert await changed_by(database, lambda connection: add_api_key(connection, key)) == {SITE}
    for changed in ({SITE}, set()):
        revoked = await changed_by(database, lambda connection: revoke_api_key(connection, "k", 1))
        assert revoked == changed
