"""Entries that only a copy of a gateway has: authority, tenures, spans, history and join links.

``stats-gateway directory dump`` writes them. They are about groups whose entry in the same
document says its ``authority``: such an entry describes all of the group.
"""

from __future__ import annotations

from typing import Literal

import orjson
from pydantic import Field, StrictBool, StrictInt, model_validator

from gateway.directory.change_kinds import ChangeKind
from gateway.directory.entry_types import Count, Entry, Id, Instant, Text
from gateway.directory.name_sources import BY_IMPORTER, DatedValue
from gateway.directory.new_ids import IdKind
from gateway.directory.rows import Row

#: Who may decide about a group.
Authority = Literal["gateway", "panoptes", "file"]
#: Why a membership may have ended.
EndedBy = Literal["left", "removed", "declined", "group", "account"]


class SaidText(Entry):
    """A text from events, and its instant; null if it is from an import of an export."""

    value: Text
    at: Instant | None


class SaidId(Entry):
    """An id from events, and its instant, as :class:`SaidText`."""

    value: Id
    at: Instant | None


def dated(said: SaidText | SaidId | None) -> DatedValue | None:
    """The value and its instant, as sources of names are stored."""
    if said is None:
        return None
    return DatedValue(BY_IMPORTER if said.at is None else said.at, said.value)


class UserSaid(Entry):
    """A user's names from events and from people themselves."""

    login: SaidText | None = None
    display_name: SaidText | None = None


class ProjectSaid(Entry):
    """A project's name from events."""

    display_name: SaidText | None = None


class WorkflowSaid(Entry):
    """A workflow's project and name from events."""

    project_id: SaidId | None = None
    display_name: SaidText | None = None


class _Stretch(Entry):
    """A time from an instant on, up to another one that is not part of it, or open."""

    user_group_id: Id
    from_us: Instant = Field(validation_alias="from")
    until_us: Instant | None = Field(None, validation_alias="until")

    @model_validator(mode="after")
    def _has_an_end(self) -> _Stretch:
        if self.until_us is not None and self.until_us <= self.from_us:
            raise ValueError("it must end after it begins")
        return self


class GroupTenure(_Stretch):
    """When the gateway decided about a group."""

    def row(self) -> Row:
        """The table row of this entry."""
        return {
            "group_id": self.user_group_id,
            "from_us": self.from_us,
            "until_us": self.until_us,
        }


class MembershipSpan(_Stretch):
    """When a user was a member, as far as it counts."""

    user_id: Id

    def row(self) -> Row:
        """The table row of this entry."""
        return {
            "group_id": self.user_group_id,
            "user_id": self.user_id,
            "from_us": self.from_us,
            "until_us": self.until_us,
        }


class Backfill(Entry):
    """Up to when a member's earlier work counts as well."""

    user_group_id: Id
    user_id: Id
    until: Instant

    def row(self) -> Row:
        """The table row of this entry."""
        return {"group_id": self.user_group_id, "user_id": self.user_id, "until": self.until}


class GroupChange(Entry):
    """An entry of a group's history."""

    id: Id
    user_group_id: Id
    at: Instant
    actor_id: Id | None = None
    subject_id: Id | None = None
    kind: ChangeKind
    details: dict[Text, Text | StrictBool | StrictInt | None] | None = None

    def row(self) -> Row:
        """The table row of this entry."""
        row = self.model_dump(exclude={"user_group_id"})
        details = None if self.details is None else orjson.dumps(self.details).decode()
        return row | {
            "group_id": self.user_group_id,
            "kind": self.kind.value,
            "details": details,
        }


class JoinLink(Entry):
    """The join link of a group, with its token."""

    user_group_id: Id
    token: Text = Field(min_length=1)
    enabled: StrictBool
    expires_at: Instant | None = None
    created_at: Instant
    created_by: Id | None = None
    generation: Count

    def row(self) -> Row:
        """The table row of this entry."""
        return self.model_dump(exclude={"user_group_id"}) | {"group_id": self.user_group_id}


class ErasedUser(Entry):
    """A user who was erased, and stays so."""

    id: Id

    def row(self) -> Row:
        """The id."""
        return {"id": self.id}


class LastId(Entry):
    """The last id of a kind that was assigned: none is assigned twice."""

    kind: IdKind
    id: Id

    def row(self) -> Row:
        """The table row of this entry."""
        return {"kind": self.kind.value, "id": self.id}
