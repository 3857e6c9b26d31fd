"""Statements that read what group life keeps."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, text

from gateway.db import Database
from gateway.groups.commands import Leave, SetRole
from gateway.groups.history import ChangeKind, note_changes
from gateway.groups.reading import (
    HISTORY,
    HISTORY_LENGTHS,
    JOIN_LINKS_BY_GROUP,
    MEMBERSHIP_COUNTS_BY_GROUP,
    NEWEST,
    GroupChange,
    MembershipCounts,
    group_change_of,
    join_link_of,
)
from tests.groups.people import ADA, BEN, CLEO, DAN, Town
from tests.query_plans import rows_read

LONG = [3, 4]


def changes(rows: Sequence[Any], *group_ids: int) -> list[list[GroupChange]]:
    """Of each group, newest first: rows have no order."""
    found = sorted(map(group_change_of, rows), key=lambda one: one.id, reverse=True)
    return [[one for one in found if one.group_id == group_id] for group_id in group_ids]


async def test_what_the_statements_read(town: Town) -> None:
    group_id = await town.group(ADA, BEN, CLEO)
    other = await town.group(BEN)
    await town.invited(group_id, DAN, "group_admin")
    await town.run(SetRole(group_id, 2, "group_admin"), ADA)
    await town.run(Leave(group_id), CLEO)

    async with town.database.read() as snapshot:
        both = {"ids": [group_id, other]}
        links = await snapshot.fetch(JOIN_LINKS_BY_GROUP, both)
        counts = await snapshot.fetch(MEMBERSHIP_COUNTS_BY_GROUP, both)
        pages = changes(
            await snapshot.fetch(HISTORY, both | {"before": NEWEST, "others": 1}), group_id, other
        )
        newest = pages[0]
        rest, others = changes(
            await snapshot.fetch(HISTORY, both | {"before": newest[-1].id, "others": 99}),
            group_id,
            other,
        )
        lengths = await snapshot.fetch(HISTORY_LENGTHS, {"ids": [group_id]})

    assert {join_link_of(row).token for row in links} == {
        await town.token(group_id),
        await town.token(other),
    }
    assert {MembershipCounts(*row) for row in counts} == {
        MembershipCounts(group_id, 2, 1, 1, 2, 2),
        MembershipCounts(other, 1, 0, 0, 1, 1),
    }
    told = [(change.kind.value, change.subject_id) for change in newest]
    assert told == [("left", 3), ("role_changed", 2)]
    assert newest[1].details == {"role": "group_admin"}
    assert [one.kind.value for one in rest] == ["invited", "joined", "joined", "created"]
    assert [one.kind.value for one in others] == ["created"]
    assert pages[1] == others
    assert [tuple(row) for row in lengths] == [(group_id, 6)]


async def test_of_long_histories_only_the_pages_are_read(database: Database) -> None:
    def read(connection: Connection) -> list[int]:
        for group_id in range(1, 201):
            many = 2000 if group_id in LONG else 20
            note_changes(connection, group_id, ChangeKind.INVITED, 1, range(many))
        connection.execute(text("ANALYZE"))
        groups = {"ids": LONG, "others": 9}
        return [
            rows_read(connection, HISTORY, groups | {"before": before})
            # The first pages, and one in the midst of the first group's history.
            for before in (NEWEST, 1_500)
        ]

    assert max(await database.write(read)) < 400
