"""The directory as a JSON document: what a valid one is, and the rows it stands for.

``{"users": […], "user_groups": […], "memberships": […], "projects": […], "workflows": […]}``,
each list optional and its entries named as in Panoptes. Unknown keys are refused: they are
mistyped, or what is never stored, such as e-mail addresses. A few are known and not looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictFloat,
    StrictInt,
    StrictStr,
    ValidationError,
)

from gateway.directory.memberships import ROLES, MembershipState, encode_roles
from gateway.directory.rows import Row
from gateway.directory.stats_visibility import StatsVisibility
from gateway.errors import InvalidEvent, UnreadableFile
from gateway.events.ids import read_id
from gateway.events.instants import read_instant
from gateway.events.quoted import quoted
from gateway.reasons import as_reason


def _id(value: object) -> int:
    try:
        return read_id(value, "it")
    except InvalidEvent as error:
        raise ValueError(error.message) from None


def _instant(value: object) -> int:
    try:
        return read_instant(value, "it")
    except InvalidEvent as error:
        raise ValueError(error.message) from None


def _storable(text: str) -> str:
    # PostgreSQL stores no NUL, and neither database half a surrogate pair.
    if any(character == "\0" or "\ud800" <= character <= "\udfff" for character in text):
        raise ValueError("it contains NUL or a character that is not valid Unicode")
    return text


#: What pydantic says in the words of Python.
_REASONS = {
    "missing": "it is missing",
    "model_type": "it must be a JSON object",
    "list_type": "it must be a JSON array",
    "string_type": "it must be a text",
    "bool_type": "it must be true or false",
    "int_type": "it must be a whole number",
    "float_type": "it must be a number",
}
#: A longer key is not shown as a whole.
_LONGEST_KEY = 40

_Id = Annotated[int, BeforeValidator(_id)]
_Text = Annotated[StrictStr, AfterValidator(_storable)]
#: Counts are shown as JSON numbers, which are exact up to here.
_Count = Annotated[StrictInt, Field(ge=0, le=2**53 - 1)]
_Share = Annotated[StrictInt | StrictFloat, Field(ge=0, le=1)]
_Instant = Annotated[int, BeforeValidator(_instant)]
_Visibility = Annotated[StatsVisibility, BeforeValidator(StatsVisibility.parse)]


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


#: What exports of Panoptes say beside: it is known, and neither looked at nor stored.
_Unused = Annotated[Any, Field(exclude=True)]


class _User(_Entry):
    id: _Id
    login: _Text | None = None
    display_name: _Text | None = None
    #: Only a token tells who is a site admin.
    admin: _Unused = None

    def row(self) -> Row:
        return self.model_dump()


class _GroupRecord(_Entry):
    """What a group's entry may say that only counts of groups ask for."""

    description: _Text | None = None
    created_at: _Instant | None = Field(
        None, validation_alias=AliasChoices("created_at", "created")
    )
    last_modified_at: _Instant | None = Field(
        None, validation_alias=AliasChoices("updated_at", "last_modified")
    )
    state: _Text | None = None
    revision_id: _Text | None = None
    type: _Text | None = None
    approval_status: _Text | None = None
    image_url: _Text | None = None
    owner_id: _Text | None = None
    landing_page: _Text | None = None
    group_reviewed: StrictBool | None = None
    open_access: StrictBool | None = None
    netl_only: StrictBool | None = None
    project_number: _Text | None = None


class _UserGroup(_GroupRecord):
    id: _Id
    name: _Text | None = None
    display_name: _Text | None = None
    stats_visibility: _Visibility = StatsVisibility.PRIVATE_AGG_ONLY
    private: StrictBool = False

    def row(self) -> Row:
        columns = self.model_dump(exclude=set(_GroupRecord.model_fields))
        return columns | {"stats_visibility": int(self.stats_visibility)}

    def record(self) -> Row | None:
        """The row of the group's record; None if the entry says nothing of it."""
        said = self.model_dump(include=set(_GroupRecord.model_fields))
        return {"group_id": self.id, **said} if any(v is not None for v in said.values()) else None


class _Membership(_Entry):
    user_group_id: _Id
    user_id: _Id
    state: MembershipState
    roles: list[Annotated[_Text, Field(min_length=1)]] = []
    created_at: _Instant | None = None
    id: _Id | None = None

    def row(self) -> Row:
        return {
            "group_id": self.user_group_id,
            "user_id": self.user_id,
            "state": self.state.value,
            "roles": encode_roles(self.roles),
            "created_at": self.created_at,
            "id": self.id,
        }


class _Project(_Entry):
    id: _Id
    slug: _Text | None = None
    display_name: _Text | None = None

    def row(self) -> Row:
        return self.model_dump()


class _RetirementOptions(_Entry):
    count: _Count | None = None


class _Retirement(_Entry):
    criteria: StrictStr | None = None
    options: _RetirementOptions | None = None


class _Workflow(_Entry):
    id: _Id
    project_id: _Id
    display_name: _Text | None = None
    active: StrictBool | None = None
    completeness: _Share | None = None
    subjects_count: _Count | None = None
    retirement_count: _Count | None = None
    retirement: _Retirement | None = None

    def row(self) -> Row:
        row = self.model_dump(exclude={"retirement"})
        rule = self.retirement
        if rule and rule.criteria == "classification_count" and rule.options:
            row["retirement_count"] = rule.options.count
        return row


class _Document(_Entry):
    users: list[_User] = []
    user_groups: list[_UserGroup] = []
    memberships: list[_Membership] = []
    projects: list[_Project] = []
    workflows: list[_Workflow] = []
    tokens: _Unused = None


def read_document(document: object, *, any_role: bool = False) -> dict[str, list[Row]]:
    """The rows of each list, in the document's order, and of the records of its groups.

    UnreadableFile if any entry cannot be used; the message names the first, for example
    ``memberships[3].state``. With ``any_role`` roles that mean nothing here are kept.
    """
    try:
        read = _Document.model_validate(document)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = _place(first["loc"])
        if first["type"] == "extra_forbidden":
            raise UnreadableFile(f"{place} is not a key that is known.") from None
        reason = _REASONS.get(first["type"]) or as_reason(
            first["msg"].removeprefix("Value error, ")
        )
        raise UnreadableFile(f"{place} cannot be used: {reason}.") from None
    if not any_role:
        _check_roles(read.memberships)
    lists = [name for name, field in _Document.model_fields.items() if not field.exclude]
    rows = {name: [entry.row() for entry in getattr(read, name)] for name in lists}
    rows["group_records"] = [row for group in read.user_groups if (row := group.record())]
    return rows


def _check_roles(memberships: Sequence[_Membership]) -> None:
    for position, membership in enumerate(memberships):
        for role in membership.roles:
            if role not in ROLES:
                raise UnreadableFile(
                    f"memberships[{position}].roles cannot be used: {quoted(role)} is none of"
                    f" {' and '.join(ROLES)}."
                )


def _shown_key(key: str) -> str:
    return key if key.isprintable() and len(key) <= _LONGEST_KEY else quoted(key)


def _place(location: Sequence[int | str]) -> str:
    place = ""
    for step in location:
        # Which of two types was tried last is pydantic's affair.
        if step in ("int", "float"):
            continue
        place += f"[{step}]" if isinstance(step, int) else f".{_shown_key(step)}"
    return place.removeprefix(".") or "The document"
