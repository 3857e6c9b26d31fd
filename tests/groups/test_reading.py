"""Statements that read what group life keeps."""

from gateway.groups.commands import Leave, SetRole
from gateway.groups.reading import (
    HISTORY,
    HISTORY_LENGTHS,
    JOIN_LINKS_BY_GROUP,
    MEMBERSHIP_COUNTS_BY_GROUP,
    NEWEST,
    MembershipCounts,
    group_change_of,
    join_link_of,
)
from tests.groups.people import ADA, BEN, CLEO, DAN, Town


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
        page = await snapshot.fetch(HISTORY, {"group": group_id, "before": NEWEST, "most": 2})
        newest = [group_change_of(row) for row in page]
        rest = await snapshot.fetch(
            HISTORY, {"group": group_id, "before": newest[-1].id, "most": 100}
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
    assert [group_change_of(row).kind.value for row in rest] == [
        *("invited", "joined", "joined", "created")
    ]
    assert [tuple(row) for row in lengths] == [(group_id, 6)]
