"""Days to completion, from the fourteen full days before today."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from gateway.auth.viewer import ANONYMOUS, Viewer
from gateway.db import Database
from gateway.db.tables import change_log
from gateway.directory.load import load_directory
from gateway.events.event import Classification
from gateway.loaders.operation import Operation
from resolvers.schema import graphql_schema
from tests.events_of import classification, store
from tests.executing import executed

NOW = datetime(2024, 3, 20, 12, tzinfo=UTC)
WORKFLOW = {"id": 101, "project_id": 11, "subjects_count": 100, "retirement_count": 10}


async def days(database: Database, **attributes: object) -> int | None:
    document = {"workflows": [WORKFLOW | attributes]}
    await database.write(lambda connection: load_directory(connection, document))
    async with Operation(database, ANONYMOUS, NOW) as operation:
        result = await executed(
            graphql_schema, "{ workflow(id: 101) { estimatedDaysToCompletion } }", None, operation
        )
    assert result.errors is None
    assert result.data is not None
    found: int | None = result.data["workflow"]["estimatedDaysToCompletion"]
    return found


async def test_only_the_fourteen_full_days_before_today_tell_the_pace(database: Database) -> None:
    await store(
        database,
        classification(1, "2024-03-05T23:59"),  # fifteen days ago
        classification(2, "2024-03-06T00:00"),
        classification(3, "2024-03-19T23:59"),
        classification(4, "2024-03-19T12:00"),
        classification(5, "2024-03-20T00:00"),  # today
    )
    # 1000 - 5 are needed, at three in fourteen days: ceil(995 * 14 / 3)
    assert await days(database) == 4644


def each_day(first: str, days: int, each: int) -> list[Classification]:
    """So many classifications on each of so many days."""
    begin = date.fromisoformat(first)
    return [
        classification(1000 * day + number, f"{begin + timedelta(day)}T12:00")
        for day in range(days)
        for number in range(each)
    ]


async def test_subjects_that_are_retired_take_no_more(database: Database) -> None:
    await store(database, *each_day("2024-03-06", 14, 30))
    thousand = {"subjects_count": 1000, "retirement_count": 30}
    # One subject is left: 30 of 420 in fourteen days.
    assert await days(database, **thousand, completeness=0.999) == 1
    # Not known, or nothing is: 30,000 - 420 are needed.
    assert await days(database, **thousand) == 986
    assert await days(database, **thousand, completeness=0.0) == 986
    # All are retired, to the nearest: nothing is needed.
    assert await days(database, **thousand, completeness=0.9999) == 0


async def test_days_without_classifications_count(database: Database) -> None:
    await store(
        database,
        classification(999_999, "2024-03-05T23:59"),
        *each_day("2024-03-10", 1, 10),
        *each_day("2024-03-17", 1, 0),
        *(classification(500_000 + one, "2024-03-17T12:00") for one in range(10)),
    )
    # ceil((991 - 21) * 14 / 20)
    assert await days(database, subjects_count=991, retirement_count=1) == 679


@pytest.mark.parametrize(
    ("first", "span"),
    [("2024-03-18", 2), ("2024-03-19", 1), ("2024-03-07", 13), ("2024-03-06", 14)],
)
async def test_a_young_workflow_has_the_pace_of_its_own_days(
    database: Database, first: str, span: int
) -> None:
    """Of its first day and of today it counts the first alone, whole as it is."""
    await store(
        database,
        *each_day(first, 1, 10),
        *(classification(900_000 + one, "2024-03-20T10:00") for one in range(5)),
    )
    # 980 are needed, at ten in so many days.
    assert await days(database, subjects_count=995, retirement_count=1) == 98 * span


async def test_a_workflow_that_began_today_has_no_pace(database: Database) -> None:
    await store(database, classification(1, "2024-03-20T00:00"))
    assert await days(database) is None


async def test_more_days_than_an_int_holds_are_not_told(database: Database) -> None:
    await store(database, classification(1, "2024-03-06T12:00"))
    # (subjects - 1) * 14
    assert await days(database, subjects_count=153_391_690, retirement_count=1) == 2_147_483_646
    assert await days(database, subjects_count=153_391_691, retirement_count=1) is None


@pytest.mark.parametrize(
    "attributes",
    [{"subjects_count": None}, {"retirement_count": None}, {"completeness": 1.0}],
)
async def test_there_is_no_estimate_without_need_to_know(
    database: Database, attributes: dict[str, object]
) -> None:
    await store(database, classification(1, "2024-03-19T12:00"))
    assert await days(database, **attributes) is None


async def test_there_is_no_estimate_without_a_pace(database: Database) -> None:
    assert await days(database) is None


STATS = "{ gatewayStats { lastEventAt ledgerSize classifications comments dataVersion } }"


async def test_site_admins_see_how_fresh_the_gateway_is(database: Database) -> None:
    admin = Viewer(id=1, is_site_admin=True)
    await store(
        database, classification(1, "2024-03-19T12:00"), classification(2, "2024-03-01T00:00")
    )
    async with database.read() as snapshot:
        rows = await snapshot.fetch(select(change_log.c.version))
    async with Operation(database, admin, NOW) as operation:
        result = await executed(graphql_schema, STATS, None, operation)
    assert result.errors is None
    assert result.data == {
        "gatewayStats": {
            "lastEventAt": "2024-03-19T12:00:00+00:00",
            "ledgerSize": 2,
            "classifications": 2,
            "comments": 0,
            "dataVersion": max(row.version for row in rows),
        }
    }


async def test_an_empty_gateway_has_no_last_event(database: Database) -> None:
    async with Operation(database, Viewer(id=1, is_site_admin=True), NOW) as operation:
        result = await executed(graphql_schema, STATS, None, operation)
    assert result.data is not None
    assert result.data["gatewayStats"]["lastEventAt"] is None
    assert result.data["gatewayStats"]["ledgerSize"] == 0


async def test_others_do_not_see_it(database: Database) -> None:
    async with Operation(database, Viewer(id=2), NOW) as operation:
        result = await executed(graphql_schema, STATS, None, operation)
    assert result.data == {"gatewayStats": None}
    assert [error.extensions for error in result.errors or ()] == [{"code": "FORBIDDEN"}]
