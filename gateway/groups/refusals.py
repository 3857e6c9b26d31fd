"""Refusals of group commands: errors that a person can correct."""

from __future__ import annotations

from enum import StrEnum

from gateway.errors import GatewayError


class RefusalCode(StrEnum):
    """Codes of ``userErrors``; ``docs/errors.md`` lists them."""

    NAME_TAKEN = "NAME_TAKEN"
    NAME_INVALID = "NAME_INVALID"
    DISPLAY_NAME_INVALID = "DISPLAY_NAME_INVALID"
    #: Wrong, expired, switched off, or no such group: one answer.
    JOIN_TOKEN_INVALID = "JOIN_TOKEN_INVALID"  # noqa: S105 - a code
    #: The token was right.
    GROUP_INACTIVE = "GROUP_INACTIVE"
    INVITATION_REQUIRED = "INVITATION_REQUIRED"
    NOT_A_MEMBER = "NOT_A_MEMBER"
    UNKNOWN_USER = "UNKNOWN_USER"
    LAST_ADMIN = "LAST_ADMIN"
    #: The message and the path say what is wrong.
    GOAL_INVALID = "GOAL_INVALID"
    #: The metric is not counted for the owner of the goal.
    METRIC_UNAVAILABLE = "METRIC_UNAVAILABLE"
    #: Somebody else changed it in between.
    CONFLICT = "CONFLICT"
    LIMIT_REACHED = "LIMIT_REACHED"
    #: The authority of this group cannot do that, or groups are switched off.
    NOT_SUPPORTED = "NOT_SUPPORTED"


class GroupRefusal(GatewayError):
    """A command that was refused, and changed nothing; ``path`` is the field of its input.

    The path has the names of GraphQL's inputs: ``("userIds", "3")``, ``("joinToken",)``. It is
    empty where no single field is wrong. The message names no person and no hidden
    group.
    """

    def __init__(self, refusal: RefusalCode, message: str, *path: str) -> None:
        super().__init__(message)
        self.refusal = refusal
        self.path = path
