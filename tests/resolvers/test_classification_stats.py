"""What every statistic of classifications has: one fragment draws any chart."""

from __future__ import annotations

import pytest
from graphql import GraphQLInterfaceType

from gateway.db import Database
from gateway.directory.load import load_directory
from resolvers.schema import graphql_schema
from tests.asking import ADMIN, answer, ask
from tests.events_of import classification, comment, store

CHART = """fragment Chart on ClassificationStats {
  totalCount
  timeSpent
  meanTimeSpent
  firstDay
  lastDay
  buckets(period: MONTH) { startsOn count timeSpent }
}"""
#: Where there are statistics, and the type of each.
PLACES = {
    "classifications%s { __typename ...Chart }": "SiteStats",
    "project(id: 11) { classifications%s { __typename ...Chart } }": "ProjectStats",
    "workflow(id: 101) { classifications%s { __typename ...Chart } }": "WorkflowStats",
    "user(id: 1) { classifications%s { __typename ...Chart } }": "UserStats",
    "userGroup(id: 501) { classifications%s { __typename ...Chart } }": "GroupStats",
}
DAYS = ("2023-11-30T12:00", "2024-02-01T12:00", "2024-02-29T12:00")


async def fill(database: Database) -> None:
    document = {
        "users": [{"id": 1, "login": "ada"}],
        "user_groups": [{"id": 501, "stats_visibility": 4}],
        "projects": [{"id": 11, "slug": "zoo/cats"}],
        "workflows": [{"id": 101, "project_id": 11}],
    }
    await database.write(lambda connection: load_directory(connection, document))
    events = [
        classification(number, when, groups=(501,), session_ms=1000 * number)
        for number, when in enumerate(DAYS, 1)
    ]
    await store(database, *events, comment(1))


def test_all_five_types_are_of_the_interface() -> None:
    interface = graphql_schema.type_map["ClassificationStats"]
    assert isinstance(interface, GraphQLInterfaceType)
    found = {kind.name for kind in graphql_schema.get_possible_types(interface)}
    assert found == set(PLACES.values())


@pytest.mark.parametrize(("place", "name"), PLACES.items())
async def test_one_fragment_draws_the_chart_of_any_statistic(
    database: Database, place: str, name: str
) -> None:
    await fill(database)
    found = await answer(database, "{ " + place % "" + " } " + CHART)
    while "totalCount" not in found:
        (found,) = found.values()
    assert found == {
        "__typename": name,
        "totalCount": 3,
        "timeSpent": 6.0,
        "meanTimeSpent": 2.0,
        "firstDay": "2023-11-30",
        "lastDay": "2024-02-29",
        "buckets": [
            {"startsOn": "2023-11-01", "count": 1, "timeSpent": 1.0},
            {"startsOn": "2024-02-01", "count": 2, "timeSpent": 5.0},
        ],
    }


@pytest.mark.parametrize("place", PLACES)
async def test_days_and_means_are_of_the_range_and_null_without_events(
    database: Database, place: str
) -> None:
    await fill(database)
    for days, first, last in (
        ('start: "2024-01-01"', "2024-02-01", "2024-02-29"),
        ('start: "2023-12-01", end: "2024-02-28"', "2024-02-01", "2024-02-01"),
        ('end: "2023-11-29"', None, None),
        ('start: "2024-03-01"', None, None),
    ):
        found = await answer(database, "{ " + place % f"(range: {{ {days} }})" + " } " + CHART)
        while "totalCount" not in found:
            (found,) = found.values()
        assert (found["firstDay"], found["lastDay"]) == (first, last)
        assert (found["meanTimeSpent"] is None) is (first is None)


async def test_what_is_compared_is_of_the_interface_too(database: Database) -> None:
    await fill(database)
    document = """{ classifications { ...Both } me { classifications { ...Both } } }
    fragment Both on ClassificationStats {
      comparedWith(range: { end: "2024-01-31" }) { __typename ...Chart }
    } """
    asked = await ask(database, document + CHART, viewer=ADMIN)
    assert asked.errors == []
    compared = asked.data["classifications"]["comparedWith"]
    assert (compared["__typename"], compared["lastDay"]) == ("SiteStats", "2023-11-30")
    assert asked.data["me"]["classifications"]["comparedWith"]["__typename"] == "UserStats"


async def test_comments_tell_their_first_and_last_day(database: Database) -> None:
    await fill(database)
    document = """{
      comments { firstDay lastDay }
      user(id: 1) { comments(range: { end: "2000-01-01" }) { firstDay lastDay } }
    }"""
    assert await answer(database, document) == {
        "comments": {"firstDay": "2024-02-29", "lastDay": "2024-02-29"},
        "user": {"comments": {"firstDay": None, "lastDay": None}},
    }
