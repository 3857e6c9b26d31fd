"""Goals in copies: whose are replaced, which get other ids, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import orjson
import pytest

from gateway.changes.entity import SITE
from gateway.db import Database
from gateway.db.goal_tables import goal
from gateway.db.group_tables import group_change
from gateway.directory.erase_user import erase_user
from gateway.directory.load import load_directory
from gateway.directory.new_ids import IdKind, new_ids
from gateway.errors import UnreadableFile
from tests.copies import dumped, rows
from tests.logged import logged

AT = "2024-01-01T00:00:00Z"
GOAL = {
    "metric": "classifications",
    "target": 100,
    "start": "2024-01-01",
    "created_at": AT,
    "updated_at": AT,
    "revision": 1,
}
GROUPS = [{"id": number, "authority": "file", "revision": 1} for number in (7, 8)]


def goal_of(number: int, *, group: int | None = None, user: int | None = None, **said: Any) -> Any:
    owner = {"user_id": user} if group is None else {"user_group_id": group}
    return {"id": number, **owner, **GOAL, **said}


def copy(*goals: Any, groups: Any = GROUPS[:1], users: Any = (), **more: Any) -> dict[str, Any]:
    return {"user_groups": groups, "users": list(users), "goals": list(goals), **more}


async def load(database: Database, document: object) -> dict[str, Any]:
    return dict(await database.write(lambda one: load_directory(one, document)))


async def owners(database: Database) -> dict[int, tuple[int | None, int | None, str | None]]:
    return {row[0]: row[1:4] for row in await rows(database, goal)}


async def test_a_copy_says_all_goals_of_its_groups_and_users(database: Database) -> None:
    everything = copy(
        goal_of(1, group=7),
        goal_of(2, group=8),
        goal_of(3, user=1),
        goal_of(4, user=2),
        goal_of(5, user=3),
        groups=GROUPS,
    )
    await load(database, everything)

    async with logged(database) as changed:
        counts = await load(
            database,
            copy(
                goal_of(1, group=7, title="New"),
                goal_of(9, user=2),
                users=[{"id": 1}],
            ),
        )

    assert await owners(database) == {
        1: (7, None, "New"),
        2: (8, None, None),
        5: (None, 3, None),
        9: (None, 2, None),
    }
    assert counts["goals"] == (2, 2)
    assert changed == {
        SITE,
        ("user_group_record", 7),
        ("user_record", 1),
        ("user_record", 2),
    }


async def test_goals_stay_where_a_file_has_no_list_of_them(database: Database) -> None:
    await load(database, copy(goal_of(1, group=7), goal_of(2, user=1)))
    before = await rows(database, goal)
    without = copy(users=[{"id": 1, "login": "ada"}])
    del without["goals"]
    await load(database, without)
    await load(database, {"user_groups": [{"id": 7, "name": "other"}]})
    assert await rows(database, goal) == before
    # An empty list says that there are none, but not of groups of which a file only tells.
    await load(database, {"user_groups": [{"id": 7, "name": "other"}], "goals": []})
    assert await rows(database, goal) == before
    await load(database, copy(users=[{"id": 1}]))
    assert await rows(database, goal) == []


async def test_a_goal_whose_id_another_has_gets_a_new_one(database: Database) -> None:
    """One that no other goal of the copy has, and the history tells of it by the new id."""
    await load(database, copy(goal_of(3, group=8), goal_of(4, user=9), groups=GROUPS[1:]))
    changes = [
        {
            "id": number,
            "user_group_id": 7,
            "at": AT,
            "kind": kind,
            "details": {"goal": goal_id, "target": goal_id},
        }
        for number, kind, goal_id in (
            (1, "goal_created", 3),
            (2, "goal_changed", 5),
            (3, "renamed", 3),
        )
    ]
    mine = [goal_of(3, group=7), goal_of(5, group=7), goal_of(4, user=1)]
    await load(database, copy(*mine, group_changes=changes))

    assert await owners(database) == {
        3: (8, None, None),
        4: (None, 9, None),
        5: (7, None, None),
        6: (7, None, None),
        7: (None, 1, None),
    }
    told = [orjson.loads(row[-1]) for row in await rows(database, group_change)]
    assert told == [
        {"goal": 6, "target": 3},
        {"goal": 5, "target": 5},
        {"goal": 3, "target": 3},
    ]
    (new,) = await database.write(lambda one: new_ids(one, IdKind.GOAL))
    assert new > 7


async def test_a_goal_that_is_put_back_has_a_later_revision(database: Database) -> None:
    now = copy(goal_of(1, group=7, title="Now", revision=5))
    then = copy(goal_of(1, group=7, title="Then", revision=2))
    await load(database, now)
    for _ in range(2):
        await load(database, then)
        (row,) = await rows(database, goal)
        assert (row[3], row[-1]) == ("Then", 6)
    async with logged(database) as changed:
        assert (await load(database, then))["goals"].changed == 0
    assert changed == set()


async def test_who_was_erased_here_gets_no_goals_back(database: Database) -> None:
    await database.write(lambda one: erase_user(one, 1))
    await load(database, copy(goal_of(1, group=7, created_by=1), goal_of(2, user=1, created_by=1)))
    assert [(row[0], row[-3]) for row in await rows(database, goal)] == [(1, None)]


async def test_the_last_of_two_goals_with_one_id_holds(database: Database) -> None:
    await load(database, copy(goal_of(1, group=7, title="One"), goal_of(1, user=5, title="Two")))
    assert await owners(database) == {1: (None, 5, "Two")}


async def test_a_goal_of_a_group_that_is_gone_is_in_no_copy(database: Database) -> None:
    """And no new group gets its id, with the goals of another."""
    await load(
        database, copy(goal_of(1, group=7), goal_of(2, group=8), goal_of(3, user=1), groups=GROUPS)
    )

    def forget(connection: Any) -> None:
        connection.exec_driver_sql("DELETE FROM user_group WHERE id = 8")

    await database.write(forget)
    document = json.loads(await dumped(database))
    assert [one["id"] for one in document["goals"]] == [1, 3]
    (new,) = await database.write(lambda one: new_ids(one, IdKind.USER_GROUP))
    assert new == 9


async def test_a_hundred_goals_of_a_group(database: Database) -> None:
    hundred = [goal_of(number, group=7) for number in range(1, 101)]
    await load(database, copy(*hundred, goal_of(200, user=1), goal_of(200, user=1)))
    assert len(await rows(database, goal)) == 101
    for more, whose in ((goal_of(300, group=7), "a group"), (None, "a volunteer")):
        own = [goal_of(1_000 + number, user=1) for number in range(101)]
        goals = [*hundred, more] if more else own
        with pytest.raises(UnreadableFile) as refused:
            await load(database, copy(*goals))
        assert refused.value.message == (
            f"goals[100] cannot be used: {whose} has at most 100 goals."
        )


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (
            {"id": 0},
            ".id cannot be used: it is 0: an id is a whole number from 1 to 9223372036854775807.",
        ),
        (
            {"user_group_id": 9},
            ".user_group_id cannot be used: no entry of user_groups tells the"
            " authority of group 9.",
        ),
        (
            {"user_group_id": None},
            " cannot be used: it must have either a user_group_id or a user_id.",
        ),
        ({"user_id": 1}, " cannot be used: it must have either a user_group_id or a user_id."),
        (
            {"metric": "steps"},
            ".metric cannot be used: Input should be 'classifications', 'hours',"
            " 'contributors', 'projects', 'active_days' or 'comments'.",
        ),
        ({"metric": "comments"}, " cannot be used: a group has no goal of comments."),
        (
            {"user_group_id": None, "user_id": 1, "metric": "contributors"},
            " cannot be used: a volunteer has no goal of contributors.",
        ),
        (
            {"user_group_id": None, "user_id": 1, "metric": "comments", "workflow_ids": [1]},
            " cannot be used: comments belong to no workflow.",
        ),
        (
            {"project_ids": [1], "workflow_ids": [1]},
            " cannot be used: it has either project_ids or workflow_ids.",
        ),
        (
            {"project_ids": []},
            ".project_ids cannot be used: List should have at least 1 item after"
            " validation, not 0.",
        ),
        (
            {"workflow_ids": [*range(1, 102)]},
            ".workflow_ids cannot be used: List should have at most"
            " 100 items after validation, not 101.",
        ),
        (
            {"project_ids": [1, "x"]},
            ".project_ids[1] cannot be used: it is 'x': an id is a whole"
            " number from 1 to 9223372036854775807.",
        ),
        ({"target": 0}, ".target cannot be used: Input should be greater than or equal to 1."),
        ({"target": 1.5}, ".target cannot be used: it must be a whole number."),
        ({"target": True}, ".target cannot be used: it must be a whole number."),
        (
            {"target": 10**9 + 1},
            ".target cannot be used: Input should be less than or equal to 1000000000.",
        ),
        ({"milestones": [5, 5]}, " cannot be used: milestones must ascend below the target."),
        ({"milestones": [5, 100]}, " cannot be used: milestones must ascend below the target."),
        ({"milestones": []}, " cannot be used: milestones must ascend below the target."),
        (
            {"milestones": [*range(1, 12)]},
            ".milestones cannot be used: List should have at most 10"
            " items after validation, not 11.",
        ),
        (
            {"start": "2023-02-29"},
            ".start cannot be used: '2023-02-29' is not a valid date (YYYY-MM-DD).",
        ),
        ({"start": 19_000}, ".start cannot be used: 19000 is not a valid date (YYYY-MM-DD)."),
        (
            {"start": "20240101"},
            ".start cannot be used: '20240101' is not a valid date (YYYY-MM-DD).",
        ),
        (
            {"end": "2023-12-31"},
            " cannot be used: it must end on its start or within 10 years of it.",
        ),
        (
            {"end": "2034-01-03"},
            " cannot be used: it must end on its start or within 10 years of it.",
        ),
        (
            {"end": "2034-01-01", "repeats": "week"},
            " cannot be used: it has more than 520 periods.",
        ),
        ({"repeats": "day"}, ".repeats cannot be used: Input should be 'week' or 'month'."),
        (
            {"title": "a\0b"},
            ".title cannot be used: it contains NUL or a character that is not valid Unicode.",
        ),
        ({"archived": 1}, ".archived cannot be used: it must be true or false."),
        (
            {"revision": 2**63},
            ".revision cannot be used: Input should be less than or equal to 9223372036854775807.",
        ),
        ({"reached": True}, ".reached is not a key that is known."),
    ],
)
async def test_what_was_never_a_goal_is_refused(
    database: Database, said: dict[str, Any], sentence: str
) -> None:
    wrong = goal_of(1, group=7) | said
    with pytest.raises(UnreadableFile) as refused:
        await load(database, copy(wrong, goal_of(2, group=7)))
    assert refused.value.message == f"goals[0]{sentence}"
    assert await rows(database, goal) == []


async def test_the_longest_goals_that_there_are(database: Database) -> None:
    await load(
        database,
        copy(
            goal_of(1, group=7, end="2034-01-01"),
            goal_of(2, group=7, end="2024-01-01", milestones=[1, 99]),
            goal_of(3, group=7, end="2033-12-18", repeats="week"),
            goal_of(4, group=7, start="1990-01-01", repeats="week"),
        ),
    )
    assert len(await rows(database, goal)) == 4
