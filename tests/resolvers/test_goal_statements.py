"""Goals on a page take at most five statements, whatever they count and however many they are."""

from __future__ import annotations

from itertools import cycle, islice, product

import pytest
from sqlalchemy import Connection

from gateway.auth.viewer import Viewer
from gateway.db import Database
from gateway.directory.goals import Goal
from gateway.directory.load import load_directory
from gateway.loaders.operation import Operation
from gateway.period import Period
from gateway.stats.goals.metric import GoalMetric
from resolvers.schema import graphql_schema
from tests.asking import NOW, ask
from tests.events_of import classification, comment, store
from tests.executing import count_fallbacks, executed
from tests.goals_of import made_goal, store_goals

GROUPS, EACH = range(1, 21), 20
#: The most that goals may add to a page.
MOST = 5

EVERYTHING = """id title metric target start end repeats archived createdAt revision status streak
    userGroup { id name } user { id login } createdBy { id login displayName }
    projects { id slug } workflows { id displayName active }
    progress { value share remaining reachedOn daysLeft perDay neededPerDay expectedOn }
    milestones { value share reachedOn } periods { start end value reached reachedOn }
    viewerContribution { value share reachedOn }
    contributors { count timeSpent user { id login displayName } }"""
LISTED = {
    "all": "",
    "by status": "(statuses: [RUNNING, REACHED, ENDED], includeArchived: true)",
    "reached": "(statuses: [REACHED])",
}
#: Pages without goals, and where the goals go.
PAGES = {
    "cards": "{{ userGroupsByIds(ids: [{}]) {{ id name {} }} }}",
    "cards with totals": (
        "{{ userGroupsByIds(ids: [{}]) {{ id classifications {{ totalCount }} {} }} }}"
    ),
    "one's own groups": "{{ me {{ memberships {{ nodes {{ group {{ id {1} }} }} }} {1} }} }}",
    "a volunteer": "{{ user(id: 1) {{ id {1} }} }}",
}
FILTERS: tuple[dict[str, tuple[int, ...]], ...] = (
    {},
    {"project_ids": (11, 12)},
    {"project_ids": (12,)},
    {"workflow_ids": (101,)},
)
VIEWER = Viewer(id=1)


def goals_of(first: int, **of: int) -> list[Goal]:
    """Twenty goals: of each metric there is, with each kind of filter, some of which repeat."""
    left_out = GoalMetric.COMMENTS if "group" in of else GoalMetric.CONTRIBUTORS
    metrics = [one for one in GoalMetric if one is not left_out]
    shapes = [
        (metric, narrowed)
        for metric, narrowed in product(metrics, FILTERS)
        if metric is not GoalMetric.COMMENTS or "workflow_ids" not in narrowed
    ]
    repeats = cycle([None, None, None, Period.WEEK, None, Period.MONTH, None])
    return [
        made_goal(
            first + place,
            **of,
            metric=metric,
            target=2,
            start_day="2019-05-01",
            repeats=next(repeats),
            created_by=1 + place % 3,
            **narrowed,
        )
        for place, (metric, narrowed) in enumerate(islice(cycle(shapes), EACH))
    ]


@pytest.fixture(autouse=True)
async def filled(database: Database) -> None:
    """Twenty groups whose members did something in years that lie apart."""

    def load(connection: Connection) -> None:
        member = {"state": "active", "roles": ["group_admin"]}
        document = {
            "users": [{"id": one, "login": f"user-{one}"} for one in (1, 2, 3)],
            "user_groups": [{"id": one, "name": f"group-{one}"} for one in GROUPS],
            "memberships": [{"user_id": 1, "user_group_id": one} | member for one in GROUPS],
            "projects": [{"id": one, "slug": f"zoo/{one}"} for one in (11, 12)],
            "workflows": [{"id": 101, "project_id": 11}],
        }
        load_directory(connection, document)

    await database.write(load)
    days = ("2019-06-01", "2021-07-09", "2022-01-31", "2024-02-29")
    await store(
        database,
        *(
            classification(n, f"{one}T12:00", user=user, project=11 + n % 2, groups=tuple(GROUPS))
            for n, (one, user) in enumerate(product(days, (1, 2, 3)), 1)
        ),
        *(comment(n, f"{one}T12:00", user=1) for n, one in enumerate(days, 1)),
    )


@pytest.mark.parametrize("page", PAGES)
async def test_four_hundred_goals_add_as_many_statements_as_one(
    database: Database, page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fallbacks = count_fallbacks(monkeypatch)

    def written(groups: range, goals: str) -> str:
        return PAGES[page].format(", ".join(map(str, groups)), goals)

    async def statements(groups: range, goals: str) -> int:
        async with Operation(database, VIEWER, NOW) as operation:
            result = await executed(graphql_schema, written(groups, goals), None, operation)
            assert not result.errors
            return operation.snapshot.statements

    one, everything = range(1, 2), GROUPS
    without = {groups: await statements(groups, "") for groups in (one, everything)}
    asking = {name: f"goals{arguments} {{ {EVERYTHING} }}" for name, arguments in LISTED.items()}
    # One goal whose thresholds lie in different years, to begin with.
    await store_goals(database, goals_of(1, group=1)[0], *(goals_of(9001, user=1)[:1]))
    alone = {name: await statements(one, goals) - without[one] for name, goals in asking.items()}
    for group in GROUPS:
        await store_goals(database, *goals_of(100 * group, group=group))
    await store_goals(database, *goals_of(9001, user=1))
    added = {
        name: await statements(everything, goals) - without[everything]
        for name, goals in asking.items()
    }
    assert added == alone
    assert max(added.values()) <= MOST
    # A page that reads something already has place for the goals beside it.
    assert added["all"] <= MOST - 1
    together = " ".join(f"g{n}: {goals}" for n, goals in enumerate(asking.values()))
    assert await statements(everything, together) - without[everything] <= MOST
    assert fallbacks == [], "executed by graphql-core"


async def test_goals_that_are_only_listed_read_nothing_of_what_is_counted(
    database: Database,
) -> None:
    await store_goals(database, *goals_of(1, group=1))
    for fields, statements in (
        ("id title metric target start end repeats userGroup { name }", 2),
        ("projects { id } workflows { id } createdBy { id }", 2),
        ("projects { slug } createdBy { login }", 3),
        ("contributors { count user { id } }", 3),
        ("contributors { user { login } }", 4),
        # All of what repeats, and active days, are read by day at once.
        ("status progress { value } viewerContribution { value }", 5),
    ):
        document = f"{{ userGroup(id: 1) {{ goals {{ {fields} }} }} }}"
        assert (await ask(database, document, viewer=VIEWER)).statements == statements, fields
