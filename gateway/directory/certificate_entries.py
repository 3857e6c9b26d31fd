"""Entries of certificates in a copy of a gateway: their schema and their table rows."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, StrictStr, model_validator

from gateway.calendar import day_of
from gateway.directory.certificates import CODE, digest_of
from gateway.directory.entry_types import Count, Day, Entry, Id, Instant, Text
from gateway.directory.rows import Row


class Certificate(Entry):
    """A certificate of a volunteer; session time is in milliseconds."""

    code: Annotated[StrictStr, Field(pattern=CODE)]
    user_id: Id
    login: Text | None = None
    display_name: Text | None = None
    project_id: Id | None = None
    project_name: Text | None = None
    start: Day | None = None
    end: Day
    classifications: Count
    milliseconds: Count
    projects: Count
    issued_at: Instant

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        if self.start is not None and self.start > self.end:
            raise ValueError("it must not end before it starts")
        if self.end > day_of(self.issued_at):
            raise ValueError("it must not end after the day on which it was issued")
        return self

    def row(self) -> Row:
        """The table row of this entry."""
        return {
            "digest": digest_of(self.code),
            "code": self.code,
            "user_id": self.user_id,
            "login": self.login,
            "display_name": self.display_name,
            "project_id": self.project_id,
            "project_name": self.project_name,
            "start_day": self.start,
            "end_day": self.end,
            "n": self.classifications,
            "ms": self.milliseconds,
            "projects": self.projects,
            "issued_at": self.issued_at,
        }
