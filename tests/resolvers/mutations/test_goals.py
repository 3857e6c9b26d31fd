"""Creating, changing, archiving and deleting goals over HTTP, on 2026-06-01, a Monday."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.db import Database
from tests.events_of import classification, store
from tests.resolvers.mutations.village import ERRORS, Village, mutation

FIELDS = """changed userGroup { id } user { login } goal {
    id title metric target start end repeats archived revision status
    milestones { value } projects { id } workflows { id } createdBy { login }
    progress { value } userGroup { id } user { login }
}"""
GOALS = "{ userGroup(id: %s) { goals(includeArchived: true) { id revision archived } } }"


async def new_goal(people: Village, who: str = "ada", **given: Any) -> str:
    """The id of a new goal of a thousand classifications, or of what is said."""
    said = {"metric": "CLASSIFICATIONS", "target": 1000, **given}
    made = await people.do(who, "createGoal", "changed goal { id }", **said)
    goal_id: str = made["goal"]["id"]
    return goal_id


async def test_a_goal_is_created_with_all_that_can_be_said(people: Village) -> None:
    group, _ = await people.create("ada", "ben")
    made = await people.do(
        "ada",
        "createGoal",
        FIELDS,
        groupId=group,
        title="  A thousand moths ",
        metric="HOURS",
        target=1000,
        within={"projectIds": ["12", "11", "12"]},
        start="2026-01-01",
        end="2026-12-31",
        milestones=[1, 10],
    )
    goal = made["goal"]
    assert goal.pop("id").isdigit()
    assert made == {
        "changed": True,
        "userGroup": {"id": group},
        "user": None,
        "goal": {
            "title": "A thousand moths",
            "metric": "HOURS",
            "target": 1000,
            "start": "2026-01-01",
            "end": "2026-12-31",
            "repeats": None,
            "archived": False,
            "revision": "1",
            "status": "RUNNING",
            "milestones": [{"value": 1}, {"value": 10}, {"value": 1000}],
            "projects": [{"id": "11"}, {"id": "12"}],
            "workflows": None,
            "createdBy": {"login": "ada"},
            "progress": {"value": 0.0},
            "userGroup": {"id": group},
            "user": None,
        },
    }


async def test_what_is_left_out_is_filled_in_and_an_own_goal_needs_no_group(
    people: Village, stored: Database
) -> None:
    await store(stored, classification(1, "2026-06-01T09:00", user=2, workflow=101))
    given = {"metric": "CLASSIFICATIONS", "target": 10, "repeats": "WEEK"}
    within = {"workflowIds": ["101"]}
    made = await people.do("ben", "createGoal", FIELDS, **given, within=within)
    assert made["user"] == {"login": "ben"}
    assert made["userGroup"] is None
    goal = made["goal"]
    assert (goal["start"], goal["end"], goal["repeats"]) == ("2026-06-01", None, "WEEK")
    assert [one["value"] for one in goal["milestones"]] == [3, 5, 8, 10]
    assert (goal["projects"], goal["workflows"]) == (None, [{"id": "101"}])
    assert (goal["user"], goal["userGroup"]) == ({"login": "ben"}, None)
    assert goal["progress"] == {"value": 1.0}
    own = await people.ask("ben", "{ me { goals { id user { login } } } }")
    assert own["me"]["goals"] == [{"id": goal["id"], "user": {"login": "ben"}}]


async def test_what_is_left_out_stays_and_null_takes_away(people: Village) -> None:
    group, _ = await people.create()
    given = {"title": "Moths", "end": "2026-12-31", "milestones": [1, 2]}
    goal = await new_goal(people, groupId=group, **given)
    fields = "changed goal { title target end revision milestones { value } }"
    left = await people.do("ada", "updateGoal", fields, id=goal, target=2000)
    assert left["goal"] == {
        "title": "Moths",
        "target": 2000,
        "end": "2026-12-31",
        "revision": "2",
        "milestones": [{"value": 1}, {"value": 2}, {"value": 2000}],
    }
    kept = {"target": None, "start": None, "expectedRevision": None}
    same = await people.do("ada", "updateGoal", fields, id=goal, **kept)
    assert same == {"changed": False, "goal": left["goal"]}
    nothing = {"title": None, "end": None, "milestones": None, "expectedRevision": "2"}
    bare = await people.do("ada", "updateGoal", fields, id=goal, **nothing)
    assert bare["goal"] == {
        "title": None,
        "target": 2000,
        "end": None,
        "revision": "3",
        "milestones": [{"value": one} for one in (500, 1000, 1500, 2000)],
    }
    # Also where the document says null, and no variable.
    await people.do("ada", "updateGoal", fields, id=goal, title="Owls")
    document = f"mutation {{ updateGoal(input: {{id: {goal}, title: null}}) {{ {fields} }} }}"
    found = await people.ask("ada", document)
    assert found["updateGoal"]["goal"]["title"] is None
    code, path = await people.refused("ada", "updateGoal", id=goal, target=1, expectedRevision="2")
    assert (code, path) == ("CONFLICT", ["input", "expectedRevision"])


async def test_a_start_is_changed_before_it_has_come(people: Village) -> None:
    goal = await new_goal(people, start="2026-06-10", end="2026-06-30")
    fields = "changed goal { start status }"
    moved = await people.do("ada", "updateGoal", fields, id=goal, start="2026-06-01")
    assert moved["goal"] == {"start": "2026-06-01", "status": "RUNNING"}
    late = await people.refused("ada", "updateGoal", id=goal, start="2026-06-10")
    assert late == ("GOAL_INVALID", ["input", "start"])


async def test_goals_are_archived_taken_up_again_and_deleted(people: Village) -> None:
    group, _ = await people.create()
    goal = await new_goal(people, groupId=group)
    for given, archived, changed in (
        ({}, True, True),
        ({"archived": None}, True, False),
        ({"archived": False}, False, True),
    ):
        fields = "changed goal { archived }"
        done = await people.do("ada", "archiveGoal", fields, id=goal, **given)
        assert done == {"changed": changed, "goal": {"archived": archived}}
    code, path = await people.refused("ada", "deleteGoal", id=goal, expectedRevision="1")
    assert (code, path) == ("CONFLICT", ["input", "expectedRevision"])
    gone = await people.do("ada", "deleteGoal", "changed user { id } userGroup { id }", id=goal)
    assert gone == {"changed": True, "user": None, "userGroup": {"id": group}}
    assert (await people.ask("ada", GOALS % group))["userGroup"]["goals"] == []
    assert await people.error("ada", "deleteGoal", id=goal) == "NOT_FOUND"
    history = f"{{ userGroup(id: {group}) {{ history {{ nodes {{ kind summary }} }} }} }}"
    told = (await people.ask("ada", history))["userGroup"]["history"]["nodes"]
    kinds = [one["kind"] for one in told]
    assert kinds == ["GOAL_DELETED", *["GOAL_ARCHIVED"] * 2, "GOAL_CREATED", "CREATED"]
    own = await new_goal(people)
    gone = await people.do("ada", "deleteGoal", "changed user { id } userGroup { id }", id=own)
    assert gone == {"changed": True, "user": {"id": "1"}, "userGroup": None}


@pytest.mark.parametrize(
    ("given", "code", "path"),
    [
        ({"target": 0}, "GOAL_INVALID", ["target"]),
        ({"title": "two\nlines"}, "GOAL_INVALID", ["title"]),
        ({"within": {"projectIds": []}}, "GOAL_INVALID", ["within", "projectIds"]),
        ({"within": {"workflowIds": []}}, "GOAL_INVALID", ["within", "workflowIds"]),
        ({"milestones": []}, "GOAL_INVALID", ["milestones"]),
        ({"milestones": [2, 1]}, "GOAL_INVALID", ["milestones", "1"]),
        ({"start": "2026-01-02", "end": "2026-01-01"}, "GOAL_INVALID", ["end"]),
        ({"metric": "CONTRIBUTORS"}, "METRIC_UNAVAILABLE", ["metric"]),
    ],
)
async def test_what_no_goal_can_be_is_told_by_its_place(
    people: Village, given: dict[str, Any], code: str, path: list[str]
) -> None:
    said = {"metric": "HOURS", "target": 10, **given}
    assert await people.refused("ada", "createGoal", **said) == (code, ["input", *path])


async def test_projects_and_workflows_at_once_do_not_fit_the_schema(people: Village) -> None:
    both = {"projectIds": ["11"], "workflowIds": ["101"]}
    given = {"metric": "HOURS", "target": 10, "within": both}
    answer = await people.answer("ada", mutation("createGoal"), input=given)
    assert answer["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


async def test_others_change_no_goal_and_learn_of_none(people: Village) -> None:
    hidden, _ = await people.create("ada", "ben")
    public, _ = await people.create("ada", "ben", statsVisibility="PUBLIC_AGG_ONLY", name="public")
    goals = {
        "hidden": await new_goal(people, groupId=hidden),
        "public": await new_goal(people, groupId=public),
        "own": await new_goal(people),
        "unknown": "987654321",
    }
    for name in ("updateGoal", "archiveGoal", "deleteGoal"):
        told = {
            (who, which): await people.error(who, name, id=goal)
            for who in ("nobody", "cleo", "ben")
            for which, goal in goals.items()
        }
        assert told == {
            **{("nobody", which): "UNAUTHENTICATED" for which in goals},
            **{("cleo", which): "NOT_FOUND" for which in goals} | {("cleo", "public"): "FORBIDDEN"},
            ("ben", "hidden"): "FORBIDDEN",
            ("ben", "public"): "FORBIDDEN",
            ("ben", "own"): "NOT_FOUND",
            ("ben", "unknown"): "NOT_FOUND",
        }
        # Own goals are nobody else's business.
        assert await people.error("site", name, id=goals["own"]) == "NOT_FOUND"
    for group, code in ((hidden, "NOT_FOUND"), (public, "FORBIDDEN")):
        given = {"groupId": group, "metric": "HOURS", "target": 1}
        assert await people.error("cleo", "createGoal", **given) == code
    shown = (await people.ask("ada", GOALS % public))["userGroup"]["goals"]
    assert shown == [{"id": goals["public"], "revision": "1", "archived": False}]
    site = await people.do("site", "updateGoal", "goal { title }", id=goals["hidden"], title="Ours")
    assert site["goal"] == {"title": "Ours"}


async def test_buttons_are_for_whom_they_work(people: Village) -> None:
    group, _ = await people.create("ada", "ben", statsVisibility="PUBLIC_SHOW_ALL")
    may = f"{{ userGroup(id: {group}) {{ viewerPermissions {{ editGoals }} }} }}"
    told = {
        who: (await people.ask(who, may))["userGroup"]["viewerPermissions"]["editGoals"]
        for who in ("ada", "site", "ben", "cleo", "nobody")
    }
    assert told == {"ada": True, "site": True, "ben": False, "cleo": False, "nobody": False}


async def test_a_payload_shows_a_goal_as_of_its_commit(people: Village) -> None:
    group, _ = await people.create()
    goal = await new_goal(people, groupId=group)
    document = f"""mutation {{
        one: updateGoal(input: {{ id: {goal}, target: 10 }}) {{
            goal {{ target revision }} {ERRORS}
        }}
        two: updateGoal(input: {{ id: {goal}, target: 20 }}) {{
            goal {{ target revision }} userGroup {{ goals {{ target }} }}
        }}
    }}"""
    data = await people.ask("ada", document)
    assert data["one"] == {"goal": {"target": 10, "revision": "2"}, "userErrors": []}
    assert data["two"] == {
        "goal": {"target": 20, "revision": "3"},
        "userGroup": {"goals": [{"target": 20}]},
    }
