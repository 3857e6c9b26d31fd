"""Goals of groups and of volunteers, as operations show them on 2024-03-04, a Monday."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.auth.viewer import ANONYMOUS, Viewer
from gateway.db import Database
from gateway.directory.load import load_directory
from gateway.loaders import goal_states
from gateway.period import Period
from gateway.stats.goals.metric import GoalMetric
from tests.asking import answer, ask
from tests.events_of import classification, comment, store
from tests.goals_of import made_goal, store_goals

DIRECTORY = {
    "users": [{"id": one, "login": f"user-{one}"} for one in (1, 2, 3)],
    "user_groups": [
        {"id": 501, "name": "moths", "stats_visibility": "public_agg_show_ind_if_member"},
        {"id": 502, "name": "owls", "stats_visibility": "public_show_all"},
    ],
    "memberships": [
        {"user_id": 1, "user_group_id": 501, "state": "active", "roles": ["group_admin"]},
        {"user_id": 2, "user_group_id": 501, "state": "active", "roles": ["group_member"]},
    ],
    "projects": [{"id": 11, "slug": "zoo/cats"}, {"id": 12, "slug": "zoo/dogs"}],
    "workflows": [{"id": 101, "project_id": 11, "display_name": "Whiskers"}],
}
ADMIN, MEMBER, STRANGER = Viewer(id=1), Viewer(id=2), Viewer(id=3)
PROGRESS = "value share remaining reachedOn daysLeft perDay neededPerDay expectedOn"


@pytest.fixture(autouse=True)
async def directory(database: Database) -> None:
    await database.write(lambda connection: load_directory(connection, DIRECTORY))


async def goals(
    database: Database, fields: str, arguments: str = "", viewer: Viewer = MEMBER
) -> list[dict[str, Any]]:
    document = f"{{ userGroup(id: 501) {{ goals{arguments} {{ {fields} }} }} }}"
    found: list[dict[str, Any]] = (await answer(database, document, viewer=viewer))["userGroup"][
        "goals"
    ]
    return found


async def test_what_was_agreed_on(database: Database) -> None:
    await store_goals(
        database,
        made_goal(
            7,
            group=501,
            title="A thousand moths",
            target=1000,
            end_day="2024-12-31",
            workflow_ids=(101, 999),
            created_by=1,
            revision=3,
        ),
        made_goal(9, group=501, metric=GoalMetric.HOURS, project_ids=(11, 99)),
        made_goal(8, group=501, repeats=Period.WEEK, archived=True),
        made_goal(3, group=502),
    )
    fields = """id userGroup { id name } user { id } title metric target start end repeats archived
        createdAt createdBy { login } revision
        projects { id slug } workflows { id displayName }"""
    first, second = await goals(database, fields)
    assert first == {
        "id": "7",
        "userGroup": {"id": "501", "name": "moths"},
        "user": None,
        "title": "A thousand moths",
        "metric": "CLASSIFICATIONS",
        "target": 1000,
        "start": "2024-01-01",
        "end": "2024-12-31",
        "repeats": None,
        "archived": False,
        "createdAt": "2024-01-01T00:00:00+00:00",
        "createdBy": {"login": "user-1"},
        "revision": "3",
        "projects": None,
        "workflows": [
            {"id": "101", "displayName": "Whiskers"},
            # Whatever nobody knows of keeps its id.
            {"id": "999", "displayName": None},
        ],
    }
    assert (second["id"], second["end"], second["createdBy"]) == ("9", None, None)
    assert second["projects"] == [{"id": "11", "slug": "zoo/cats"}, {"id": "99", "slug": None}]
    assert second["workflows"] is None
    with_archived = await goals(database, "id repeats", "(includeArchived: true)")
    assert with_archived == [
        {"id": "7", "repeats": None},
        {"id": "8", "repeats": "WEEK"},
        {"id": "9", "repeats": None},
    ]


async def test_how_far_a_goal_is(database: Database) -> None:
    days = ["2024-01-31", *["2024-02-29"] * 3, *["2024-03-03"] * 4, "2024-03-04"]
    await store(
        database,
        *(classification(n, f"{one}T12:00", groups=(501,)) for n, one in enumerate(days, 1)),
    )
    await store_goals(
        database,
        made_goal(1, group=501, target=20, end_day="2024-03-14"),
        made_goal(2, group=501, target=6, milestones=(1, 5)),
        made_goal(3, group=501, target=20, start_day="2024-03-05"),
        made_goal(4, group=501, target=20, end_day="2024-03-03"),
    )
    fields = f"status progress {{ {PROGRESS} }} milestones {{ value share reachedOn }}"
    running, reached, upcoming, ended = await goals(database, fields)
    assert running == {
        "status": "RUNNING",
        "progress": {
            "value": 9.0,
            "share": 0.45,
            "remaining": 11.0,
            "reachedOn": None,
            "daysLeft": 11,
            # Seven in the last fourteen full days.
            "perDay": 0.5,
            "neededPerDay": 1.0,
            "expectedOn": "2024-03-26",
        },
        "milestones": [
            {"value": 5, "share": 0.25, "reachedOn": "2024-03-03"},
            {"value": 10, "share": 0.5, "reachedOn": None},
            {"value": 15, "share": 0.75, "reachedOn": None},
            {"value": 20, "share": 1.0, "reachedOn": None},
        ],
    }
    assert reached["status"] == "REACHED"
    assert reached["progress"] == {
        "value": 9.0,
        "share": 1.5,
        "remaining": 0.0,
        "reachedOn": "2024-03-03",
        **dict.fromkeys(("daysLeft", "perDay", "neededPerDay", "expectedOn")),
    }
    assert [one["reachedOn"] for one in reached["milestones"]] == [
        "2024-01-31",
        "2024-03-03",
        "2024-03-03",
    ]
    assert (upcoming["status"], upcoming["progress"]["value"]) == ("UPCOMING", 0.0)
    assert (ended["status"], ended["progress"]["daysLeft"]) == ("ENDED", None)
    assert ended["progress"]["remaining"] == 12.0


async def test_hours_are_whole_milliseconds_divided_once(database: Database) -> None:
    third = 1_200_000
    await store(
        database,
        *(
            classification(n, f"2024-03-0{n}T12:00", groups=(501,), session_ms=third)
            for n in (1, 2, 3)
        ),
    )
    await store_goals(
        database,
        made_goal(1, group=501, metric=GoalMetric.HOURS, target=1),
        made_goal(2, group=501, metric=GoalMetric.HOURS, target=2),
    )
    fields = "progress { value share remaining reachedOn perDay } milestones { value reachedOn }"
    whole, half = await goals(database, fields)
    # Three thirds are one, which they are not as floats.
    assert whole["progress"] == {
        "value": 1.0,
        "share": 1.0,
        "remaining": 0.0,
        "reachedOn": "2024-03-03",
        "perDay": None,
    }
    assert half["progress"]["share"] == 0.5
    # An hour in the three days since the first one.
    assert half["progress"]["perDay"] == 1 / 3
    assert half["milestones"] == [
        {"value": 1, "reachedOn": "2024-03-03"},
        {"value": 2, "reachedOn": None},
    ]


async def test_each_metric_is_what_statistics_say(database: Database) -> None:
    await store(
        database,
        *(
            classification(
                n, f"2024-02-{10 + n // 2}T12:00", user=n % 3 or None, project=11 + n % 2,
                groups=(501,), session_ms=3_600_000,
            )
            for n in range(1, 8)
        ),
    )  # fmt: skip
    await store_goals(
        database,
        *(
            made_goal(place, group=501, metric=metric)
            for place, metric in enumerate(GoalMetric, 1)
            if metric is not GoalMetric.COMMENTS
        ),
    )
    document = """{ userGroup(id: 501) {
        goals { metric progress { value } }
        classifications(range: { start: "2024-01-01" }) {
            totalCount timeSpent activeUsers projectCount buckets(period: DAY) { startsOn }
        }
    } }"""
    found = (await answer(database, document))["userGroup"]
    stats = found["classifications"]
    assert {one["metric"]: one["progress"]["value"] for one in found["goals"]} == {
        "CLASSIFICATIONS": stats["totalCount"],
        "HOURS": stats["timeSpent"] / 3600,
        "CONTRIBUTORS": stats["activeUsers"],
        "PROJECTS": stats["projectCount"],
        "ACTIVE_DAYS": len(stats["buckets"]),
    }


async def test_weeks_in_a_row(database: Database) -> None:
    # Two a week are wanted; three weeks are reached, the running one is on its way.
    days = ["2024-01-09", "2024-01-10", *["2024-02-14", "2024-02-15"], "2024-02-19", "2024-02-25"]
    days += ["2024-02-26"] * 3 + ["2024-03-04"]
    await store(
        database,
        *(classification(n, f"{one}T12:00", groups=(501,)) for n, one in enumerate(days, 1)),
    )
    await store_goals(
        database, made_goal(1, group=501, target=2, repeats=Period.WEEK, start_day="2024-01-10")
    )
    fields = """status streak progress { value remaining daysLeft reachedOn }
        all: periods(last: 520) { start } periods(last: 4) {
            start end value share reached reachedOn
        }"""
    (found,) = await goals(database, fields)
    assert found["status"] == "RUNNING"
    assert found["streak"] == 3
    assert found["progress"] == {"value": 1.0, "remaining": 1.0, "daysLeft": 7, "reachedOn": None}
    assert len(found["all"]) == 9
    # The first week is cut to the days of the goal.
    assert found["all"][0] == {"start": "2024-01-10"}
    assert found["periods"] == [
        {
            "start": start,
            "end": end,
            "value": float(value),
            "share": value / 2,
            "reached": day is not None,
            "reachedOn": day,
        }
        for start, end, value, day in (
            ("2024-02-12", "2024-02-18", 2, "2024-02-15"),
            ("2024-02-19", "2024-02-25", 2, "2024-02-25"),
            ("2024-02-26", "2024-03-03", 3, "2024-02-26"),
            ("2024-03-04", "2024-03-10", 1, None),
        )
    ]


async def test_goals_are_filtered_by_how_they_stand(database: Database) -> None:
    await store(database, classification(1, "2024-03-01T12:00", groups=(501,)))
    await store_goals(
        database,
        made_goal(1, group=501),
        made_goal(2, group=501, target=1),
        made_goal(3, group=501, start_day="2024-03-05"),
        made_goal(4, group=501, end_day="2024-03-03"),
        made_goal(5, group=501, target=1, archived=True),
        made_goal(6, group=501, end_day="2024-03-03", repeats=Period.MONTH, target=1),
    )

    async def listed(arguments: str) -> list[int]:
        return [int(one["id"]) for one in await goals(database, "id", arguments)]

    assert await listed("(statuses: [RUNNING])") == [1]
    assert await listed("(statuses: [REACHED, UPCOMING])") == [2, 3]
    assert await listed("(statuses: [REACHED], includeArchived: true)") == [2, 5]
    assert await listed("(statuses: [ENDED])") == [4, 6]
    assert await listed("(statuses: [])") == []
    assert await listed("(statuses: null, includeArchived: null)") == [1, 2, 3, 4, 6]


async def test_ones_own_goals(database: Database) -> None:
    await store(
        database,
        classification(1, "2024-03-01T12:00", user=2, project=11),
        classification(2, "2024-03-01T12:00", user=1, project=11),
        comment(3, "2024-03-02T12:00", user=2),
    )
    await store_goals(
        database,
        made_goal(1, user=2, project_ids=(11,)),
        made_goal(2, user=2, metric=GoalMetric.COMMENTS, target=1),
        made_goal(3, user=1),
    )
    fields = """id userGroup { id } user { id login } createdBy { login } status streak
        progress { value } viewerContribution { value } contributors { count } periods { end }"""
    document = f"{{ user(id: 2) {{ id goals {{ {fields} }} }} }}"
    found = (await answer(database, document, viewer=MEMBER))["user"]["goals"]
    assert found == [
        {
            "id": str(number),
            "userGroup": None,
            "user": {"id": "2", "login": "user-2"},
            "createdBy": {"login": "user-2"},
            "status": status,
            "progress": {"value": 1.0},
            "viewerContribution": {"value": 1.0},
            "contributors": None,
            "streak": 0,
            "periods": [],
        }
        for number, status in ((1, "RUNNING"), (2, "REACHED"))
    ]
    # A site admin sees them, and has no part in them.
    seen = (await answer(database, document))["user"]["goals"]
    assert [one["viewerContribution"] for one in seen] == [None, None]
    asked = await ask(database, document, viewer=STRANGER)
    assert [error.extensions for error in asked.errors] == [{"code": "FORBIDDEN"}]
    assert asked.data["user"]["goals"] is None


async def test_who_did_most_and_ones_own_part(database: Database) -> None:
    await store(
        database,
        *(
            classification(n, "2024-02-01T12:00", user=user, groups=(501,), session_ms=ms)
            for n, (user, ms) in enumerate(((2, 1000), (2, 1000), (3, 5000), (1, 1000)), 1)
        ),
    )
    await store_goals(
        database,
        made_goal(1, group=501, target=8),
        made_goal(2, group=501, metric=GoalMetric.HOURS),
        made_goal(3, group=501, start_day="2024-02-02"),
        made_goal(4, group=501, metric=GoalMetric.CONTRIBUTORS, target=4),
    )
    fields = """viewerContribution { value share }
        contributors(first: 2) { user { id login } count timeSpent }"""
    first, hours, later, people = await goals(database, fields)
    assert first == {
        "viewerContribution": {"value": 2.0, "share": 0.25},
        "contributors": [
            {"user": {"id": "2", "login": "user-2"}, "count": 2, "timeSpent": 2.0},
            {"user": {"id": "1", "login": "user-1"}, "count": 1, "timeSpent": 1.0},
        ],
    }
    assert [one["user"]["id"] for one in hours["contributors"]] == ["3", "2"]
    assert later == {"viewerContribution": {"value": 0.0, "share": 0.0}, "contributors": []}
    assert people["viewerContribution"] == {"value": 1.0, "share": 0.25}
    # At this level, anyone sees aggregates and members see each other.
    document = f"{{ userGroup(id: 501) {{ goals {{ {fields} }} }} }}"
    for viewer, code, own in ((ANONYMOUS, "UNAUTHENTICATED", None), (STRANGER, "FORBIDDEN", 1.0)):
        asked = await ask(database, document, viewer=viewer)
        assert [error.extensions for error in asked.errors] == [{"code": code}] * 4
        shown = asked.data["userGroup"]["goals"]
        assert [one["contributors"] for one in shown] == [None] * 4
        told = shown[0]["viewerContribution"]
        assert (told and told["value"]) == own


@pytest.mark.parametrize("viewer", [ANONYMOUS, STRANGER, Viewer(api_key_id="facade")])
async def test_an_admins_name_is_for_members(database: Database, viewer: Viewer) -> None:
    await store_goals(database, made_goal(1, group=501, created_by=1))
    for seen in (ADMIN, MEMBER, Viewer(id=9, is_site_admin=True)):
        assert await goals(database, "createdBy { id login }", viewer=seen) == [
            {"createdBy": {"id": "1", "login": "user-1"}}
        ]
    assert await goals(database, "createdBy { id login }", viewer=viewer) == [{"createdBy": None}]


@pytest.mark.parametrize(
    ("field", "argument"),
    [
        ("periods(last: 0) { end }", "last"),
        ("periods(last: 521) { end }", "last"),
        ("contributors(first: 0) { count }", "first"),
        ("contributors(first: 101) { count }", "first"),
    ],
)
async def test_bounds(database: Database, field: str, argument: str) -> None:
    await store_goals(database, made_goal(1, group=501))
    document = f"{{ userGroup(id: 501) {{ goals {{ id {field} }} }} }}"
    (error,) = (await ask(database, document)).errors
    assert error.extensions is not None
    assert (error.extensions["code"], error.extensions["argument"]) == ("OUT_OF_BOUNDS", argument)


async def test_goals_of_an_operation_have_no_more_periods_than_can_be_read(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store_goals(
        database,
        made_goal(1, group=501, start_day="2024-01-01", repeats=Period.WEEK),
        made_goal(2, group=502, start_day="2024-01-01", repeats=Period.WEEK),
    )
    document = "{ userGroupsByIds(ids: [501, 502]) { goals { streak } } }"
    # Ten weeks each.
    monkeypatch.setattr(goal_states, "MOST_PERIODS", 20)
    assert (await ask(database, document)).errors == []
    monkeypatch.setattr(goal_states, "MOST_PERIODS", 19)
    asked = await ask(database, document)
    (error,) = asked.errors
    assert error.extensions is not None
    assert error.extensions["code"] == "OUT_OF_BOUNDS"
    shown = [one["goals"] for one in asked.data["userGroupsByIds"]]
    assert shown == [[{"streak": 0}], None]
