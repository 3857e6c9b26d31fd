"""All that belongs to one operation: who asks, when, the snapshot it reads, and its loaders."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property
from types import TracebackType
from typing import Self

from gateway.auth.spender import spender_of
from gateway.auth.viewer import Viewer
from gateway.calendar import today
from gateway.changes.feed import ChangeFeed
from gateway.db import Database
from gateway.directory.memberships import (
    MEMBERSHIPS_BY_GROUP,
    MEMBERSHIPS_BY_USER,
    Membership,
    membership_of,
)
from gateway.directory.panoptes.live import LiveDirectory
from gateway.directory.panoptes.look_up_limits import Asker
from gateway.directory.projects import PROJECTS_BY_ID, project_of
from gateway.directory.user_groups import USER_GROUPS_BY_ID, UserGroup, user_group_of
from gateway.directory.users import USERS_BY_ID, User, user_of
from gateway.directory.workflows import (
    WORKFLOWS_BY_ID,
    WORKFLOWS_BY_PROJECT,
    Workflow,
    workflow_of,
)
from gateway.loaders.access import Access
from gateway.loaders.cache import ReadCache
from gateway.loaders.directory import MembershipKey, MembershipLoader, RecordLoader, RecordsLoader
from gateway.loaders.live import (
    LiveGroupLoader,
    LiveMembershipLoader,
    LiveMembershipsLoader,
    LookUps,
)
from gateway.loaders.loader import Loader
from gateway.loaders.members import (
    MemberBucketsLoader,
    MemberContributionsLoader,
    MemberLastDaysLoader,
    MemberWorkflowContributionsLoader,
    MemberWorkflowLastDaysLoader,
)
from gateway.loaders.names import (
    IdentifierLoader,
    ListCountLoader,
    ListLoader,
    WorkflowLastDayLoader,
)
from gateway.loaders.permissions import ViewerPermissions
from gateway.loaders.reads import OperationReads
from gateway.loaders.site import SiteLoader
from gateway.loaders.statistics import (
    ActiveUsersLoader,
    BucketsLoader,
    ContributionsLoader,
    DaySpansLoader,
    LastDaysByWorkflowLoader,
    LastDaysLoader,
    RankingLoader,
    TotalsLoader,
    WorkflowContributionsLoader,
)
from gateway.loaders.unusual_volunteers import UnusualUsersLoader, UnusualVolunteersLoader
from gateway.loaders.volunteers import NewUsersLoader, PeriodUsersLoader
from gateway.loaders.watched import UNWATCHED, Watch
from gateway.stats.group_counts import (
    group_count,
    group_count_by_day,
    group_count_by_visibility,
)
from gateway.stats.ledger_state import LEDGER_STATE
from gateway.stats.subject import Kind
from gateway.telemetry.record import RequestRecord
from gateway.turns import Turns


class Loaders:
    """One loader for each question, made when it is first asked."""

    def __init__(
        self, reads: OperationReads, permissions: ViewerPermissions, look_ups: LookUps | None = None
    ) -> None:
        self._reads = reads
        self._permissions = permissions
        self._look_ups = look_ups

    totals = cached_property(lambda self: TotalsLoader(self._reads))
    buckets = cached_property(lambda self: BucketsLoader(self._reads))
    contributions = cached_property(lambda self: ContributionsLoader(self._reads))
    last_days = cached_property(lambda self: LastDaysLoader(self._reads))
    day_spans = cached_property(lambda self: DaySpansLoader(self._reads))
    workflow_contributions = cached_property(lambda self: WorkflowContributionsLoader(self._reads))
    last_days_by_workflow = cached_property(lambda self: LastDaysByWorkflowLoader(self._reads))
    active_users = cached_property(lambda self: ActiveUsersLoader(self._reads))
    period_users = cached_property(lambda self: PeriodUsersLoader(self._reads))
    new_users = cached_property(lambda self: NewUsersLoader(self._reads))
    ranking = cached_property(lambda self: RankingLoader(self._reads))
    member_contributions = cached_property(lambda self: MemberContributionsLoader(self._reads))
    member_last_days = cached_property(lambda self: MemberLastDaysLoader(self._reads))
    member_workflow_contributions = cached_property(
        lambda self: MemberWorkflowContributionsLoader(self._reads)
    )
    member_workflow_last_days = cached_property(
        lambda self: MemberWorkflowLastDaysLoader(self._reads)
    )
    member_buckets = cached_property(lambda self: MemberBucketsLoader(self._reads))
    unusual_volunteers = cached_property(lambda self: UnusualVolunteersLoader(self._reads))
    unusual_users = cached_property(lambda self: UnusualUsersLoader(self._reads))
    group_counts = cached_property(
        lambda self: SiteLoader(self._reads, "group counts", group_count)
    )
    group_counts_by_day = cached_property(
        lambda self: SiteLoader(self._reads, "group counts by day", group_count_by_day)
    )
    group_counts_by_visibility = cached_property(
        lambda self: SiteLoader(
            self._reads, "group counts by visibility", group_count_by_visibility
        )
    )
    users = cached_property(lambda self: RecordLoader(self._reads, Kind.USER, USERS_BY_ID, user_of))
    projects = cached_property(
        lambda self: RecordLoader(self._reads, Kind.PROJECT, PROJECTS_BY_ID, project_of)
    )
    workflows = cached_property(
        lambda self: RecordLoader(self._reads, Kind.WORKFLOW, WORKFLOWS_BY_ID, workflow_of)
    )

    identifiers = cached_property(lambda self: IdentifierLoader(self._reads))
    lists = cached_property(lambda self: ListLoader(self._reads))
    list_counts = cached_property(lambda self: ListCountLoader(self._reads))
    workflow_last_days = cached_property(lambda self: WorkflowLastDayLoader(self._reads))

    @cached_property
    def ledger_state(self) -> SiteLoader[None]:
        return SiteLoader(self._reads, "ledger state", lambda _: LEDGER_STATE)

    @cached_property
    def workflows_by_project(self) -> RecordsLoader[Workflow]:
        return RecordsLoader(
            self._reads,
            "workflows",
            Kind.PROJECT,
            WORKFLOWS_BY_PROJECT,
            workflow_of,
            "project_id",
            "id",
        )

    @cached_property
    def memberships_by_user(self) -> Loader[int, tuple[Membership, ...]]:
        stored = RecordsLoader(
            self._reads,
            "memberships",
            Kind.USER,
            MEMBERSHIPS_BY_USER,
            membership_of,
            "user_id",
            "group_id",
        )
        return self._live_memberships(stored, of_groups=False)

    @cached_property
    def memberships_by_group(self) -> Loader[int, tuple[Membership, ...]]:
        stored = RecordsLoader(
            self._reads,
            "memberships",
            Kind.GROUP,
            MEMBERSHIPS_BY_GROUP,
            membership_of,
            "group_id",
            "user_id",
        )
        return self._live_memberships(stored, of_groups=True)

    def _live_memberships(
        self, stored: Loader[int, tuple[Membership, ...]], *, of_groups: bool
    ) -> Loader[int, tuple[Membership, ...]]:
        if self._look_ups is None:
            return stored
        return LiveMembershipsLoader(self._look_ups, stored, of_groups=of_groups)

    @cached_property
    def access(self) -> Access:
        """Decisions about groups; groups are read through it alone, so that none slips by."""
        groups: RecordLoader[UserGroup] = RecordLoader(
            self._reads, Kind.GROUP, USER_GROUPS_BY_ID, user_group_of
        )
        if self._look_ups is None:
            return Access(self._permissions, groups)
        live = LiveGroupLoader(self._look_ups, groups)
        return Access(self._permissions, live, self._look_ups.withheld)


class Operation:
    """The context of one operation; never shared by two, also not within an HTTP batch.

    Of its viewer it tells no more than its ``permissions`` do.

    With a ``live`` directory, groups and memberships are what Panoptes says; without one, what
    the directory says is never stale. With a ``cache``, what was read before in the same state
    is not read again. Its statements are added to ``record`` when it is over.
    """

    def __init__(
        self,
        database: Database,
        viewer: Viewer,
        now: datetime,
        live: LiveDirectory | None = None,
        cache: ReadCache | None = None,
        record: RequestRecord | None = None,
        watch: Watch = UNWATCHED,
        turns: Turns | None = None,
        feed: ChangeFeed | None = None,
    ) -> None:
        self.now = now
        self.snapshot = database.read()
        self.snapshot.around = watch.around_statement
        self.reads = OperationReads(self.snapshot, cache, watch, turns, feed)
        look_ups = None
        memberships: Loader[MembershipKey, Membership | None] = MembershipLoader(self.reads)
        if live is not None:
            asker = _asker(viewer, record.client if record else "")
            look_ups = LookUps(self.reads, live, asker, self._name)
            memberships = LiveMembershipLoader(look_ups, memberships)
        self.permissions = ViewerPermissions(viewer, memberships)
        self.loaders = Loaders(self.reads, self.permissions, look_ups)
        #: Whether the answer holds a secret.
        self.has_secret = False
        self._record = record
        self._watch = watch

    def mark_secret(self) -> None:
        """Say that the answer holds a secret: no cache may store it, nothing may compress it."""
        self.reads.cacheable = False
        self.has_secret = True

    def note_unknown_roles(self, number: int) -> None:
        """Count roles that the answer leaves out, since the schema does not know them."""
        if number and self._watch.count_unknown_roles is not None:
            self._watch.count_unknown_roles(number)

    def _name(self, user: User) -> None:
        # Names that came along need not be read: they may not be stored yet.
        self.loaders.users.prime(user.id, user)

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
        self.reads.close()
        if self._record is not None:
            self._record.statements += self.snapshot.statements
        await self.snapshot.__aexit__(kind, error, trace)


def _asker(viewer: Viewer, client: str) -> Asker:
    signed_in = viewer.id is not None or viewer.api_key_id is not None
    return Asker(spender_of(viewer, client), signed_in)
