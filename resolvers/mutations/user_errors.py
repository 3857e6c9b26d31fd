"""User errors: refusals as data, which a person can correct in a form."""

from __future__ import annotations

from enum import Enum
from typing import Self

import strawberry

from gateway.groups.refusals import GroupRefusal, RefusalCode
from resolvers.costs import about


@strawberry.enum(
    description="Why something was not done. More codes may come: have a branch for those that you "
    "do not know."
)
class UserErrorCode(Enum):
    """The codes of refusals; ``docs/errors.md`` lists them."""

    NAME_TAKEN = strawberry.enum_value(
        RefusalCode.NAME_TAKEN, description="Another group or a volunteer has this name."
    )
    NAME_INVALID = strawberry.enum_value(
        RefusalCode.NAME_INVALID,
        description="A name has 1 to 100 letters A to Z, digits, and the characters `_`, `.`, `-`.",
    )
    DISPLAY_NAME_INVALID = strawberry.enum_value(
        RefusalCode.DISPLAY_NAME_INVALID,
        description="A display name has 1 to 120 characters on one line.",
    )
    JOIN_TOKEN_INVALID = strawberry.enum_value(
        RefusalCode.JOIN_TOKEN_INVALID,
        description="The token is wrong, has expired or is off, or there is no such group.",
    )
    GROUP_INACTIVE = strawberry.enum_value(
        RefusalCode.GROUP_INACTIVE, description="The group has been deactivated."
    )
    INVITATION_REQUIRED = strawberry.enum_value(
        RefusalCode.INVITATION_REQUIRED,
        description="There is no open invitation of the viewer to this group.",
    )
    NOT_A_MEMBER = strawberry.enum_value(
        RefusalCode.NOT_A_MEMBER, description="Somebody is no member of the group."
    )
    UNKNOWN_USER = strawberry.enum_value(
        RefusalCode.UNKNOWN_USER, description="There is no volunteer with this id or login."
    )
    LAST_ADMIN = strawberry.enum_value(
        RefusalCode.LAST_ADMIN,
        description="The group would have no admin: appoint another first, or deactivate it.",
    )
    GOAL_INVALID = strawberry.enum_value(
        RefusalCode.GOAL_INVALID, description="The message says what of the goal cannot be."
    )
    METRIC_UNAVAILABLE = strawberry.enum_value(
        RefusalCode.METRIC_UNAVAILABLE,
        description="The metric is not counted for a group, or not for a volunteer.",
    )
    CONFLICT = strawberry.enum_value(
        RefusalCode.CONFLICT,
        description="`expectedRevision` is another by now: somebody else changed the group.",
    )
    LIMIT_REACHED = strawberry.enum_value(
        RefusalCode.LIMIT_REACHED, description="A limit is reached; the message says which."
    )
    NOT_SUPPORTED = strawberry.enum_value(
        RefusalCode.NOT_SUPPORTED,
        description="Groups cannot be changed at this gateway, or not in this way where their home "
        "is elsewhere.",
    )


@strawberry.type(description="Why something was not done.")
class UserError:
    """A user error: a refusal as data, for a form."""

    code: UserErrorCode = strawberry.field(description="Decide by this.")
    message: str = strawberry.field(description="One English sentence for people.")
    path: list[str] = strawberry.field(
        description="What part of the input it is about, such as `input`, `name`.",
        directives=[about(3)],
    )

    @classmethod
    def of(cls, refusal: GroupRefusal) -> Self:
        """Convert a refusal to a user error."""
        code = UserErrorCode(refusal.refusal)
        return cls(code=code, message=refusal.message, path=["input", *refusal.path])
