"""How many volunteers were active, and how many were new, as operations ask for it."""

import pytest

from gateway.auth.viewer import ANONYMOUS
from gateway.db import Database
from gateway.directory.load import load_directory
from gateway.graphql.execution.operation_executor import OperationExecutor
from tests.asking import answer, ask
from tests.events_of import classification, store
from tests.executing import count_fallbacks

SITE = """
query ($range: DateRange, $within: StatsScope) {
  classifications(range: $range, within: $within) {
    activeUsers
    buckets(period: MONTH) { startsOn activeUsers }
  }
}
"""


@pytest.fixture
async def filled(database: Database) -> Database:
    """Three volunteers and anonymous work; user 2 comes back in the same month."""

    def load(connection: object) -> None:
        directory = {
            "users": [{"id": one, "login": f"user-{one}"} for one in (1, 2, 3)],
            "user_groups": [{"id": 501, "name": "class", "stats_visibility": "public_show_all"}],
            "projects": [{"id": one, "slug": f"zoo/{one}"} for one in (11, 12)],
            "workflows": [{"id": one, "project_id": 11} for one in (101, 102)],
        }
        load_directory(connection, directory)  # type: ignore[arg-type]

    await database.write(load)
    await store(
        database,
        classification(1, "2024-01-10T00:00", user=1, groups=(501,)),
        classification(2, "2024-01-31T00:00", user=2, project=12, workflow=201),
        classification(3, "2024-02-01T00:00", user=2, groups=(501,)),
        classification(4, "2024-02-20T00:00", user=2, workflow=102, groups=(501,)),
        classification(5, "2024-02-29T00:00", user=1, workflow=102, groups=(501,)),
        classification(6, "2024-02-29T00:00", user=None),
        classification(7, "2024-03-02T00:00", user=3),
    )
    return database


@pytest.mark.parametrize(
    ("variables", "active", "by_month"),
    [
        ({}, 3, {"2024-01-01": 2, "2024-02-01": 2, "2024-03-01": 1}),
        (
            {"within": {"projectIds": ["11"]}},
            3,
            {"2024-01-01": 1, "2024-02-01": 2, "2024-03-01": 1},
        ),
        ({"within": {"workflowIds": ["102", "201"]}}, 2, {"2024-01-01": 1, "2024-02-01": 2}),
        ({"within": {"projectIds": []}}, 0, {}),
        (
            {"range": {"start": "2024-01-31", "end": "2024-02-20"}},
            1,
            {"2024-01-01": 1, "2024-02-01": 1},
        ),
    ],
    ids=["all", "within a project", "within workflows", "within nothing", "in a range"],
)
async def test_each_volunteer_of_the_site_counts_once(
    filled: Database, variables: dict[str, object], active: int, by_month: dict[str, int]
) -> None:
    (stats,) = (await answer(filled, SITE, variables, ANONYMOUS)).values()
    assert stats["activeUsers"] == active
    assert {one["startsOn"]: one["activeUsers"] for one in stats["buckets"]} == by_month


async def test_projects_workflows_groups_and_volunteers_know_theirs(filled: Database) -> None:
    by_week = "buckets(period: WEEK) { activeUsers }"
    found = await answer(
        filled,
        f"""{{
          project(id: 11) {{ classifications(workflowIds: [101]) {{ activeUsers }} }}
          workflow(id: 102) {{ classifications {{ activeUsers {by_week} }} }}
          userGroup(id: 501) {{ classifications {{ activeUsers {by_week} }} }}
          user(id: 2) {{
            classifications(range: {{ start: "2024-02-01", end: "2024-02-02" }}) {{
              buckets(period: DAY, fillGaps: true) {{ count activeUsers }}
            }}
          }}
        }}""",
    )
    assert found["project"]["classifications"] == {"activeUsers": 3}
    weeks = [{"activeUsers": 1}, {"activeUsers": 1}]
    assert found["workflow"]["classifications"] == {"activeUsers": 2, "buckets": weeks}
    weeks = [{"activeUsers": 1}] * 4
    assert found["userGroup"]["classifications"] == {"activeUsers": 2, "buckets": weeks}
    assert found["user"]["classifications"]["buckets"] == [
        {"count": 1, "activeUsers": 1},
        {"count": 0, "activeUsers": 0},
    ]


@pytest.mark.parametrize(
    ("asked", "new"),
    [
        ("", {"2024-01-01": 1, "2024-02-01": 1, "2024-03-01": 1}),
        ('(range: { start: "2024-02-01" })', {"2024-02-01": 1, "2024-03-01": 1}),
        ("(workflowIds: [102])", {"2024-02-01": 2}),
        ('(range: { start: "2024-02-29" }, workflowIds: [102])', {"2024-02-01": 1}),
    ],
)
async def test_a_volunteer_is_new_in_a_project_once(
    filled: Database, asked: str, new: dict[str, int]
) -> None:
    document = f"""{{ project(id: 11) {{
      classifications{asked} {{ newUsers(period: MONTH) {{ startsOn count }} }}
    }} }}"""
    found = (await answer(filled, document))["project"]["classifications"]["newUsers"]
    assert {one["startsOn"]: one["count"] for one in found} == new


async def test_gaps_without_new_volunteers_are_filled(filled: Database) -> None:
    document = """{ project(id: 12) {
      classifications { newUsers(period: MONTH, fillGaps: true) { startsOn count } }
    } }"""
    found = (await answer(filled, document))["project"]["classifications"]["newUsers"]
    assert [tuple(one.values()) for one in found] == [
        ("2024-01-01", 1),
        ("2024-02-01", 0),
        ("2024-03-01", 0),
    ]


async def test_more_gaps_than_the_limit_are_refused(filled: Database) -> None:
    document = """{ project(id: 12) { classifications(range: { start: "1900-01-01" }) {
      newUsers(period: DAY, fillGaps: true) { count }
    } } }"""
    (error,) = (await ask(filled, document)).errors
    assert error.extensions["code"] == "OUT_OF_BOUNDS"


async def test_statements_do_not_depend_on_how_many_are_asked_for(
    filled: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    fallbacks: list[OperationExecutor] = count_fallbacks(monkeypatch)
    document = """query ($ids: [ID!]!) {
      projectsByIds(ids: $ids) {
        classifications {
          activeUsers
          buckets(period: MONTH) { count activeUsers }
          newUsers(period: YEAR) { count }
        }
      }
    }"""
    one = await ask(filled, document, {"ids": ["11"]})
    many = await ask(filled, document, {"ids": ["11", "12"]})
    assert one.errors == many.errors == []
    assert (one.statements, one.selects) == (many.statements, many.selects)
    assert fallbacks == []


async def test_counts_of_volunteers_are_read_only_where_they_are_selected(
    filled: Database,
) -> None:
    document = "{{ classifications {{ buckets(period: MONTH) {{ {} }} }} }}"
    without = await ask(filled, document.format("startsOn count timeSpent"))
    counted = await ask(filled, document.format("startsOn activeUsers"))
    assert (without.selects, counted.selects) == (1, 2)
