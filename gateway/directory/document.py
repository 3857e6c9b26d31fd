"""The directory as a JSON document: its schema, and the table rows of its entries.

``{"users": […], "user_groups": […], "memberships": […], "projects": […], "workflows": […]}``,
each list optional and its entries named as in Panoptes. Unknown keys are refused: they are
mistyped, or what is never stored, such as e-mail addresses. A few are known and not looked at.

A copy of a gateway (``stats-gateway directory dump``) has more lists and keys, see
``gateway.directory.copy_entries``.
"""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field, ValidationError

from gateway.directory.certificate_entries import Certificate
from gateway.directory.copy_entries import (
    Backfill,
    ErasedUser,
    GroupChange,
    GroupTenure,
    JoinLink,
    LastId,
    MembershipSpan,
)
from gateway.directory.entries import Membership, Project, User, UserGroup, Workflow
from gateway.directory.entry_types import Entry, Unused
from gateway.directory.goal_entries import Goal
from gateway.directory.memberships import ROLES
from gateway.directory.rows import Row
from gateway.errors import UnreadableFile
from gateway.events.quoted import quoted
from gateway.reasons import as_reason

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
#: A longer key is truncated in messages.
_LONGEST_KEY = 40


class _Document(Entry):
    users: list[User] = Field([])
    user_groups: list[UserGroup] = Field([])
    memberships: list[Membership] = Field([])
    projects: list[Project] = Field([])
    workflows: list[Workflow] = Field([])
    tokens: Unused = None
    group_tenures: list[GroupTenure] = Field([])
    membership_spans: list[MembershipSpan] = Field([])
    backfills: list[Backfill] = Field([])
    group_changes: list[GroupChange] = Field([])
    goals: list[Goal] = Field([])
    certificates: list[Certificate] = Field([])
    join_links: list[JoinLink] = Field([])
    erased_users: list[ErasedUser] = Field([])
    last_ids: list[LastId] = Field([])


_LISTS = ("users", "user_groups", "memberships", "projects", "workflows")
#: What only a copy of a gateway has, see ``gateway.directory.copy_entries``.
COPY_LISTS = (
    "group_tenures",
    "membership_spans",
    "backfills",
    "group_changes",
    "goals",
    "certificates",
    "join_links",
    "erased_users",
    "last_ids",
)
#: Lists whose entries may tell what events said, and the names under which that is returned.
SAID_LISTS = {"users": "users_said", "projects": "projects_said", "workflows": "workflows_said"}


def read_document(document: object, *, any_role: bool = False) -> dict[str, list[Row]]:
    """The rows of each list, in the document's order, and of the records of its groups.

    UnreadableFile if any entry cannot be used; the message names the first, for example
    ``memberships[3].state``. With ``any_role`` roles unknown here are accepted.
    """
    try:
        read = _Document.model_validate(document)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = _location(first["loc"])
        if first["type"] == "extra_forbidden":
            raise UnreadableFile(f"{where} is not a key that is known.") from None
        reason = _REASONS.get(first["type"]) or as_reason(
            first["msg"].removeprefix("Value error, ")
        )
        raise UnreadableFile(f"{where} cannot be used: {reason}.") from None
    if not any_role:
        _check_roles(read.memberships)
    rows = {name: [entry.row() for entry in getattr(read, name)] for name in _LISTS}
    rows["group_records"] = [row for group in read.user_groups if (row := group.record())]
    for name in COPY_LISTS:
        # Of those of a copy an empty list says something too.
        if name in read.model_fields_set:
            rows[name] = [entry.row() for entry in getattr(read, name)]
    for name in SAID_LISTS:
        said = [
            {"id": entry.id, "said": entry.said()}
            for entry in getattr(read, name)
            if entry.from_events
        ]
        if said:
            rows[SAID_LISTS[name]] = said
    return rows


def _check_roles(memberships: Sequence[Membership]) -> None:
    for position, membership in enumerate(memberships):
        # Copies have what they were made of, as Panoptes' other roles.
        if membership.revision is not None:
            continue
        for role in membership.roles:
            if role not in ROLES:
                raise UnreadableFile(
                    f"memberships[{position}].roles cannot be used: {quoted(role)} is none of"
                    f" {' and '.join(ROLES)}."
                )


def _formatted_key(key: str) -> str:
    return key if key.isprintable() and len(key) <= _LONGEST_KEY else quoted(key)


def _location(location: Sequence[int | str]) -> str:
    text = ""
    for step in location:
        # Which of two types was tried last is pydantic's affair.
        if step in ("int", "float"):
            continue
        text += f"[{step}]" if isinstance(step, int) else f".{_formatted_key(step)}"
    return text.removeprefix(".") or "The document"
