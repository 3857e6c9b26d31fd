"""Groups of each level, and what is private about each: names and numbers that nothing else has.

Ids and roles are those of ``tests.authorization``, whose table says who may see what.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy import Connection

from gateway.db.group_tables import group_join_link
from gateway.db.upsert import replace_rows
from gateway.directory.load import load_directory
from gateway.events.event import Batch, Classification
from gateway.rollups.apply_batch import apply_batch
from tests.authorization.mission import Rule, exists, sees
from tests.authorization.people import MEMBERSHIPS, ended_group, open_group, private_group
from tests.certificates_of import code_of, made_certificate, write_certificates
from tests.events_of import HOUR_MS, comment, instant
from tests.goals_of import made_goal, write_goals

#: Who looks, as the mission's table calls them; and their ids.
ROLES = {
    "anonymous": None,
    "member": MEMBERSHIPS["member"][0],
    "group admin": MEMBERSHIPS["group admin"][0],
}
MEMBER, ADMIN, CERTIFIED = ROLES["member"], ROLES["group admin"], 3000
PROJECT, OTHER_PROJECT = 11, 12
GROUPS = [each(level) for each in (open_group, private_group, ended_group) for level in range(5)]


class Private(NamedTuple):
    """What is told of a group to some alone."""

    title: str
    goal: str
    token: str
    #: Who classified for it, what is called as nobody else; and who is invited.
    contributor: str
    login: str
    count: int
    seconds: int
    invited: str
    invited_login: str
    code: str


def private(group: int) -> Private:
    # Counts of one volunteer end with 1; those of whole groups with 6, or 5 in one project.
    count = 201 + 10 * GROUPS.index(group)
    return Private(
        f"Quillfeather {group}",
        f"Aim of {group}",
        f"{0xABCDEF00 + group:032x}",
        f"Secretive {group}",
        f"secretive{group}",
        count,
        count * (HOUR_MS // 1000 + group),
        f"Invitee {group}",
        f"invitee{group}",
        code_of(_contributor(group)),
    )


def _contributor(group: int) -> int:
    return 2000 + group


def _invited(group: int) -> int:
    return 2100 + group


def unseen(asking: str, group: int) -> Iterator[str | int]:
    """The names and numbers of a group that somebody may see nowhere."""
    told, known = private(group), exists(asking, group)

    def may(rule: Rule) -> bool:
        return known and sees(asking, rule, group=group, user=None)

    if not known:
        yield told.title
    if not may(Rule.AGGREGATES):
        # The member and the admin did five; one of these elsewhere, each for half an hour.
        half_an_hour = HOUR_MS // 2000
        yield from (told.goal, told.count + 5, told.count + 4, told.seconds + 5 * half_an_hour)
    if not may(Rule.INDIVIDUALS):
        yield from (told.contributor, told.login, told.count, told.seconds)
    if not may(Rule.GROUP_ADMINS):
        yield from (told.invited, told.invited_login)
    if not may(Rule.LEADERS):
        yield told.token
    # Certificates are their volunteer's own.
    yield told.code


def write_private(connection: Connection) -> None:
    load_directory(connection, _directory())
    batch = Batch(classifications=[*_classifications()])
    batch.comments.extend(comment(n, user=MEMBER, project=PROJECT) for n in (1, 2, 3))
    apply_batch(connection, batch)
    links = [(group, private(group).token, True, None, 0, None, 1) for group in GROUPS]
    replace_rows(connection, group_join_link, links)
    goals = [
        made_goal(one, group=one, title=private(one).goal, target=50, created_by=ADMIN)
        for one in GROUPS
    ]
    write_goals(connection, *goals, made_goal(99, user=MEMBER, target=2))
    volunteers = (MEMBER, CERTIFIED, *map(_contributor, GROUPS))
    write_certificates(connection, *(made_certificate(one, one) for one in volunteers))


def _directory() -> dict[str, object]:
    users = {MEMBER: "Mo", ADMIN: "Al", CERTIFIED: "Cy"}
    named = [(one, f"{name} {one}", f"{name.lower()}{one}") for one, name in users.items()]
    for group in GROUPS:
        told = private(group)
        named.append((_contributor(group), told.contributor, told.login))
        named.append((_invited(group), told.invited, told.invited_login))
    standings = [
        (MEMBER, "active", "group_member"),
        (ADMIN, "active", "group_admin"),
    ]
    return {
        "users": [{"id": one, "display_name": name, "login": login} for one, name, login in named],
        "projects": [
            {"id": PROJECT, "slug": "zoo/cats", "display_name": "Cats 11"},
            {"id": OTHER_PROJECT, "slug": "zoo/dogs", "display_name": "Dogs 12"},
        ],
        "workflows": [
            {"id": 101, "project_id": PROJECT, "display_name": "Tails 101", "completeness": 0.25},
            {"id": 102, "project_id": OTHER_PROJECT, "display_name": "Ears 102"},
        ],
        "user_groups": [
            {
                "id": group,
                "name": f"quillfeather-{group}",
                "display_name": private(group).title,
                "stats_visibility": group % 10,
                "private": group // 10 == 2,
                **({"state": "deleted"} if group // 10 == 3 else {}),
            }
            for group in GROUPS
        ],
        "memberships": [
            {"user_group_id": group, "user_id": user, "state": state, "roles": [role]}
            for group in GROUPS
            for user, state, role in (
                *standings,
                (_contributor(group), "active", "group_member"),
                (_invited(group), "invited", "group_member"),
            )
        ],
    }


def _classifications() -> Iterator[Classification]:
    january, february = instant("2024-01-10T12:00"), instant("2024-02-20T12:00")
    event = 0
    for group in GROUPS:
        for _ in range(private(group).count):
            event += 1
            session = HOUR_MS + group * 1000
            yield Classification(
                event, january, None, _contributor(group), PROJECT, 101, session, (group,)
            )
    # In each month somebody else did something as well: no total is that of a contributor.
    for user, at, project, workflow in (
        (MEMBER, january, PROJECT, 101),
        (MEMBER, february, PROJECT, 101),
        (MEMBER, february, OTHER_PROJECT, 102),
        (ADMIN, february, PROJECT, 101),
        (ADMIN, february, PROJECT, 101),
    ):
        event += 1
        yield Classification(event, at, None, user, project, workflow, HOUR_MS // 2, (*GROUPS,))
