"""Processes store events while others let people join and leave: totals are exact afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from random import Random

import pytest

from gateway.auth.viewer import Viewer
from gateway.events.event import Classification
from gateway.groups.commands import Command, DeactivateGroup, Join, Leave, ReactivateGroup
from tests.groups.people import ADA, SITE_ADMIN, Town
from tests.groups.processes import Processes, Store, Task
from tests.recount import groups_of, stored
from tests.rollups.test_rebuild import verified

CROWD = [Viewer(number, f"user{number}") for number in range(101, 107)]
BATCHES, BATCH = 12, 10
#: Events lie around the moment at which they are stored, in microseconds.
BEFORE, AFTER = 300_000, 300_000


@pytest.fixture
def clock() -> Callable[[], datetime]:
    """The clock of the processes."""
    return lambda: datetime.now(UTC)


@pytest.fixture(scope="module")
def processes() -> Iterator[Processes]:
    made = Processes()
    yield made
    made.close()


def works(first: int, group: int, random: Random) -> list[tuple[Store, Viewer]]:
    """Batches of events of everybody, some of which claim the group."""
    events = [
        Classification(
            first + number,
            random.randint(-BEFORE, AFTER),
            None,
            random.choice(CROWD).id,
            11,
            101,
            1000,
            random.choice(((), (group,))),
        )
        for number in range(BATCHES * BATCH)
    ]
    return [
        (Store(tuple(events[start : start + BATCH])), SITE_ADMIN)
        for start in range(0, len(events), BATCH)
    ]


async def test_totals_are_exact_while_people_come_and_go(
    town: Town, database_url: str, processes: Processes
) -> None:
    group = await town.group(ADA, *CROWD[:3])
    join, leave = Join(group, await town.token(group)), Leave(group)
    ends: list[tuple[Command, Viewer]] = [
        (DeactivateGroup(group), ADA),
        (ReactivateGroup(group), ADA),
    ]
    random = Random(7)

    told = processes.run(
        database_url,
        *(Task(works(first, group, random)) for first in (1, 1001)),
        *(
            Task([(command, one) for _ in range(3) for command in (join, leave) for one in those])
            for those in (CROWD[::2], CROWD[1::2])
        ),
        Task(ends * 2),
    )

    assert told[:2] == [["stored"] * BATCHES] * 2
    assert {one for each in told[2:4] for one in each or ()} <= {
        "changed",
        "unchanged",
        "GROUP_INACTIVE",
        "NOT_A_MEMBER",
    }
    assert told[4] == ["changed"] * 4
    found = await stored(town.database)
    assert len(found.events) == 2 * BATCHES * BATCH
    assert found.rollups == found.recount()
    assert await verified(town.database) == []
    counted = sum(
        group in groups_of(event, {}, found.spans, found.tenures)
        for event in found.events.values()
        if isinstance(event, Classification)
    )
    assert 0 < counted < len(found.events)
    (total,) = {row[0] for key, row in found.rollups["group"].items() if key == (group, 3, 0)}
    assert total == counted
