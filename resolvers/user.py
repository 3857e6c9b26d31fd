"""A volunteer."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Self

import strawberry

from gateway.arguments import read_id, read_page
from gateway.directory import memberships as directory
from gateway.directory import users
from gateway.stats.subject import Kind, Question
from resolvers.arguments import given
from resolvers.comment_stats import UserCommentStats
from resolvers.connections import AfterArgument, PageArgument, page_of, paged
from resolvers.context import Info
from resolvers.cursors import place_cursor, read_place
from resolvers.guards import Guard, GuardRule
from resolvers.lookahead import selects
from resolvers.ranges import RangeArgument
from resolvers.rows import Row, made, row
from resolvers.scopes import (
    ProjectIdsArgument,
    ScopeArgument,
    classifications_in,
    comments_in,
)
from resolvers.statistics import UserStats

if TYPE_CHECKING:
    from resolvers.membership import MembershipConnection

#: What `first` is where it is left out or null.
MEMBERSHIPS_PAGE = 100


@row
@strawberry.federation.type(keys=["id"], description="A volunteer with an account.")
class User(Row):
    """Names are null where the directory has none, or where the operation selects none."""

    id: strawberry.ID = strawberry.field(
        description="The number that Panoptes gave them; unique among users."
    )
    login: str | None = strawberry.field(
        description="The name they sign in with, as in URLs; null if not known."
    )
    display_name: str | None = strawberry.field(
        description="The name they show to others, the login if they chose none; null if not known."
    )
    user_id: strawberry.Private[int]

    @classmethod
    def of(cls, user_id: int, record: users.User | None = None) -> Self:
        """The volunteer with this id, and the names of the record."""
        if record is None:
            return made(cls, (str(user_id), None, None, user_id))
        shown = record.display_name or record.login
        return made(cls, (str(user_id), record.login, shown, user_id))

    @classmethod
    async def resolve_reference(cls, info: Info, id: strawberry.ID) -> User:  # noqa: A002  (the key's name)
        """Any valid id is a user: another subgraph may know more of them than we do."""
        user_id = read_id("id", id)
        return cls.of(user_id, await info.context.loaders.users.load(user_id))

    @strawberry.field(
        description="What the volunteer classified while logged in.",
        extensions=[Guard(GuardRule.OWN_STATS)],
    )
    def classifications(
        self,
        range: RangeArgument = None,  # noqa: A002  (the name in the schema)
        within: ScopeArgument = None,
    ) -> UserStats | None:
        question = Question(Kind.USER, classifications_in(range, within))
        return UserStats(question=question, subject_id=self.user_id)

    @strawberry.field(
        description="The volunteer's comments on Talk. They are public, as the posts are."
    )
    def comments(
        self,
        range: RangeArgument = None,  # noqa: A002  (the name in the schema)
        project_ids: ProjectIdsArgument = None,
    ) -> UserCommentStats | None:
        question = Question(Kind.USER, comments_in(range, project_ids=project_ids))
        return UserCommentStats(question=question, subject_id=self.user_id)

    @strawberry.field(
        description="The volunteer's memberships of groups that have not ended, by ascending "
        "group id.",
        directives=[paged(MEMBERSHIPS_PAGE)],
        extensions=[Guard(GuardRule.OWN_STATS)],
    )
    async def memberships(
        self, info: Info, first: PageArgument = MEMBERSHIPS_PAGE, after: AfterArgument = None
    ) -> Annotated[MembershipConnection, strawberry.lazy("resolvers.membership")] | None:
        from resolvers.membership import load_membership_connection

        size = read_page(given(first, MEMBERSHIPS_PAGE))
        behind = read_place(after)
        found = await info.context.loaders.memberships_by_user.load(self.user_id)
        decisions = await info.context.loaders.access.load_many([one.group_id for one in found])
        shown = [
            one
            for one, access in zip(found, decisions, strict=True)
            if access is not None and not access.group.ended
        ]
        later = (one for one in shown if one.group_id > behind)
        page = page_of(tuple(islice(later, size + 1)), size, after, _cursor_of)
        return await load_membership_connection(info, page, len(shown))


def _cursor_of(membership: directory.Membership) -> str:
    return place_cursor(membership.group_id)


async def load_users(info: Info, ids: Sequence[int], *paths: tuple[str, ...]) -> list[User]:
    """Volunteers in their order; names are read only if the operation selects them at a path."""
    if not any(selects(info, *path, beyond={"id"}) for path in paths):
        return [User.of(user_id) for user_id in ids]
    records = await info.context.loaders.users.load_many(ids)
    return [User.of(user_id, record) for user_id, record in zip(ids, records, strict=True)]
