"""What GraphQL must answer about a list of published events, counted one event at a time.

Nothing here is shared with the gateway.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, timedelta
from typing import Any

from tests.stream_events import (
    Event,
    groups_of,
    held,
    instant,
    project_of,
    seconds_of,
    user_of,
    workflow_of,
)

QUERY = """
query ($users: [ID!]!, $groups: [ID!]!, $projects: [ID!]!, $workflows: [ID!]!) {
  classifications { totalCount timeSpent anonymousCount buckets(period: DAY) { ...bucket } }
  comments { totalCount buckets(period: MONTH) { startsOn count } }
  usersByIds(ids: $users) {
    id
    classifications {
      totalCount timeSpent
      buckets(period: MONTH) { ...bucket }
      projectContributions { ...contribution }
    }
    comments { totalCount }
  }
  userGroupsByIds(ids: $groups) {
    id
    classifications {
      totalCount timeSpent activeUsers
      buckets(period: WEEK) { ...bucket }
      projectContributions { ...contribution }
      memberBreakdown(first: 1000) {
        nodes { user { id } count timeSpent projectContributions { ...contribution } }
      }
    }
  }
  projectsByIds(ids: $projects) {
    id
    classifications { totalCount timeSpent buckets(period: YEAR) { ...bucket } }
    comments { totalCount }
  }
  workflowsByIds(ids: $workflows) { id classifications { totalCount timeSpent } }
}
fragment bucket on PeriodBucket { startsOn count timeSpent }
fragment contribution on ProjectContribution { project { id } count timeSpent }
"""


class Answer:
    """What GraphQL must answer to QUERY about all that ``events`` name, also in older copies."""

    def __init__(self, events: Sequence[Event]) -> None:
        copies = held(events)
        self._comments = [event for event in copies if event["type"] == "comment"]
        self._all = [event for event in copies if event["type"] == "classification"]
        named = [event for event in events if event["type"] in ("classification", "comment")]
        work = [event for event in named if event["type"] == "classification"]
        self.variables = {
            "users": _in_order({user_of(event) for event in named}),
            "groups": _in_order({group for event in work for group in groups_of(event)}),
            "projects": _in_order({project_of(event) for event in named}),
            "workflows": _in_order({workflow_of(event) for event in work}),
        }

    @property
    def data(self) -> dict[str, Any]:
        """The answer's data."""
        return {
            "classifications": _totals(self._all)
            | {
                "anonymousCount": sum(user_of(event) is None for event in self._all),
                "buckets": _buckets(self._all, lambda day: day),
            },
            "comments": {
                "totalCount": len(self._comments),
                "buckets": [
                    {"startsOn": bucket["startsOn"], "count": bucket["count"]}
                    for bucket in _buckets(self._comments, lambda day: day.replace(day=1))
                ],
            },
            "usersByIds": [self._user(user) for user in self.variables["users"]],
            "userGroupsByIds": [self._group(group) for group in self.variables["groups"]],
            "projectsByIds": [self._project(project) for project in self.variables["projects"]],
            "workflowsByIds": [
                {
                    "id": workflow,
                    "classifications": _totals(
                        [event for event in self._all if workflow_of(event) == workflow]
                    ),
                }
                for workflow in self.variables["workflows"]
            ],
        }

    def _user(self, user: str) -> dict[str, Any]:
        own = [event for event in self._all if user_of(event) == user]
        months = _buckets(own, lambda day: day.replace(day=1))
        return {
            "id": user,
            "classifications": _totals(own)
            | {"buckets": months, "projectContributions": _contributions(own)},
            "comments": {"totalCount": sum(user_of(event) == user for event in self._comments)},
        }

    def _group(self, group: str) -> dict[str, Any]:
        own = [event for event in self._all if group in groups_of(event)]
        weeks = _buckets(own, lambda day: day - timedelta(days=day.weekday()))
        members = [
            {"user": {"id": user}, **_amount(theirs), "projectContributions": projects}
            for user, theirs in _ranked(own, user_of)
            for projects in [_contributions(theirs)]
        ]
        return {
            "id": group,
            "classifications": _totals(own)
            | {
                "activeUsers": len(members),
                "buckets": weeks,
                "projectContributions": _contributions(own),
                "memberBreakdown": {"nodes": members},
            },
        }

    def _project(self, project: str) -> dict[str, Any]:
        own = [event for event in self._all if project_of(event) == project]
        posts = sum(project_of(event) == project for event in self._comments)
        years = _buckets(own, lambda day: day.replace(month=1, day=1))
        return {
            "id": project,
            "classifications": _totals(own) | {"buckets": years},
            "comments": {"totalCount": posts},
        }


def _in_order(ids: Iterable[str | None]) -> list[str]:
    return sorted((one for one in ids if one is not None), key=int)


def _amount(events: Sequence[Event]) -> dict[str, Any]:
    return {"count": len(events), "timeSpent": sum(map(seconds_of, events), 0.0)}


def _totals(events: Sequence[Event]) -> dict[str, Any]:
    amount = _amount(events)
    return {"totalCount": amount["count"], "timeSpent": amount["timeSpent"]}


def _buckets(events: Iterable[Event], start: Callable[[date], date]) -> list[dict[str, Any]]:
    found: dict[date, list[Event]] = defaultdict(list)
    for event in events:
        found[start(instant(event["data"]["created_at"]).astimezone(UTC).date())].append(event)
    return [{"startsOn": day.isoformat(), **_amount(found[day])} for day in sorted(found)]


def _ranked(
    events: Iterable[Event], key: Callable[[Event], str | None]
) -> list[tuple[str | None, list[Event]]]:
    """The events by what they have in common: most first, then ascending by id."""
    found: dict[str | None, list[Event]] = defaultdict(list)
    for event in events:
        found[key(event)].append(event)
    return sorted(found.items(), key=lambda item: (-len(item[1]), int(item[0] or 0)))


def _contributions(events: Iterable[Event]) -> list[dict[str, Any]]:
    return [
        {"project": project and {"id": project}, **_amount(theirs)}
        for project, theirs in _ranked(events, project_of)
    ]
