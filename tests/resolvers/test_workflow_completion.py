"""Days to completion, from the fourteen full days before today."""

from datetime import UTC, datetime

import pytest

from gateway.auth.viewer import ANONYMOUS, Viewer
from gateway.db import Database
from gateway.directory.load import load_directory
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
    # need 1000 - 5; two days have counts, three classifications in all: ceil(2 * 995 / 3)
    assert await days(database) == 664


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


STATS = "{ stats { lastEventAt ledgerSize classifications comments dataVersion } }"


async def test_site_admins_see_how_fresh_the_gateway_is(database: Database) -> None:
    admin = Viewer(id=1, is_site_admin=True)
    await store(
        database, classification(1, "2024-03-19T12:00"), classification(2, "2024-03-01T00:00")
    )
    async with Operation(database, admin, NOW) as operation:
        result = await executed(graphql_schema, STATS, None, operation)
    assert result.errors is None
    assert result.data == {
        "stats": {
            "lastEventAt": "2024-03-19T12:00:00+00:00",
            "ledgerSize": 2,
            "classifications": 2,
            "comments": 0,
            "dataVersion": 1,
        }
    }


async def test_an_empty_gateway_has_no_last_event(database: Database) -> None:
    async with Operation(database, Viewer(id=1, is_site_admin=True), NOW) as operation:
        result = await executed(graphql_schema, STATS, None, operation)
    assert result.data is not None
    assert result.data["stats"]["lastEventAt"] is None
    assert result.data["stats"]["ledgerSize"] == 0


async def test_others_do_not_see_it(database: Database) -> None:
    async with Operation(database, Viewer(id=2), NOW) as operation:
        result = await executed(graphql_schema, STATS, None, operation)
    assert result.data == {"stats": None}
    assert [error.extensions for error in result.errors or ()] == [{"code": "FORBIDDEN"}]
