"""The loaders of one operation, one for each question."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any, TypeVar

from sqlalchemy import Select

from gateway.directory.goals import GOALS_BY_GROUP, GOALS_BY_USER, Goal, goal_of
from gateway.directory.memberships import (
    MEMBERSHIPS_BY_GROUP,
    MEMBERSHIPS_BY_USER,
    Membership,
    membership_of,
)
from gateway.directory.projects import PROJECTS_BY_ID, Project, project_of
from gateway.directory.user_groups import USER_GROUPS_BY_ID, UserGroup, user_group_of
from gateway.directory.users import USERS_BY_ID, User, user_of
from gateway.directory.workflows import (
    WORKFLOWS_BY_ID,
    WORKFLOWS_BY_PROJECT,
    Workflow,
    workflow_of,
)
from gateway.groups.links import JoinLink
from gateway.loaders.access import Access
from gateway.loaders.certificates import CertificateLoader, OwnCertificatesLoader
from gateway.loaders.directory import RecordLoader, RecordsLoader
from gateway.loaders.foreign_links import ForeignLinkLoader, ReadTokens
from gateway.loaders.goal_states import GoalStates
from gateway.loaders.goals import ActivePeriodsLoader, ContributorsLoader, GrowthLoader
from gateway.loaders.group_life import (
    GroupMembershipLoader,
    HistoryLengthLoader,
    HistoryLoader,
    JoinLinkLoader,
    LiveMembershipCounts,
    MembershipCountsLoader,
    OpenSpanLoader,
)
from gateway.loaders.live import (
    LiveGroupLoader,
    LiveMembershipsLoader,
    LookUps,
)
from gateway.loaders.loader import Loader
from gateway.loaders.members import (
    MemberBucketsLoader,
    MemberContributionsLoader,
    MemberLastDaysLoader,
)
from gateway.loaders.names import (
    IdentifierLoader,
    ListCountLoader,
    ListLoader,
    WorkflowLastDayLoader,
)
from gateway.loaders.permissions import ViewerPermissions
from gateway.loaders.reads import OperationReads
from gateway.loaders.record_pages import RecordLoaders
from gateway.loaders.site import SiteLoader
from gateway.loaders.statistics import (
    ActiveUsersLoader,
    BucketsLoader,
    ContributionsLoader,
    DaySpansLoader,
    LastDaysLoader,
    RankingLoader,
    TotalsLoader,
)
from gateway.loaders.unusual_volunteers import UnusualUsersLoader, UnusualVolunteersLoader
from gateway.loaders.volunteers import NewUsersLoader, PeriodUsersLoader
from gateway.stats.group_counts import (
    GroupQuestion,
    group_count,
    group_count_by_day,
    group_count_by_visibility,
)
from gateway.stats.ledger_state import LEDGER_STATE
from gateway.stats.subject import Kind

L = TypeVar("L")


def _made(loader: Callable[..., L], *given: Any) -> cached_property[L]:
    return cached_property(lambda self: loader(self._reads, *given))


class Loaders:
    """The loaders of one operation, each made when it is first used."""

    def __init__(
        self,
        reads: OperationReads,
        permissions: ViewerPermissions,
        look_ups: LookUps | None = None,
        read_tokens: ReadTokens | None = None,
    ) -> None:
        self._reads = reads
        self._permissions = permissions
        self._look_ups = look_ups
        self._read_tokens = read_tokens

    totals = _made(TotalsLoader)
    buckets = _made(BucketsLoader)
    contributions = _made(ContributionsLoader, "contributions", "project_id")
    last_days = _made(LastDaysLoader, "last days", "project_id")
    day_spans = _made(DaySpansLoader)
    workflow_contributions = _made(ContributionsLoader, "workflow contributions", "workflow_id")
    last_days_by_workflow = _made(LastDaysLoader, "last days by workflow", "workflow_id")
    active_users = _made(ActiveUsersLoader)
    period_users = _made(PeriodUsersLoader)
    new_users = _made(NewUsersLoader)
    ranking = _made(RankingLoader)
    growth = _made(GrowthLoader)
    goals_by_group = _made(
        RecordsLoader[Goal], "goals", Kind.GROUP, GOALS_BY_GROUP, goal_of, "group_id"
    )
    goals_by_user = _made(
        RecordsLoader[Goal], "goals", Kind.USER, GOALS_BY_USER, goal_of, "user_id"
    )
    goal_contributors = _made(ContributorsLoader)
    certificates = _made(CertificateLoader)
    certificates_by_user = _made(OwnCertificatesLoader)
    active_periods = _made(ActivePeriodsLoader)
    member_contributions = _made(MemberContributionsLoader, "member contributions", "project_id")
    member_last_days = _made(MemberLastDaysLoader, "member last days", "project_id")
    member_workflow_contributions = _made(
        MemberContributionsLoader, "member workflow contributions", "workflow_id"
    )
    member_workflow_last_days = _made(
        MemberLastDaysLoader, "member workflow last days", "workflow_id"
    )
    member_buckets = _made(MemberBucketsLoader)
    unusual_volunteers = _made(UnusualVolunteersLoader)
    unusual_users = _made(UnusualUsersLoader)
    group_counts = _made(SiteLoader[GroupQuestion], "group counts", group_count)
    group_counts_by_day = _made(
        SiteLoader[GroupQuestion], "group counts by day", group_count_by_day
    )
    group_counts_by_visibility = _made(
        SiteLoader[GroupQuestion], "group counts by visibility", group_count_by_visibility
    )
    ledger_state = _made(SiteLoader[None], "ledger state", lambda _: LEDGER_STATE)
    users = _made(RecordLoader[User], Kind.USER, USERS_BY_ID, user_of)
    projects = _made(RecordLoader[Project], Kind.PROJECT, PROJECTS_BY_ID, project_of)
    workflows = _made(RecordLoader[Workflow], Kind.WORKFLOW, WORKFLOWS_BY_ID, workflow_of)
    workflows_by_project = _made(
        RecordsLoader[Workflow],
        "workflows",
        Kind.PROJECT,
        WORKFLOWS_BY_PROJECT,
        workflow_of,
        "project_id",
    )
    identifiers = _made(IdentifierLoader)
    lists = _made(ListLoader)
    list_counts = _made(ListCountLoader)
    workflow_last_days = _made(WorkflowLastDayLoader)
    records = _made(RecordLoaders)
    memberships_in_group = _made(GroupMembershipLoader)
    open_spans = _made(OpenSpanLoader)
    history = _made(HistoryLoader)
    history_lengths = _made(HistoryLengthLoader)

    @cached_property
    def join_links(self) -> Loader[int, JoinLink | None]:
        """Join links by group id. They are secrets: whoever may not see one must not load it."""
        if self._read_tokens is None:
            return JoinLinkLoader(self._reads)
        return ForeignLinkLoader(self._read_tokens)

    @cached_property
    def goal_states(self) -> GoalStates:
        """Goal states, evaluated from the goals' growth."""
        return GoalStates(self._reads, self.growth)

    @cached_property
    def membership_counts(self) -> MembershipCountsLoader | LiveMembershipCounts:
        if self._look_ups is None:
            return MembershipCountsLoader(self._reads)
        return LiveMembershipCounts(self.memberships_by_group)

    @cached_property
    def memberships_by_user(self) -> Loader[int, tuple[Membership, ...]]:
        return self._memberships(Kind.USER, MEMBERSHIPS_BY_USER, "user_id")

    @cached_property
    def memberships_by_group(self) -> Loader[int, tuple[Membership, ...]]:
        return self._memberships(Kind.GROUP, MEMBERSHIPS_BY_GROUP, "group_id")

    def _memberships(
        self, kind: Kind, statement: Select[Any], owner: str
    ) -> Loader[int, tuple[Membership, ...]]:
        stored = RecordsLoader(self._reads, "memberships", kind, statement, membership_of, owner)
        if self._look_ups is None:
            return stored
        return LiveMembershipsLoader(self._look_ups, stored, of_groups=kind is Kind.GROUP)

    @cached_property
    def access(self) -> Access:
        """Decisions about groups; groups are read through it alone, so that each is checked."""
        groups: RecordLoader[UserGroup] = RecordLoader(
            self._reads, Kind.GROUP, USER_GROUPS_BY_ID, user_group_of
        )
        if self._look_ups is None:
            return Access(self._permissions, groups)
        live = LiveGroupLoader(self._look_ups, groups)
        return Access(self._permissions, live, self._look_ups.withheld)
