"""The data that every server of this benchmark keeps in memory: one JSON file, always the same.

The viewer is volunteer 1, a member of all groups. Group 1 has 1,500 members, each of whom worked
in 8 of the 40 projects; the other groups have their totals. Whatever is filtered by days is kept
under its range: ``all``, or ``start/end``.
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import orjson

VIEWER = 1
GROUPS, MEMBERS, PROJECTS, PROJECTS_EACH = 20, 1_500, 40, 8
YEAR = {"start": "2025-01-01", "end": "2025-12-31"}
RANGES = ("all", f"{YEAR['start']}/{YEAR['end']}")


def write_data(file: Path) -> None:
    """Write the file; one that is there is overwritten."""
    file.write_bytes(orjson.dumps(_data(random.Random(7)), option=orjson.OPT_INDENT_2))


def _data(chance: random.Random) -> dict[str, Any]:
    users = range(1, MEMBERS + 1)
    return {
        "viewer": VIEWER,
        "users": [
            {"id": user, "login": f"volunteer-{user}", "displayName": f"Volunteer № {user}"}
            for user in users
        ],
        "projects": [
            {
                "id": project,
                "slug": f"observatory/survey-{project}",
                "displayName": f"Survey {project}",
            }
            for project in range(1, PROJECTS + 1)
        ],
        "groups": [
            {
                "id": group,
                "name": f"group-{group}",
                "displayName": f"Group {group}",
                "statsVisibility": "PUBLIC_SHOW_ALL",
            }
            for group in range(1, GROUPS + 1)
        ],
        "memberships": [
            {"userId": VIEWER, "groupId": group, "state": "ACTIVE", "roles": ["group_member"]}
            for group in range(1, GROUPS + 1)
        ],
        "stats": [
            _stats(chance, group, range_) for range_ in RANGES for group in range(1, GROUPS + 1)
        ],
    }


def _stats(chance: random.Random, group: int, range_: str) -> dict[str, Any]:
    """What a group did in a range; sums agree with their parts."""
    users = range(1, (MEMBERS if group == 1 else 30) + 1)
    members = [_member(chance, user) for user in users]
    members.sort(key=lambda member: (-member["n"], member["userId"]))
    projects: dict[int, list[int]] = {}
    for member in members:
        for project, n, ms in member["projects"]:
            sums = projects.setdefault(project, [0, 0])
            sums[0] += n
            sums[1] += ms
    total = sum(n for n, _ in projects.values())
    return {
        "groupId": group,
        "range": range_,
        "n": total,
        "ms": sum(ms for _, ms in projects.values()),
        "activeUsers": len(members),
        "buckets": [
            [f"2025-{month:02}-01", total // 12 + month, chance.randrange(10**9)]
            for month in range(1, 13)
        ],
        "projects": _most_first([[key, *sums] for key, sums in projects.items()]),
        "members": members,
    }


def _member(chance: random.Random, user: int) -> dict[str, Any]:
    projects = _most_first(
        [
            [project, chance.randrange(1, 5_000), chance.randrange(10**8)]
            for project in chance.sample(range(1, PROJECTS + 1), PROJECTS_EACH)
        ]
    )
    return {
        "userId": user,
        "n": sum(n for _, n, _ in projects),
        "ms": sum(ms for _, _, ms in projects),
        "projects": projects,
    }


def _most_first(rows: list[list[int]]) -> list[list[int]]:
    return sorted(rows, key=lambda row: (-row[1], row[0]))
