"""Errors that this service raises on purpose, with their codes.

    GatewayError
    ├── ArgumentError            something the caller passed; names the argument
    │   ├── InvalidArgument      INVALID_ARGUMENT       malformed value
    │   ├── InvalidRange         INVALID_RANGE          start after end
    │   ├── ExclusiveArguments   EXCLUSIVE_ARGUMENTS    two that exclude each other
    │   └── OutOfBounds          OUT_OF_BOUNDS          outside the limits it names
    ├── NotFound                 NOT_FOUND              no such user, group, project or workflow
    ├── Unauthenticated          UNAUTHENTICATED        no token, or one that does not verify
    ├── Forbidden                FORBIDDEN              this viewer may not see this field
    ├── Unavailable              UNAVAILABLE            the database is busy or away; try again
    ├── RateLimited              RATE_LIMITED           too many wrong tries; try again later
    ├── TooManyRows              TOO_MANY_VALUES        the answer needs more rows than are read
    ├── Conflict                 CONFLICT               another command got in between; run it again
    ├── UnreadableFile           UNREADABLE_FILE        not a file that can be imported
    ├── InvalidEvent             INVALID_EVENT          one event that cannot be counted
    └── SettingsError            INVALID_SETTING        a setting or a key file that cannot be used

A caller decides by ``code``; a person reads the message, which is one sentence.
"""

from __future__ import annotations

from typing import Any, ClassVar


class GatewayError(Exception):
    """Base of all errors whose message clients may see."""

    code: ClassVar[str] = "ERROR"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    @property
    def extensions(self) -> dict[str, Any]:
        """What GraphQL shows beside the message; graphql-core reads it from here."""
        return {"code": self.code}


class ArgumentError(GatewayError):
    """An argument cannot be used; ``argument`` is its name as the caller wrote it."""

    code = "INVALID_ARGUMENT"

    def __init__(self, argument: str, message: str) -> None:
        super().__init__(message)
        self.argument = argument

    @property
    def extensions(self) -> dict[str, Any]:
        return {"code": self.code, "argument": self.argument}


class InvalidArgument(ArgumentError):
    """The value is malformed."""


class InvalidRange(ArgumentError):
    """The start lies after the end."""

    code = "INVALID_RANGE"


class ExclusiveArguments(ArgumentError):
    """Two arguments were given that exclude each other."""

    code = "EXCLUSIVE_ARGUMENTS"


class OutOfBounds(ArgumentError):
    """A number or the length of a list lies outside ``minimum`` to ``maximum``."""

    code = "OUT_OF_BOUNDS"

    def __init__(
        self, argument: str, value: int, minimum: int, maximum: int, sentence: str | None = None
    ) -> None:
        said = sentence or f"{argument} is {value}: it must be from {minimum} to {maximum}."
        super().__init__(argument, said)
        self.value = value
        self.minimum = minimum
        self.maximum = maximum

    @property
    def extensions(self) -> dict[str, Any]:
        bounds = {"minimum": self.minimum, "limit": self.maximum, "value": self.value}
        return {**super().extensions, **bounds}


class NotFound(GatewayError):
    """There is no such entity, or it must look as if there were none."""

    code = "NOT_FOUND"

    def __init__(self, kind: str, entity_id: int | None, identifier: str = "id") -> None:
        key = f"the id {entity_id}" if entity_id is not None else f"this {identifier}"
        super().__init__(f"There is no {kind} with {key}.")
        self.kind = kind
        #: None where it was looked up by another ``identifier``.
        self.entity_id = entity_id


class Unauthenticated(GatewayError):
    """A token is needed and none was sent, or the one sent does not verify.

    ``reason`` says to operators, in one of few words, what is wrong with the credentials; None
    where none were sent.
    """

    code = "UNAUTHENTICATED"
    reason: str | None = None


class Forbidden(GatewayError):
    """The viewer is known and may not see this."""

    code = "FORBIDDEN"


class Unavailable(GatewayError):
    """The database did not answer in time; the same request may work later."""

    code = "UNAVAILABLE"


class RateLimited(GatewayError):
    """There were too many wrong tries; ``retry_after`` is in seconds from now."""

    code = "RATE_LIMITED"

    def __init__(self, message: str, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after

    @property
    def extensions(self) -> dict[str, Any]:
        return {"code": self.code, "retryAfter": self.retry_after}


class TooManyRows(GatewayError):
    """The answer needs more than ``limit`` rows of the database; no more are read."""

    code = "TOO_MANY_VALUES"

    def __init__(self, limit: int) -> None:
        super().__init__(f"The answer needs more than {limit:,} rows: ask for less at once.")
        self.limit = limit

    @property
    def extensions(self) -> dict[str, Any]:
        return {"code": self.code, "limit": self.limit}


class Conflict(GatewayError):
    """Another command did the same in between; nothing was changed."""

    code = "CONFLICT"


class UnreadableFile(GatewayError):
    """The file is missing, or none of the formats that can be imported."""

    code = "UNREADABLE_FILE"


class InvalidEvent(GatewayError):
    """One event or row cannot be counted; the message is the reason."""

    code = "INVALID_EVENT"


class SettingsError(GatewayError):
    """A setting, or a file that it names, cannot be used."""

    code = "INVALID_SETTING"
