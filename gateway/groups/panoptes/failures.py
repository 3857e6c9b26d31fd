"""Errors of Panoptes: what its answers to a change mean, as pure functions.

Messages of Panoptes are read, and never passed on: they may quote what somebody else wrote.
"""

from __future__ import annotations

from datetime import datetime
from enum import Enum, auto
from http import HTTPStatus
from typing import Any

import orjson

from gateway.directory.panoptes.client import seconds_of
from gateway.directory.panoptes.transport import Answer
from gateway.errors import (
    Forbidden,
    InvalidArgument,
    NotFound,
    RateLimited,
    Unauthenticated,
    Unavailable,
)
from gateway.groups.deciding import refusal_of_verdict
from gateway.groups.refusals import GroupRefusal, RefusalCode
from gateway.groups.rules import Verdict

#: Seconds in which a kind of command that has just failed is not sent again.
PAUSE_SECONDS = 5
#: Seconds to wait if Panoptes is too busy and does not say for how long.
_BUSY_SECONDS = 60


class Step(Enum):
    """The kind of a request to Panoptes, as far as its error statuses mean other things."""

    READ = "reading"
    CREATE = "creating a group"
    JOIN = "joining"
    CHANGE = "changing"


class ChangeStatus(Enum):
    """The status of a change that was sent."""

    DONE = auto()
    #: Answered without the record: so Panoptes answers people who are banned.
    EMPTY = auto()
    #: The record has changed since it was read.
    SUPERSEDED = auto()
    #: It may have been done, or not.
    UNKNOWN = auto()
    #: It was not done; :func:`refusal` says why.
    REFUSED = auto()


class PanoptesUnavailable(Unavailable):
    """Panoptes does not answer, or not usably; ``retry_after`` is in seconds from now."""

    def __init__(self, message: str, retry_after: int = PAUSE_SECONDS) -> None:
        super().__init__(message)
        self.retry_after = retry_after

    @property
    def extensions(self) -> dict[str, Any]:
        return {"code": self.code, "retryAfter": self.retry_after}


class WrongRequest(Exception):
    """Panoptes rejected a request as wrong, which is a bug of this gateway."""


def change_status(answer: Answer, *, has_record: bool) -> ChangeStatus:
    """The status of a change; ``has_record`` is whether success answers a record."""
    if HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
        return ChangeStatus.EMPTY if has_record and not answer.body.strip() else ChangeStatus.DONE
    if answer.status in {HTTPStatus.CONFLICT, HTTPStatus.PRECONDITION_FAILED}:
        return ChangeStatus.SUPERSEDED
    if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return ChangeStatus.UNKNOWN
    return ChangeStatus.REFUSED


def refusal(answer: Answer, step: Step, group_id: int, now: datetime) -> Exception:
    """The error that a refusal stands for."""
    match answer.status:
        case HTTPStatus.UNAUTHORIZED:
            return Unauthenticated("Panoptes does not take this token.")
        case HTTPStatus.FORBIDDEN:
            return Forbidden("Panoptes does not let this token change groups.")
        case HTTPStatus.NOT_FOUND if step is not Step.READ:
            return _wrong_token() if step is Step.JOIN else NotFound("group", group_id)
        case HTTPStatus.BAD_REQUEST:
            return _invalid(_words(answer))
        case HTTPStatus.UNPROCESSABLE_ENTITY if step is Step.JOIN:
            if "group is inactive" in _words(answer):
                return refusal_of_verdict(Verdict.GROUP_INACTIVE)
            return _wrong_token()
        case HTTPStatus.TOO_MANY_REQUESTS:
            retry_after = seconds_of(answer.headers.get("retry-after"), now)
            seconds = _BUSY_SECONDS if retry_after is None else max(int(retry_after), 1)
            return RateLimited(f"Panoptes is busy: try again in {seconds} seconds.", seconds)
        case status if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return PanoptesUnavailable(f"Panoptes answered with status {status}: try again later.")
        case status if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
            # The token must not be sent elsewhere.
            return PanoptesUnavailable("Panoptes answered with a redirect, which is not followed.")
        case status:
            return WrongRequest(f"Panoptes answered with status {status} to {step.value}.")


def _wrong_token() -> GroupRefusal:
    return refusal_of_verdict(Verdict.JOIN_TOKEN_INVALID)


def _invalid(words: str) -> GroupRefusal | InvalidArgument:
    """The error for a failed validation of Panoptes."""
    if "display name" in words:
        message = "Panoptes does not take this display name: choose another."
        return GroupRefusal(RefusalCode.DISPLAY_NAME_INVALID, message, "displayName")
    if "name has already been taken" in words:
        message = "This name is taken: choose another."
        return GroupRefusal(RefusalCode.NAME_TAKEN, message, "name")
    if "name " in words:
        message = "Panoptes does not take this name: choose another."
        return GroupRefusal(RefusalCode.NAME_INVALID, message, "name")
    return InvalidArgument("input", "Panoptes does not take these values.")


def _words(answer: Answer) -> str:
    """The messages of an answer in small letters; none if it has none."""
    try:
        document = orjson.loads(answer.body)
        messages = [one["message"] for one in document["errors"]]
    except (orjson.JSONDecodeError, TypeError, KeyError):
        return ""
    return " ".join(one for one in messages if isinstance(one, str)).lower()
