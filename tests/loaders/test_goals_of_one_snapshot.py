"""In one answer goals and statistics over the same days never disagree, whoever writes."""

from __future__ import annotations

import asyncio
from itertools import count
from typing import Any

from gateway.changes.feed import ChangeFeed
from gateway.db import Database, open_database
from gateway.directory.load import load_directory
from gateway.loaders.cache import ReadCache
from gateway.loaders.operation import Operation
from gateway.stats.goals.metric import GoalMetric
from resolvers.schema import graphql_schema
from tests.asking import ADMIN, NOW
from tests.events_of import classification, comment, store
from tests.executing import executed
from tests.goals_of import made_goal, store_goals

DIRECTORY = {
    "users": [{"id": one, "login": f"user-{one}"} for one in (1, 2, 3)],
    "user_groups": [{"id": one, "name": f"group-{one}"} for one in (501, 502)],
}
GOALS = "goals { metric target progress { value share remaining } milestones { value reachedOn } }"
RANGE = '(range: { start: "2020-01-01", end: "2024-03-31" })'
STATS = f"""classifications{RANGE} {{
    totalCount timeSpent projectCount buckets(period: DAY) {{ count }}
}}"""
ACTIVE = f"active: classifications{RANGE} {{ activeUsers }}"
COMMENTS = f"comments{RANGE} {{ totalCount }}"
#: What stands first may be read first.
DOCUMENTS = tuple(
    f"{{ userGroupsByIds(ids: [501, 502]) {{ {' '.join(fields)} {ACTIVE} }}"
    f" user(id: 1) {{ {' '.join(fields)} {COMMENTS} }} }}"
    for fields in ((GOALS, STATS), (STATS, GOALS))
)


def agree(subject: dict[str, Any]) -> None:
    """Whether each goal is where the statistics are."""
    stats = subject["classifications"]
    assert sum(one["count"] for one in stats["buckets"]) == stats["totalCount"]
    expected = {
        "CLASSIFICATIONS": stats["totalCount"],
        "HOURS": stats["timeSpent"] / 3600,
        "CONTRIBUTORS": subject.get("active", {}).get("activeUsers"),
        "PROJECTS": stats["projectCount"],
        "ACTIVE_DAYS": len(stats["buckets"]),
        "COMMENTS": subject.get("comments", {}).get("totalCount"),
    }
    for goal in subject["goals"]:
        value = goal["progress"]["value"]
        assert value == expected[goal["metric"]], goal["metric"]
        assert goal["progress"]["remaining"] == max(0, goal["target"] - value)
        for one in goal["milestones"]:
            assert (one["reachedOn"] is not None) == (value >= one["value"])


async def test_goals_and_statistics_rest_on_one_state(
    database: Database, database_url: str
) -> None:
    await database.write(lambda connection: load_directory(connection, DIRECTORY))
    days = {"start_day": "2020-01-01", "end_day": "2024-03-31", "target": 40}
    metrics = [*GoalMetric]
    await store_goals(
        database,
        *(
            made_goal(100 * place + number, group=group, metric=metric, **days)
            for number, metric in enumerate(metrics, 1)
            if metric is not GoalMetric.COMMENTS
            for place, group in ((1, 501), (2, 502))
        ),
        *(
            made_goal(number, user=1, metric=metric, **days)
            for number, metric in enumerate(metrics, 1)
            if metric is not GoalMetric.CONTRIBUTORS
        ),
    )
    stopped = asyncio.Event()

    async def write() -> None:
        for number in count():
            batch = [
                classification(
                    event,
                    # Some come later, and change what was there.
                    f"202{number % 5}-0{1 + event % 3}-1{number % 7}T12:00",
                    updated=number,
                    user=1 + event % 3,
                    project=11 + number % 3,
                    groups=(501, 502)[: number % 3],
                    session_ms=900_000 * (number % 5),
                )
                for event in range(number, number + 5)
            ]
            await store(database, *batch, comment(number + 1, f"2021-0{1 + number % 9}-01T12:00"))
            if stopped.is_set():
                return

    async def ask(one: Database, cache: ReadCache | None, feed: ChangeFeed, number: int) -> str:
        document = DOCUMENTS[number % len(DOCUMENTS)]
        async with Operation(one, ADMIN, NOW, cache=cache, feed=feed) as operation:
            result = await executed(graphql_schema, document, None, operation)
        assert not result.errors
        assert result.data is not None
        for subject in (*result.data["userGroupsByIds"], result.data["user"]):
            agree(subject)
        return str(result.data)

    async with open_database(database_url) as one, ChangeFeed(one) as feed:
        cache = ReadCache(1_000_000)
        writing = asyncio.create_task(write())
        answers = set()
        for number in range(60):
            for using in (None, cache):
                answers.add(await ask(one, using, feed, number))
        stopped.set()
        await writing
    # The writer was at work all the time.
    assert len(answers) > 20
