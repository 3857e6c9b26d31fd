"""What a front end shows on each page, put together from ERAS's answers as front ends do today.

Names come from the directory, where front ends ask Panoptes.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.rest.eras.served import GOLDEN, Gateway

Json = dict[str, Any]

DIRECTORY = json.loads((GOLDEN / "panoptes.json").read_text())
#: What the directory does not say of two workflows of project 11; 102 is complete.
WORKFLOWS = [
    {"id": 101, "project_id": 11, "display_name": "Workflow 101", "active": True}
    | {"subjects_count": 100, "retirement_count": 20, "completeness": 0.25},
    {"id": 102, "project_id": 11, "display_name": "Workflow 102", "active": False}
    | {"subjects_count": 10, "retirement_count": 5, "completeness": 1.0},
]

_PROJECTS = {one["id"]: one["display_name"] for one in DIRECTORY["projects"]}
_LOGINS = {one["id"]: one["login"] for one in DIRECTORY["users"]}
_GROUPS = {int(one["id"]): one for one in DIRECTORY["user_groups"]}


class Front:
    """A front end that a viewer looks at: it asks for REST and draws charts by ``period``."""

    def __init__(self, gateway: Gateway, viewer: str | int, period: str) -> None:
        self._gateway = gateway
        self.viewer = viewer
        self.period = period
        #: The calls that were made, ids in paths as ``{}``, each with the names of its parameters.
        self.made: set[tuple[str, frozenset[str]]] = set()

    def call(self, path: str, **params: object) -> Json:
        answer: Json = self._ask(path, params, 200)
        return answer

    def is_refused(self, path: str, **params: object) -> bool:
        return "error" in self._ask(path, params, 403)

    def my_stats(self, **params: object) -> Json:
        return self.call(f"/classifications/users/{self.viewer}", **params)

    def _ask(self, path: str, params: Mapping[str, object], status: int) -> Json:
        given = {name: str(value) for name, value in params.items() if value is not None}
        self.made.add((re.sub(r"\d+", "{}", path), frozenset(given)))
        response = self._gateway.get(path, self.viewer, params=given)
        assert response.status_code == status, response.text
        answer: Json = response.json()
        return answer


def group(front: Front, variables: Json) -> Json:
    path, days, chosen = _group_path(variables), _days(variables), _ids(variables)
    stats = front.call(path, **days, project_id=chosen, period=front.period, top_contributors=10)
    return {**_group_page(front, variables, stats), "top": _people(stats["top_contributors"])}


def group_without_individuals(front: Front, variables: Json) -> Json:
    path, days, chosen = _group_path(variables), _days(variables), _ids(variables)
    assert front.is_refused(path, **days, project_id=chosen, top_contributors=10)
    stats = front.call(path, **days, project_id=chosen, period=front.period)
    return {**_group_page(front, variables, stats), "top": "hidden"}


def _group_page(front: Front, variables: Json, stats: Json) -> Json:
    everywhere = front.call(_group_path(variables), **_days(variables))
    record, member = _GROUPS[int(variables["id"])], _memberships(front)[int(variables["id"])]
    contributions = _chosen(everywhere["project_contributions"], variables)
    return {
        "name": record["name"],
        "display name": record["display_name"],
        "visibility": record["stats_visibility"],
        "roles": [role.upper() for role in member["roles"]],
        "state": member["state"],
        "count": stats["total_count"],
        "seconds": stats["time_spent"],
        "people": stats["active_users"],
        "projects": len(contributions),
        "chart": _timed_chart(stats["data"]),
        "top projects": [_project(row) for row in contributions[:5]],
        "menu": [_PROJECTS[row["project_id"]] for row in everywhere["project_contributions"]],
    }


def group_cards(front: Front, _: Json) -> Json:
    return {
        _GROUPS[group_id]["display_name"]: {
            "roles": [role.upper() for role in member["roles"]],
            "count": stats["total_count"],
            "seconds": stats["time_spent"],
            "people": stats["active_users"],
            "projects": len(stats["project_contributions"]),
        }
        for group_id, member in _memberships(front).items()
        for stats in [front.call(f"/classifications/user_groups/{group_id}")]
    }


#: The same calls; what Panoptes says of invitations is not ERAS's.
my_groups = group_cards


def contributors(front: Front, variables: Json) -> Json:
    answer = front.call(_group_path(variables), individual_stats_breakdown="true")
    breakdown = answer["group_member_stats_breakdown"]
    members = [
        {
            "login": _LOGINS[row["user_id"]],
            "count": row["count"],
            "seconds": row["session_time"],
            "projects": [
                (*_project(one), one["session_time"]) for one in row["project_contributions"]
            ][: variables.get("projects", 3)],
        }
        for row in breakdown
    ]
    name = _GROUPS[int(variables["id"])]["display_name"]
    return {"group": name, "people": len(breakdown), "members": members}


def volunteer(front: Front, variables: Json) -> Json:
    days = _days(variables)
    everywhere = front.my_stats(**days, project_contributions="true")["project_contributions"]
    stats = front.my_stats(
        **days, project_id=_ids(variables), period=front.period, time_spent="true"
    )
    shown = _chosen(everywhere, variables)
    # Seconds by project are a call a project: the contributions of a user come without.
    seconds = [
        front.my_stats(**days, project_id=row["project_id"], time_spent="true")["time_spent"]
        for row in shown[:5]
    ]
    return {
        "login": _LOGINS[int(front.viewer)],
        "count": stats["total_count"],
        "seconds": stats["time_spent"],
        "projects": len(shown),
        "chart": _timed_chart(stats["data"]),
        "top projects": [
            (*_project(row), spent) for row, spent in zip(shown[:5], seconds, strict=True)
        ],
        "menu": [_PROJECTS[row["project_id"]] for row in everywhere],
    }


def home(front: Front, variables: Json) -> Json:
    asked = {"project_contributions": "true", "order_project_contributions_by": "recents"}
    ever = front.my_stats(**asked)
    week = front.my_stats(**asked, start_date=variables["monday"])
    recent = [row["project_id"] for row in ever["project_contributions"]][:10]
    # The day is a call a project: contributions are only in the order of their days.
    days = [front.my_stats(project_id=one, period="day")["data"][-1]["period"] for one in recent]
    return {
        "name": _LOGINS[int(front.viewer)],
        "count": ever["total_count"],
        "projects": len(ever["project_contributions"]),
        "recent": [(_PROJECTS[one], day[:10]) for one, day in zip(recent, days, strict=True)],
        "count of the week": week["total_count"],
        "projects of the week": len(week["project_contributions"]),
    }


def your_stats(front: Front, variables: Json) -> Json:
    path, project = f"/classifications/users/{front.viewer}/", variables["project"]
    week = front.call(path, **_days(variables), project_id=project, period="day")
    start = datetime.fromisoformat(variables["start"])
    days = [f"{start + timedelta(days=n):%Y-%m-%d}" for n in range(7)]
    counts = dict(_chart(week["data"]))
    return {
        "count of the week": week["total_count"],
        "chart": [(day, counts.get(day, 0)) for day in days],
        "count": front.call(path, project_id=project)["total_count"],
    }


def certificate(front: Front, variables: Json) -> Json:
    days = _days(variables)
    everywhere = front.my_stats(**days, project_contributions="true")["project_contributions"]
    stats = front.my_stats(**days, project_id=_ids(variables), time_spent="true")
    return {
        "login": _LOGINS[int(front.viewer)],
        "count": stats["total_count"],
        "seconds": stats["time_spent"],
        "projects": len(_chosen(everywhere, variables)),
    }


def project(front: Front, variables: Json) -> Json:
    asked = {**_days(variables), "project_id": variables["id"], "period": front.period}
    stats, comments = front.call("/classifications", **asked), front.call("/comments", **asked)
    more = {one["id"]: one for one in WORKFLOWS}
    records = [
        one | more.get(one["id"], {})
        for one in DIRECTORY["workflows"]
        if one["project_id"] == int(variables["id"])
    ]
    return {
        "name": _PROJECTS[int(variables["id"])],
        "count": stats["total_count"],
        "chart": _chart(stats["data"]),
        "comments": comments["total_count"],
        "comments chart": _chart(comments["data"]),
        "workflows": [
            {
                "name": one["display_name"],
                "active": one.get("active"),
                "completeness": one.get("completeness"),
                "days left": _days_left(front, one),
                "count": front.call("/classifications", **_days(variables), workflow_id=one["id"])[
                    "total_count"
                ],
            }
            for one in records
        ],
    }


def _days_left(front: Front, workflow: Json) -> int | None:
    if workflow.get("completeness", 1) == 1:
        return None
    today = datetime.now(UTC).date()
    recent = front.call(
        "/classifications",
        workflow_id=workflow["id"],
        start_date=today - timedelta(days=14),
        end_date=today - timedelta(days=1),
        period="day",
    )
    ever = front.call("/classifications", workflow_id=workflow["id"])
    subjects, limit = workflow["subjects_count"], workflow["retirement_count"]
    left: int = subjects - round(workflow["completeness"] * subjects)
    need = max(0, min(subjects * limit - ever["total_count"], left * limit))
    # The workflow began years ago.
    return math.ceil(need * 14 / recent["total_count"])


def site_counter(front: Front, _: Json) -> Json:
    return {"count": front.call("/classifications")["total_count"]}


def site_by_month(front: Front, variables: Json) -> Json:
    stats = front.call("/classifications", **_days(variables), period="month")
    return {"count": stats["total_count"], "chart": _chart(stats["data"])}


def _days(variables: Json) -> Json:
    days = variables.get("range", variables)
    return {"start_date": days.get("start"), "end_date": days.get("end")}


def _ids(variables: Json) -> str | None:
    chosen = _chosen_projects(variables)
    return None if chosen is None else ",".join(chosen)


def _chosen_projects(variables: Json) -> list[str] | None:
    within = variables.get("within")
    return None if within is None else list(within["projectIds"])


def _group_path(variables: Json) -> str:
    return f"/classifications/user_groups/{variables['id']}"


def _memberships(front: Front) -> dict[int, Json]:
    return {
        one["user_group_id"]: one
        for one in DIRECTORY["memberships"]
        if one["user_id"] == front.viewer and one["state"] == "active" and one["roles"]
    }


def _chosen(rows: Iterable[Json], variables: Json) -> list[Json]:
    """The contributions to the chosen projects, to all if none is."""
    projects = _chosen_projects(variables)
    return [row for row in rows if projects is None or str(row["project_id"]) in projects]


def _chart(rows: Iterable[Json]) -> list[tuple[str, int]]:
    return [(row["period"][:10], row["count"]) for row in rows]


def _timed_chart(rows: Iterable[Json]) -> list[tuple[str, int, float]]:
    return [(row["period"][:10], row["count"], row["session_time"]) for row in rows]


def _project(row: Json) -> tuple[str, int]:
    return _PROJECTS[row["project_id"]], row["count"]


def _people(rows: Iterable[Json]) -> list[tuple[str, int, float]]:
    return [(_LOGINS[row["user_id"]], row["count"], row["session_time"]) for row in rows]
