"""What operators see of volunteers: who did most, and whose days are out of the ordinary."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from sqlalchemy import Connection

from gateway.auth.viewer import ANONYMOUS, Scope, Viewer
from gateway.db import Database
from gateway.directory.erase_user import erase_user
from gateway.directory.load import load_directory
from tests.asking import answer, ask
from tests.events_of import HOUR_MS, classification, store
from tests.graphql.cached_gateway import Gateway

YEAR = '(range: { start: "2024-01-01", end: "2024-12-31" })'
OF = {
    "the site": "classifications",
    "a project": "project(id: 11) { classifications",
    "a workflow": "workflow(id: 101) { classifications",
}


async def fill(database: Database) -> None:
    """Volunteer 1 did most, 2 took most time, 3 and 4 tie; 5 was not logged in."""

    def load(connection: Connection) -> None:
        document = {
            "users": [{"id": one, "login": f"user-{one}"} for one in range(1, 4)],
            "projects": [{"id": 11, "slug": "zoo/cats"}],
            "workflows": [{"id": 101, "project_id": 11}],
        }
        load_directory(connection, document)

    await database.write(load)
    await store(
        database,
        *(classification(n, f"2024-02-2{n}T12:00", user=1, session_ms=1000) for n in range(5)),
        *(classification(10 + n, user=2, session_ms=2 * HOUR_MS) for n in range(3)),
        *(classification(20 + n, user=3 + n, session_ms=125) for n in range(2)),
        classification(30, user=None),
    )


async def of(database: Database, whose: str, selection: str, at: str = "") -> Any:
    path = OF[whose]
    found: Any = await answer(
        database, f"{{ {path}{at} {{ {selection} }} {'}' * path.count('{')} }}"
    )
    while "classifications" not in found:
        (found,) = found.values()
    return found["classifications"]


@pytest.mark.parametrize("whose", OF)
@pytest.mark.parametrize(
    ("order", "ranked"), [("MOST_CLASSIFICATIONS", "1234"), ("MOST_TIME", "2134")]
)
async def test_top_contributors_are_ranked_and_tie_by_ascending_id(
    database: Database, whose: str, order: str, ranked: str
) -> None:
    await fill(database)
    top = f"topContributors(first: 9, orderBy: {order}) {{ user {{ id login }} count timeSpent }}"
    found = (await of(database, whose, top))["topContributors"]
    assert "".join(one["user"]["id"] for one in found) == ranked
    assert {one["user"]["id"]: (one["count"], one["timeSpent"]) for one in found} == {
        "1": (5, 5.0),
        "2": (3, 3 * 7200.0),
        "3": (1, 0.125),
        "4": (1, 0.125),
    }
    assert found[-1]["user"] == {"id": "4", "login": None}
    one_day = '(range: { start: "2024-02-21", end: "2024-02-21" })'
    found = await of(database, whose, "topContributors { count }", one_day)
    assert found == {"topContributors": [{"count": 1}]}


@pytest.mark.parametrize("whose", OF)
async def test_unusual_days_exceed_either_threshold(database: Database, whose: str) -> None:
    await fill(database)
    asked = "nodes { user { id } days { day count timeSpent } } totalCount"
    thresholds = {
        "classificationsPerDay: 3": [],
        "classificationsPerDay: 2": ["2"],
        "hoursPerDay: 6": [],
        "hoursPerDay: 5.9999999": ["2"],
        "classificationsPerDay: 3, hoursPerDay: 0.00003": ["1", "2", "3", "4"],
        "classificationsPerDay: 3, hoursPerDay: 0.001": ["2"],
    }
    for given, ids in thresholds.items():
        found = await of(database, whose, f"unusualVolunteers({given}) {{ {asked} }}", YEAR)
        unusual = found["unusualVolunteers"]
        assert [one["user"]["id"] for one in unusual["nodes"]] == ids, given
        assert unusual["totalCount"] == len(ids)
    found = await of(
        database, whose, f"unusualVolunteers(classificationsPerDay: 2) {{ {asked} }}", YEAR
    )
    (one,) = found["unusualVolunteers"]["nodes"]
    assert one["days"] == [{"day": "2024-02-29", "count": 3, "timeSpent": 3 * 7200.0}]


@pytest.mark.parametrize("first", [1, 2, 4, 5])
async def test_pages_of_unusual_volunteers_join(database: Database, first: int) -> None:
    await fill(database)
    document = """query ($first: Int, $after: String) {
      classifications(range: { start: "2024-01-01", end: "2024-12-31" }) {
        unusualVolunteers(classificationsPerDay: 0, first: $first, after: $after) {
          edges { cursor node { user { id } days { day } } }
          pageInfo { hasNextPage hasPreviousPage endCursor } totalCount
    } } }"""
    seen: list[str] = []
    after, more = None, True
    while more:
        found = await answer(database, document, {"first": first, "after": after})
        page = found["classifications"]["unusualVolunteers"]
        seen += [edge["node"]["user"]["id"] for edge in page["edges"]]
        assert page["totalCount"] == 4
        assert page["pageInfo"]["hasPreviousPage"] is (after is not None)
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    assert seen == ["1", "2", "3", "4"]


REFUSED = {
    "unusualVolunteers { totalCount }": "INVALID_ARGUMENT",
    "unusualVolunteers(classificationsPerDay: -1) { totalCount }": "INVALID_ARGUMENT",
    "unusualVolunteers(hoursPerDay: -0.5) { totalCount }": "INVALID_ARGUMENT",
    "unusualVolunteers(hoursPerDay: 1, first: 0) { totalCount }": "OUT_OF_BOUNDS",
    'unusualVolunteers(hoursPerDay: 1, after: "x") { totalCount }': "INVALID_ARGUMENT",
    "topContributors(first: 5001) { count }": "OUT_OF_BOUNDS",
}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_arguments_that_cannot_be_used_are_refused(database: Database) -> None:
    for selection, code in REFUSED.items():
        asked = await ask(database, f"{{ classifications{YEAR} {{ {selection} }} }}")
        assert [error.extensions["code"] for error in asked.errors] == [code], selection
    for given, days in (
        ('(range: { start: "2023-12-31", end: "2024-12-31" })', 367),
        ('(range: { start: "2023-03-04" })', 367),
        ("", 19_787),
    ):
        unusual = "{ unusualVolunteers(hoursPerDay: 1) { totalCount } }"
        asked = await ask(database, f"{{ classifications{given} {unusual} }}")
        (error,) = asked.errors
        assert (error.extensions["code"], error.extensions["value"]) == ("OUT_OF_BOUNDS", days)
    widest = """{ classifications(range: { start: "2023-03-05" }) {
        unusualVolunteers(hoursPerDay: 1e300) { totalCount }
    } }"""
    found = await answer(database, widest)
    assert found == {"classifications": {"unusualVolunteers": {"totalCount": 0}}}


async def test_who_was_erased_is_not_found(database: Database) -> None:
    await fill(database)
    await database.write(lambda connection: erase_user(connection, 2))
    selection = "topContributors { user { id } } unusualVolunteers(hoursPerDay: 1) { totalCount }"
    for whose in OF:
        found = await of(database, whose, selection, YEAR)
        assert [one["user"]["id"] for one in found["topContributors"]] == ["1", "3", "4"]
        assert found["unusualVolunteers"] == {"totalCount": 0}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_nobody_gets_the_cached_answer_of_a_site_admin(database: Database) -> None:
    await fill(database)
    query = f"""{{ classifications{YEAR} {{
        totalCount topContributors {{ count }} unusualVolunteers(hoursPerDay: 1) {{ totalCount }}
    }} }}"""
    admin = Viewer(id=9, is_site_admin=True)
    key = Viewer(is_site_admin=True, api_key_id="c0ffee", scopes=frozenset({Scope.STATS_READ}))
    async with Gateway(database) as gateway:
        for viewer in (admin, Viewer(id=9), ANONYMOUS, key, Viewer(id=1), admin):
            found = orjson.loads(await gateway.answer(query, viewer))
            stats = found["data"]["classifications"]
            assert stats["totalCount"] == 11
            assert (stats["topContributors"] is not None) is viewer.is_site_admin
            assert (stats["unusualVolunteers"] is not None) is viewer.is_site_admin
            assert len(found["errors"]) == (0 if viewer.is_site_admin else 2)
