"""The history of a group: what was changed, by whom, and whom it happened to."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from enum import Enum

import strawberry

from gateway.arguments import read_page
from gateway.groups.history import ChangeKind
from gateway.groups.reading import NEWEST
from gateway.groups.reading import GroupChange as Change
from gateway.loaders.group_life import HistoryPage
from resolvers.arguments import given
from resolvers.connections import NODES, Connection, Edge, page_of
from resolvers.context import Info
from resolvers.cursors import cursor, read_cursor
from resolvers.instants import instant
from resolvers.lookahead import reaches, selects
from resolvers.rows import row
from resolvers.user import User, load_users

#: The default of `first`.
HISTORY_PAGE = 50
_ORDER = "history"


@strawberry.enum(description="What kind of change it was. More may come.")
class GroupChangeKind(Enum):
    """The kinds of changes that are recorded."""

    CREATED = strawberry.enum_value(ChangeKind.CREATED, description="The group was created.")
    RENAMED = strawberry.enum_value(ChangeKind.RENAMED, description="Its name or title changed.")
    LEVEL_CHANGED = strawberry.enum_value(
        ChangeKind.LEVEL_CHANGED, description="Who sees its stats changed."
    )
    JOINED = strawberry.enum_value(ChangeKind.JOINED, description="Somebody joined by the link.")
    LEFT = strawberry.enum_value(ChangeKind.LEFT, description="A member left.")
    REMOVED = strawberry.enum_value(ChangeKind.REMOVED, description="A member was removed.")
    INVITED = strawberry.enum_value(ChangeKind.INVITED, description="Somebody was invited.")
    INVITATION_ACCEPTED = strawberry.enum_value(
        ChangeKind.INVITATION_ACCEPTED, description="An invitation was accepted."
    )
    INVITATION_DECLINED = strawberry.enum_value(
        ChangeKind.INVITATION_DECLINED, description="An invitation was declined."
    )
    INVITATION_WITHDRAWN = strawberry.enum_value(
        ChangeKind.INVITATION_WITHDRAWN, description="An invitation was withdrawn."
    )
    ROLE_CHANGED = strawberry.enum_value(
        ChangeKind.ROLE_CHANGED, description="A member got another role."
    )
    LINK_ROTATED = strawberry.enum_value(
        ChangeKind.LINK_ROTATED, description="The join link was replaced."
    )
    LINK_CHANGED = strawberry.enum_value(
        ChangeKind.LINK_CHANGED,
        description="When the join link works was changed.",
    )
    DEACTIVATED = strawberry.enum_value(
        ChangeKind.DEACTIVATED, description="The group was deactivated."
    )
    REACTIVATED = strawberry.enum_value(
        ChangeKind.REACTIVATED, description="The group was reactivated."
    )
    TAKEN_OVER = strawberry.enum_value(
        ChangeKind.TAKEN_OVER,
        description="The gateway began to decide about the group.",
    )
    BACKFILLED = strawberry.enum_value(
        ChangeKind.BACKFILLED, description="Earlier work of members was counted."
    )
    GOAL_CREATED = strawberry.enum_value(ChangeKind.GOAL_CREATED, description="A goal was created.")
    GOAL_CHANGED = strawberry.enum_value(ChangeKind.GOAL_CHANGED, description="A goal was changed.")
    GOAL_ARCHIVED = strawberry.enum_value(
        ChangeKind.GOAL_ARCHIVED, description="A goal was archived, or taken up again."
    )
    GOAL_DELETED = strawberry.enum_value(ChangeKind.GOAL_DELETED, description="A goal was deleted.")


#: Each kind of change in a sentence without names.
_SENTENCES = {
    ChangeKind.CREATED: "Created the group.",
    ChangeKind.RENAMED: "Renamed the group.",
    ChangeKind.LEVEL_CHANGED: "Changed who may see the stats.",
    ChangeKind.JOINED: "Joined by the link.",
    ChangeKind.LEFT: "Left the group.",
    ChangeKind.REMOVED: "Removed a member.",
    ChangeKind.INVITED: "Invited a volunteer.",
    ChangeKind.INVITATION_ACCEPTED: "Accepted the invitation.",
    ChangeKind.INVITATION_DECLINED: "Declined the invitation.",
    ChangeKind.INVITATION_WITHDRAWN: "Withdrew an invitation.",
    ChangeKind.ROLE_CHANGED: "Changed the role of a member.",
    ChangeKind.LINK_ROTATED: "Replaced the join link.",
    ChangeKind.LINK_CHANGED: "Changed when the join link works.",
    ChangeKind.DEACTIVATED: "Deactivated the group.",
    ChangeKind.REACTIVATED: "Reactivated the group.",
    ChangeKind.TAKEN_OVER: "Took the group over from where it was loaded.",
    ChangeKind.BACKFILLED: "Counted earlier work of members.",
    ChangeKind.GOAL_CREATED: "Created a goal.",
    ChangeKind.GOAL_CHANGED: "Changed a goal.",
    ChangeKind.GOAL_ARCHIVED: "Archived a goal, or took it up again.",
    ChangeKind.GOAL_DELETED: "Deleted a goal.",
}


@strawberry.type(description="A change in the history of a group.")
class GroupChange:
    """One line of the history."""

    id: strawberry.ID = strawberry.field(
        description="Unique among all changes; later ones are greater."
    )
    at: datetime = strawberry.field(description="When it was done.")
    kind: GroupChangeKind = strawberry.field(description="What was done.")
    actor: User | None = strawberry.field(
        description="Who did it; null for the site's operators, and for accounts that were erased."
    )
    subject: User | None = strawberry.field(
        description="Whom it happened to; null if it was the group, and for accounts that were "
        "erased."
    )
    summary: str = strawberry.field(
        description="The change in one English sentence, without names."
    )


@row
@strawberry.type(description="A change, and where it stands in the history.")
class GroupChangeEdge(Edge[GroupChange]):
    """A change and its cursor."""


@strawberry.type(description="A page of the history of a group, newest first.")
class GroupChangeConnection(Connection[GroupChange, GroupChangeEdge]):
    """Changes by descending id."""

    total_count: int = strawberry.field(description="Changes on all pages.")


async def load_history(
    info: Info, group_id: int, first: int | None, after: str | None
) -> GroupChangeConnection:
    """A page of the history, with the names that the operation selects."""
    size = read_page(given(first, HISTORY_PAGE))
    (before,) = (NEWEST,) if after is None else read_cursor(after, _ORDER, int)
    assert isinstance(before, int)  # noqa: S101 - read as one
    loaders = info.context.loaders
    wanted = [HistoryPage(group_id, size + 1, before)]
    pages, lengths = await asyncio.gather(
        loaders.history.load_many(wanted if selects(info, beyond={"totalCount"}) else ()),
        loaders.history_lengths.load_many([group_id] if reaches(info, "totalCount") else ()),
    )
    page = page_of(pages[0] if pages else (), size, after, _cursor_of)
    nodes = await _load_changes(info, page.items)
    parts = page.parts(info, GroupChangeEdge, nodes)
    return GroupChangeConnection(**parts, total_count=lengths[0] if lengths else 0)


async def _load_changes(info: Info, changes: Sequence[Change]) -> list[GroupChange]:
    people = {one for change in changes for one in (change.actor_id, change.subject_id) if one}
    ids = sorted(people)
    paths = [(*path, role) for path in NODES for role in ("actor", "subject")]
    users: dict[int | None, User] = {}
    users |= zip(ids, await load_users(info, ids, *paths), strict=True)
    return [
        GroupChange(
            id=strawberry.ID(str(one.id)),
            at=instant(one.at),
            kind=GroupChangeKind(one.kind),
            actor=users.get(one.actor_id),
            subject=users.get(one.subject_id),
            summary=_SENTENCES[one.kind],
        )
        for one in changes
    ]


def _cursor_of(one: Change) -> str:
    return cursor(_ORDER, one.id)
