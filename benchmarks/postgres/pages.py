"""The pages: how each server is asked, and how PostGraphile's answer becomes the others'.

PostGraphile derives its schema from the database, so that its answers have other names and
levels: 64-bit integers are strings there, and what an aggregate comes to stands beside it. Each
page has a function that moves values to where the others have them, and computes nothing but a
cursor and whether there is a next page.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, NamedTuple

import orjson

from benchmarks.peers import FOLDER
from benchmarks.postgres.database import GROUP, PROJECT, VIEWER
from benchmarks.question import PAGES as EXAMPLES
from benchmarks.question import Question, page

Json = dict[str, Any]

YEAR = {"start": "2025-01-01", "end": "2025-12-31"}
#: The last days that have events.
FORTNIGHT = {"start": "2025-12-18", "end": "2025-12-31"}
ROSTER, PROJECTS_EACH = 1_500, 8
_OWN = files("benchmarks.postgres")


class Page(NamedTuple):
    """A page as the gateway and Mercurius are asked for it, as PostGraphile is, and as REST."""

    operation: str
    question: Question
    postgraphile: Question
    shape: Callable[[Json], Json]
    #: ERAS's calls for the same figures; none where ERAS has none.
    rest: tuple[str, ...] = ()


def _sums(row: Json) -> Json:
    return {"count": int(row["n"]), "timeSpent": row["timeSpent"]}


def _totals(row: Json) -> Json:
    return {"totalCount": int(row["n"]), "timeSpent": row["timeSpent"]}


def _buckets(rows: list[Json]) -> list[Json]:
    return [{"startsOn": row["period"], **_sums(row)} for row in rows]


def _project(row: Json, *names: str) -> Json | None:
    known = {"id": row.get("projectId"), "slug": row.get("slug")}
    shown = {**known, "displayName": row["displayName"]}
    return None if row.get("projectId") == "0" else {name: shown[name] for name in names}


def _menu(rows: list[Json]) -> Json:
    return {
        "projectContributions": [{"project": _project(row, "id", "displayName")} for row in rows]
    }


def _user(row: Json) -> Json:
    return {"login": row["login"], "displayName": row["displayName"]}


def _group(data: Json) -> Json:
    group = data["userGroup"]
    membership = group["viewerMembership"]
    return {
        "userGroup": {
            "name": group["name"],
            "displayName": group["displayName"],
            "statsVisibility": group["statsVisibility"],
            "viewerMembership": membership
            and {
                "state": membership["state"].upper(),
                "roles": [role.upper() for role in orjson.loads(membership["roles"])],
            },
            "classifications": {
                **_totals(group["totals"]),
                "activeUsers": group["totals"]["activeUsers"],
                "projectCount": group["totals"]["projectCount"],
                "buckets": _buckets(group["buckets"]),
                "projectContributions": [
                    {"project": _project(row, "id", "slug", "displayName"), "count": int(row["n"])}
                    for row in group["projects"]
                ],
                "topContributors": [{"user": _user(row), **_sums(row)} for row in group["members"]],
            },
            "menu": _menu(group["menu"]),
        }
    }


def _contributors(data: Json) -> Json:
    group = data["userGroup"]
    members, total = group["members"], group["totals"]["activeUsers"]
    last = members[-1]
    return {
        "userGroup": {
            "displayName": group["displayName"],
            "classifications": {
                "memberBreakdown": {
                    "totalCount": total,
                    "pageInfo": {
                        "hasNextPage": len(members) < total,
                        "endCursor": base64.b64encode(
                            orjson.dumps(["count", int(last["n"]), int(last["userId"])])
                        ).decode(),
                    },
                    "nodes": [
                        {
                            "user": _user(member),
                            **_sums(member),
                            "projectContributions": [
                                {"project": _project(row, "displayName"), **_sums(row)}
                                for row in member["projects"]
                            ],
                        }
                        for member in members
                    ],
                }
            },
        }
    }


def _volunteer(data: Json) -> Json:
    volunteer = data["volunteer"]
    return {
        "me": {
            **_user(volunteer),
            "classifications": {
                **_totals(volunteer["totals"]),
                "projectCount": volunteer["totals"]["projectCount"],
                "buckets": _buckets(volunteer["buckets"]),
                "projectContributions": [
                    {"project": _project(row, "id", "slug", "displayName"), **_sums(row)}
                    for row in volunteer["projects"]
                ],
            },
            "menu": _menu(volunteer["menu"]),
        }
    }


def _workflows(data: Json) -> Json:
    project = data["project"]
    return {
        "project": {
            "displayName": project["displayName"],
            "classifications": _totals(project["totals"]),
            "workflows": {"nodes": [_workflow(one) for one in project["workflows"]]},
        }
    }


def _workflow(workflow: Json) -> Json:
    days = workflow["days"]
    return {
        "id": workflow["rowId"],
        "displayName": workflow["displayName"],
        "active": workflow["active"],
        "completeness": workflow["completeness"],
        "classifications": {"totalCount": int(workflow["totals"]["n"])},
        "recent": {
            "buckets": [{"startsOn": day["period"], "count": int(day["n"])} for day in days]
        },
    }


def _site(data: Json) -> Json:
    months = [{"startsOn": row["period"], **_sums(row)} for row in data["months"]]
    return {"classifications": {**_totals(data["totals"]), "buckets": months}}


def _page(
    name: str,
    operation: str,
    shape: Callable[[Json], Json],
    *rest: str,
    asked: Json,
    viewer: Json | None = None,
    folder: Traversable = EXAMPLES,
) -> Page:
    return Page(
        operation,
        page(name, operation, asked, folder),
        page(name, operation, asked | (viewer or {}), FOLDER / "postgres" / "operations"),
        lambda answer: {"data": shape(answer["data"])},
        rest,
    )


_DAYS = "start_date={start}&end_date={end}".format(**YEAR)
_GROUP_PATH = f"/classifications/user_groups/{GROUP}"
PAGES = (
    _page(
        "group page",
        "group",
        _group,
        f"{_GROUP_PATH}?{_DAYS}&period=month&top_contributors=10",
        f"{_GROUP_PATH}?{_DAYS}",
        asked={"id": str(GROUP), **YEAR},
        viewer={"viewer": str(VIEWER)},
    ),
    _page(
        "roster of 1,500",
        "contributors",
        _contributors,
        f"{_GROUP_PATH}?individual_stats_breakdown=true",
        asked={"id": str(GROUP), "first": ROSTER, "projects": PROJECTS_EACH},
    ),
    _page(
        "user page",
        "volunteer",
        _volunteer,
        f"/classifications/users/{VIEWER}?{_DAYS}&period=month&time_spent=true",
        f"/classifications/users/{VIEWER}?{_DAYS}&project_contributions=true",
        asked=YEAR,
        viewer={"viewer": str(VIEWER)},
    ),
    _page(
        "twenty workflows of a project",
        "project_workflows",
        _workflows,
        f"/classifications?project_id={PROJECT}",
        "/classifications?workflow_id=10&start_date={start}&end_date={end}&period=day".format(
            **FORTNIGHT
        ),
        asked={"id": str(PROJECT), **FORTNIGHT},
        folder=_OWN,
    ),
    _page("site page", "site_by_month", _site, "/classifications?period=month", asked={}),
)
