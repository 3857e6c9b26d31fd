"""Groups of the demo, which this gateway leads, and their goals."""

from __future__ import annotations

import time
from collections.abc import Mapping
from functools import partial
from typing import Any

from gateway.calendar import day_date, day_of
from gateway.cli.demo_roles import ADMIN
from gateway.cli.running import opened
from gateway.directory.backfill_members import backfill_members
from gateway.directory.load import load_directory
from gateway.directory.users import USER_IDS
from gateway.events.instants import format_instant
from gateway.groups.commands import UpdateJoinLink
from gateway.groups.configuration import configured_groups
from gateway.groups.reading import JOIN_LINKS_BY_GROUP, join_link_of
from gateway.groups.service import OPERATOR
from gateway.period import Period, period_start
from gateway.settings import Settings

#: A group whose members see totals and whose admin sees more, and a public group.
CLASSROOM, SHOWCASE = 1, 2
_GROUPS = {
    CLASSROOM: ("demo-classroom", "Demo classroom", "private_agg_only"),
    SHOWCASE: ("demo-showcase", "Demo showcase", "public_show_all"),
}
#: Weeks before this one, of the goal that repeats.
_WEEKS = 12


async def make_groups(settings: Settings, projects: Mapping[int, str]) -> str:
    """Create both groups, with all volunteers, and count their earlier work to the groups.

    Stores goals of each and names of projects. Returns the token of the classroom's join link.
    """
    async with opened(settings) as database:
        async with database.read() as snapshot:
            volunteers = [row.id for row in await snapshot.fetch(USER_IDS)]
        until = time.time_ns() // 1000
        document = _document(volunteers, projects, until)
        await database.write(lambda connection: load_directory(connection, document))
        for group_id in _GROUPS:
            await database.write(
                partial(backfill_members, group_id=group_id, user_ids=(), until_us=until)
            )
        service = configured_groups(settings, database)
        await service.run(UpdateJoinLink(CLASSROOM, rotate=True), OPERATOR)
        async with database.read() as snapshot:
            (link,) = await snapshot.fetch(JOIN_LINKS_BY_GROUP, {"ids": [CLASSROOM]})
        return join_link_of(link).token


def _document(
    volunteers: list[int], projects: Mapping[int, str], members_since: int
) -> dict[str, Any]:
    return {
        "projects": [
            {"id": project_id, "slug": f"demo/{_slug(name)}", "display_name": name}
            for project_id, name in projects.items()
        ],
        "user_groups": [
            {
                "id": group_id,
                "name": name,
                "display_name": display_name,
                "stats_visibility": level,
                "authority": "gateway",
            }
            for group_id, (name, display_name, level) in _GROUPS.items()
        ],
        "memberships": [
            {
                "user_id": user_id,
                "user_group_id": group_id,
                "state": "active",
                "roles": ["group_admin" if user_id == ADMIN.user_id else "group_member"],
            }
            for group_id in _GROUPS
            for user_id in volunteers
        ],
        "group_tenures": [
            {"user_group_id": group_id, "from": format_instant(0)} for group_id in _GROUPS
        ],
        "membership_spans": [
            {
                "user_id": user_id,
                "user_group_id": group_id,
                "from": format_instant(members_since),
            }
            for group_id in _GROUPS
            for user_id in volunteers
        ],
        "goals": _goals(members_since),
    }


def _goals(now: int) -> list[dict[str, Any]]:
    """Goals of each group: one reached long ago, one still open, and one that repeats."""
    beginning = "2016-01-01"
    this_week = period_start(day_of(now), Period.WEEK)
    lately = day_date(this_week - _WEEKS * 7).isoformat()
    goals: tuple[dict[str, Any], ...] = (
        {
            "title": "Our first thousand",
            "target": 1_000,
            "milestones": [100, 250, 500],
            "start": beginning,
        },
        {"title": "On to 2,500", "target": 2_500, "start": beginning},
        {"title": "25 every week", "target": 25, "start": lately, "repeats": "week"},
    )
    common = {
        "metric": "classifications",
        "created_at": format_instant(now),
        "created_by": ADMIN.user_id,
        "updated_at": format_instant(now),
        "revision": 1,
    }
    of_groups = [(group_id, goal) for group_id in _GROUPS for goal in goals]
    return [
        {"id": number, "user_group_id": group_id, **common, **goal}
        for number, (group_id, goal) in enumerate(of_groups, start=1)
    ]


def _slug(name: str) -> str:
    return name.lower().replace(" ", "-")
