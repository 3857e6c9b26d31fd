"""Entries of a directory document: their schema and their table rows."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import (
    AliasChoices,
    BeforeValidator,
    Field,
    StrictBool,
    StrictStr,
    ValidationInfo,
    model_validator,
)

from gateway.directory.copy_entries import (
    Authority,
    EndedBy,
    ProjectSaid,
    UserSaid,
    WorkflowSaid,
    dated,
)
from gateway.directory.entry_types import (
    Count,
    Entry,
    Id,
    Instant,
    Revision,
    Share,
    Text,
    Unused,
    as_id,
)
from gateway.directory.memberships import MembershipState, encode_roles
from gateway.directory.name_sources import DatedValue
from gateway.directory.rows import Row
from gateway.directory.stats_visibility import StatsVisibility

_Visibility = Annotated[StatsVisibility, BeforeValidator(StatsVisibility.parse)]

#: As much of a name's sources as events say, for each field in order.
Said = tuple[DatedValue | None, ...]


def _without_nulls(row: Row, *names: str) -> Row:
    """The row without those of the names that are None."""
    return {name: value for name, value in row.items() if value is not None or name not in names}


def _project_id(value: object, info: ValidationInfo) -> int | None:
    if value is None and info.data.get("from_events") is not None:
        return None
    return as_id(value)


class User(Entry):
    """A volunteer's names."""

    id: Id
    login: Text | None = None
    display_name: Text | None = None
    #: Only a token tells who is a site admin.
    admin: Unused = None
    from_events: UserSaid | None = None

    def row(self) -> Row:
        """The table row of this entry."""
        return self.model_dump(exclude={"from_events"})

    def said(self) -> Said:
        """The names according to events, with their instants."""
        said = self.from_events or UserSaid()
        return dated(said.login), dated(said.display_name)


class GroupRecord(Entry):
    """Attributes of a group that only counts of groups read."""

    description: Text | None = None
    created_at: Instant | None = Field(None, validation_alias=AliasChoices("created_at", "created"))
    last_modified_at: Instant | None = Field(
        None, validation_alias=AliasChoices("updated_at", "last_modified")
    )
    state: Text | None = None
    revision_id: Text | None = None
    type: Text | None = None
    approval_status: Text | None = None
    image_url: Text | None = None
    owner_id: Text | None = None
    landing_page: Text | None = None
    group_reviewed: StrictBool | None = None
    open_access: StrictBool | None = None
    netl_only: StrictBool | None = None
    project_number: Text | None = None


class UserGroup(GroupRecord):
    """A group; one with an ``authority`` is a copy, and describes all of it."""

    id: Id
    name: Text | None = None
    display_name: Text | None = None
    stats_visibility: _Visibility = StatsVisibility.PRIVATE_AGG_ONLY
    private: StrictBool = False
    authority: Authority | None = None
    revision: Revision | None = None

    def row(self) -> Row:
        """The table row of this entry, without what it does not say of a copy."""
        columns = self.model_dump(exclude=set(GroupRecord.model_fields))
        columns["stats_visibility"] = int(self.stats_visibility)
        return _without_nulls(columns, "authority", "revision")

    def record(self) -> Row | None:
        """The row of the group's record; None if the entry says nothing of it."""
        said = self.model_dump(include=set(GroupRecord.model_fields))
        return {"group_id": self.id, **said} if any(v is not None for v in said.values()) else None


class Membership(Entry):
    """A membership of a user, by id or login; one with a ``revision`` is a copy."""

    user_group_id: Id
    user_id: Id | None = None
    login: Text | None = None
    state: MembershipState
    roles: list[Annotated[Text, Field(min_length=1)]] = Field([])
    created_at: Instant | None = None
    id: Id | None = None
    updated_at: Instant | None = None
    revision: Revision | None = None
    ended_by: EndedBy | None = None
    no_invitations: StrictBool | None = None

    @model_validator(mode="after")
    def _names_a_user(self) -> Self:
        if (self.user_id is None) is (self.login is None):
            raise ValueError("it must have either a user_id or a login")
        return self

    def row(self) -> Row:
        """The table row of this entry; of a ``login`` the user is to be found."""
        row = {
            "group_id": self.user_group_id,
            "user_id": self.user_id,
            "state": self.state.value,
            "roles": encode_roles(self.roles),
            "created_at": self.created_at,
            "id": self.id,
            "login": self.login,
            "updated_at": self.updated_at,
            "revision": self.revision,
            "ended_by": self.ended_by,
            "no_invitations": self.no_invitations,
        }
        return _without_nulls(row, "login", "updated_at", "revision", "ended_by", "no_invitations")


class Project(Entry):
    """A project's names."""

    id: Id
    slug: Text | None = None
    display_name: Text | None = None
    from_events: ProjectSaid | None = None

    def row(self) -> Row:
        """The table row of this entry."""
        return self.model_dump(exclude={"from_events"})

    def said(self) -> Said:
        """The name according to events, with its instant."""
        return (dated((self.from_events or ProjectSaid()).display_name),)


class RetirementOptions(Entry):
    """How many classifications retire a subject."""

    count: Count | None = None


class Retirement(Entry):
    """When subjects of a workflow retire, as Panoptes says it."""

    criteria: StrictStr | None = None
    options: RetirementOptions | None = None


class Workflow(Entry):
    """A workflow; only a copy may leave its project to what events said."""

    id: Id
    from_events: WorkflowSaid | None = None
    project_id: Annotated[int | None, BeforeValidator(_project_id)]
    display_name: Text | None = None
    active: StrictBool | None = None
    completeness: Share | None = None
    subjects_count: Count | None = None
    retirement_count: Count | None = None
    retirement: Retirement | None = None

    def row(self) -> Row:
        """The table row of this entry."""
        row = self.model_dump(exclude={"retirement", "from_events"})
        rule = self.retirement
        if rule and rule.criteria == "classification_count" and rule.options:
            row["retirement_count"] = rule.options.count
        return row

    def said(self) -> Said:
        """Project and name according to events, with their instants."""
        said = self.from_events or WorkflowSaid()
        return dated(said.project_id), dated(said.display_name)
