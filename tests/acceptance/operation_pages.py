"""What a front end shows on each page, from the data of the page's one operation."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

Json = dict[str, Any]


def group(data: Json) -> Json:
    page = data["userGroup"]
    stats = page["classifications"]
    people = stats["topContributors"]
    return {
        "name": page["name"],
        "display name": page["displayName"],
        "visibility": page["statsVisibility"].lower(),
        "roles": page["viewerMembership"]["roles"],
        "state": page["viewerMembership"]["state"].lower(),
        "count": stats["totalCount"],
        "seconds": stats["timeSpent"],
        "people": stats["activeUsers"],
        "projects": stats["projectCount"],
        "chart": _timed_chart(stats["buckets"]),
        "top projects": [_project(one) for one in stats["projectContributions"]],
        "top": "hidden" if people is None else [_person(one) for one in people],
        "menu": _menu(page),
    }


def group_cards(data: Json) -> Json:
    return {
        card["group"]["displayName"]: {
            "roles": card["roles"],
            "count": stats["totalCount"],
            "seconds": stats["timeSpent"],
            "people": stats["activeUsers"],
            "projects": stats["projectCount"],
        }
        for card in data["me"]["memberships"]["nodes"]
        for stats in [card["group"]["classifications"]]
    }


my_groups = group_cards


def contributors(data: Json) -> Json:
    page = data["userGroup"]
    breakdown = page["classifications"]["memberBreakdown"]
    members = [
        {
            "login": node["user"]["login"],
            "count": node["count"],
            "seconds": node["timeSpent"],
            "projects": [
                (*_project(one), one["timeSpent"]) for one in node["projectContributions"]
            ],
        }
        for node in breakdown["nodes"]
    ]
    return {"group": page["displayName"], "people": breakdown["totalCount"], "members": members}


def volunteer(data: Json) -> Json:
    stats = data["me"]["classifications"]
    return {
        "login": data["me"]["login"],
        "count": stats["totalCount"],
        "seconds": stats["timeSpent"],
        "projects": stats["projectCount"],
        "chart": _timed_chart(stats["buckets"]),
        "top projects": [
            (*_project(one), one["timeSpent"]) for one in stats["projectContributions"]
        ],
        "menu": _menu(data["me"]),
    }


def home(data: Json) -> Json:
    ever, week = data["me"]["allTime"], data["me"]["thisWeek"]
    return {
        "name": data["me"]["displayName"],
        "count": ever["totalCount"],
        "projects": ever["projectCount"],
        "recent": [
            (one["project"]["displayName"], one["lastContributedOn"])
            for one in ever["projectContributions"]
        ],
        "count of the week": week["totalCount"],
        "projects of the week": week["projectCount"],
    }


def your_stats(data: Json) -> Json:
    week = data["me"]["lastSevenDays"]
    return {
        "count of the week": week["totalCount"],
        "chart": _chart(week["buckets"]),
        "count": data["me"]["allTime"]["totalCount"],
    }


def certificate(data: Json) -> Json:
    stats = data["me"]["classifications"]
    return {
        "login": data["me"]["login"],
        "count": stats["totalCount"],
        "seconds": stats["timeSpent"],
        "projects": stats["projectCount"],
    }


def project(data: Json) -> Json:
    page = data["project"]
    return {
        "name": page["displayName"],
        "count": page["classifications"]["totalCount"],
        "chart": _chart(page["classifications"]["buckets"]),
        "comments": page["comments"]["totalCount"],
        "comments chart": _chart(page["comments"]["buckets"]),
        "workflows": [
            {
                "name": one["displayName"],
                "active": one["active"],
                "completeness": one["completeness"],
                "days left": one["estimatedDaysToCompletion"],
                "count": one["classifications"]["totalCount"],
            }
            for one in page["workflows"]["nodes"]
        ],
    }


def site_counter(data: Json) -> Json:
    return {"count": data["classifications"]["totalCount"]}


def site_by_month(data: Json) -> Json:
    stats = data["classifications"]
    return {"count": stats["totalCount"], "chart": _chart(stats["buckets"])}


def _chart(buckets: Iterable[Json]) -> list[tuple[str, int]]:
    return [(one["startsOn"], one["count"]) for one in buckets]


def _timed_chart(buckets: Iterable[Json]) -> list[tuple[str, int, float]]:
    return [(one["startsOn"], one["count"], one["timeSpent"]) for one in buckets]


def _project(one: Json) -> tuple[str, int]:
    return one["project"]["displayName"], one["count"]


def _person(one: Json) -> tuple[str, int, float]:
    return one["user"]["login"], one["count"], one["timeSpent"]


def _menu(page: Json) -> list[str]:
    return [one["project"]["displayName"] for one in page["menu"]["projectContributions"]]
