"""All that belongs to one operation: who asks, when, the snapshot it reads, and its loaders."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property
from types import TracebackType
from typing import Self

from aiodataloader import DataLoader

from gateway.auth.viewer import Viewer
from gateway.calendar import today
from gateway.db import Database, Snapshot
from gateway.directory.memberships import (
    MEMBERSHIPS_BY_GROUP,
    MEMBERSHIPS_BY_USER,
    Membership,
    membership_of,
)
from gateway.directory.panoptes.live import LiveDirectory
from gateway.directory.projects import PROJECTS_BY_ID, Project, project_of
from gateway.directory.user_groups import USER_GROUPS_BY_ID, UserGroup, user_group_of
from gateway.directory.users import USERS_BY_ID, User, user_of
from gateway.directory.workflows import (
    WORKFLOWS_BY_ID,
    WORKFLOWS_BY_PROJECT,
    Workflow,
    workflow_of,
)
from gateway.loaders.access import Access
from gateway.loaders.directory import RecordLoader, RecordsLoader, ViewerMembershipLoader
from gateway.loaders.live import (
    LiveGroupLoader,
    LiveMembershipsLoader,
    LiveViewerMembershipLoader,
)
from gateway.loaders.statistics import (
    ActiveUsersLoader,
    BucketsLoader,
    ContributionsLoader,
    LastDaysLoader,
    MemberContributionsLoader,
    RankingLoader,
    TotalsLoader,
)
from gateway.loaders.watched import UNWATCHED, Watch
from gateway.telemetry.record import RequestRecord


class Loaders:
    """One loader for each question, made when it is first asked."""

    def __init__(
        self,
        snapshot: Snapshot,
        viewer: Viewer,
        live: LiveDirectory | None = None,
        watch: Watch = UNWATCHED,
    ) -> None:
        self._snapshot = snapshot
        self._viewer = viewer
        self._live = live
        self._watch = watch

    @cached_property
    def totals(self) -> TotalsLoader:
        return self._watch.loader("totals", TotalsLoader(self._snapshot))

    @cached_property
    def buckets(self) -> BucketsLoader:
        return self._watch.loader("buckets", BucketsLoader(self._snapshot))

    @cached_property
    def contributions(self) -> ContributionsLoader:
        return self._watch.loader("contributions", ContributionsLoader(self._snapshot))

    @cached_property
    def last_days(self) -> LastDaysLoader:
        return self._watch.loader("last_days", LastDaysLoader(self._snapshot))

    @cached_property
    def active_users(self) -> ActiveUsersLoader:
        return self._watch.loader("active_users", ActiveUsersLoader(self._snapshot))

    @cached_property
    def ranking(self) -> RankingLoader:
        return self._watch.loader("ranking", RankingLoader(self._snapshot))

    @cached_property
    def member_contributions(self) -> MemberContributionsLoader:
        return self._watch.loader("member_contributions", MemberContributionsLoader(self._snapshot))

    @cached_property
    def users(self) -> RecordLoader[User]:
        return self._watch.loader("users", RecordLoader(self._snapshot, USERS_BY_ID, user_of))

    @cached_property
    def projects(self) -> RecordLoader[Project]:
        return self._watch.loader(
            "projects", RecordLoader(self._snapshot, PROJECTS_BY_ID, project_of)
        )

    @cached_property
    def workflows(self) -> RecordLoader[Workflow]:
        return self._watch.loader(
            "workflows", RecordLoader(self._snapshot, WORKFLOWS_BY_ID, workflow_of)
        )

    @cached_property
    def workflows_by_project(self) -> RecordsLoader[Workflow]:
        return self._watch.loader(
            "workflows_by_project",
            RecordsLoader(self._snapshot, WORKFLOWS_BY_PROJECT, workflow_of, "project_id"),
        )

    @cached_property
    def memberships_by_user(self) -> DataLoader[int, tuple[Membership, ...]]:
        if self._live is not None:
            return self._live_memberships(self._live, of_groups=False)
        return self._watch.loader(
            "memberships_by_user",
            RecordsLoader(self._snapshot, MEMBERSHIPS_BY_USER, membership_of, "user_id"),
        )

    @cached_property
    def memberships_by_group(self) -> DataLoader[int, tuple[Membership, ...]]:
        if self._live is not None:
            return self._live_memberships(self._live, of_groups=True)
        return self._watch.loader(
            "memberships_by_group",
            RecordsLoader(self._snapshot, MEMBERSHIPS_BY_GROUP, membership_of, "group_id"),
        )

    def _live_memberships(self, live: LiveDirectory, *, of_groups: bool) -> LiveMembershipsLoader:
        # Names that came along with memberships need not be read: they may not be stored yet.
        loader = LiveMembershipsLoader(
            self._snapshot,
            live,
            lambda user: self.users.prime(user.id, user),
            of_groups=of_groups,
        )
        return self._watch.loader(f"memberships_by_{'group' if of_groups else 'user'}", loader)

    @cached_property
    def access(self) -> Access:
        """Decisions about groups; groups are read through it alone, so that none slips by."""
        groups: DataLoader[int, UserGroup | None]
        memberships: DataLoader[int, Membership | None]
        if self._live is not None:
            groups = LiveGroupLoader(self._snapshot, self._live)
            memberships = LiveViewerMembershipLoader(self._snapshot, self._viewer, self._live)
        else:
            groups = RecordLoader(self._snapshot, USER_GROUPS_BY_ID, user_group_of)
            memberships = ViewerMembershipLoader(self._snapshot, self._viewer)
        watch = self._watch.loader
        return Access(
            self._viewer, watch("groups", groups), watch("viewer_memberships", memberships)
        )


class Operation:
    """The context of one operation; never shared by two, also not within an HTTP batch.

    With a ``live`` directory, groups and memberships are what Panoptes says; without one, what
    the directory says is never stale. Its statements are added to ``record`` when it is over.
    """

    def __init__(
        self,
        database: Database,
        viewer: Viewer,
        now: datetime,
        live: LiveDirectory | None = None,
        record: RequestRecord | None = None,
        watch: Watch = UNWATCHED,
    ) -> None:
        self.viewer = viewer
        self.now = now
        self.snapshot = database.read()
        self.snapshot.around = watch.around_statement
        self.loaders = Loaders(self.snapshot, viewer, live, watch)
        self._record = record

    @property
    def today(self) -> int:
        """The UTC day of the operation."""
        return today(self.now)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._record is not None:
            self._record.statements += self.snapshot.statements
        await self.snapshot.__aexit__(kind, error, trace)
