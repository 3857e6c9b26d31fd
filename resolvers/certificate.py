"""Certificates: what a volunteer had done, as counted on the day of issue.

Whoever has the code sees the certified figures, and whether they differ from today's. Today's
figures are private: they are in the volunteer's statistics.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Self

import strawberry

from gateway.calendar import day_date
from gateway.directory import certificates
from gateway.directory.certificates import Figures, digest_of
from gateway.execution_hints import batched_field
from resolvers.context import Info
from resolvers.contributions import load_projects
from resolvers.costs import costs
from resolvers.instants import instant
from resolvers.scalars import SafeInt

if TYPE_CHECKING:
    from resolvers.project import Project

CodeArgument = Annotated[
    str,
    strawberry.argument(
        description="As it was issued; letter case, spaces and hyphens make no difference."
    ),
]


async def changes_of(of: Sequence[Certificate], info: Info) -> list[bool]:
    """Whether the certified figures differ from today's."""
    keys = [(one.record.question, one.record.user_id) for one in of]
    found = await info.context.loaders.contributions.load_many(keys)
    return [Figures.of(sums) != one.record.figures for one, sums in zip(of, found, strict=True)]


async def projects_of(of: Sequence[Certificate], info: Info) -> list[Project | None]:
    """The project of each certificate, if it has one; unknown ones keep their ids."""
    ids = [one.record.project_id for one in of]
    found = await load_projects(info, (one for one in ids if one is not None), ())
    return [None if one is None else found[one] for one in ids]


@strawberry.type(
    description="What a volunteer had done, as it was counted on the day of issue. It stays so "
    "until it is revoked, whatever is counted later."
)
class Certificate:
    """A certificate; its row stores all fields but two."""

    code: str = strawberry.field(
        description="By which `certificate` finds it: whoever has it sees all of this."
    )
    login: str | None = strawberry.field(
        description="The login of the volunteer on the day of issue; null if it was not known."
    )
    display_name: str | None = strawberry.field(
        description="The name they showed to others on the day of issue, the login if they chose "
        "none; null if it was not known."
    )
    project_name: str | None = strawberry.field(
        description="What the project was called on the day of issue; null for all projects, and "
        "if it was not known."
    )
    start: date | None = strawberry.field(
        description="The first day that counted; null for all days up to the end."
    )
    end: date = strawberry.field(
        description="The last day that counted: the day of issue, or one before."
    )
    total_count: SafeInt = strawberry.field(description="How many classifications.")
    time_spent: float = strawberry.field(description="Session time in seconds.")
    project_count: int = strawberry.field(
        description="How many different projects; what names no project is none."
    )
    issued_at: datetime = strawberry.field(description="When it was issued, and counted.")
    record: strawberry.Private[certificates.Certificate]

    project: Annotated[Project, strawberry.lazy("resolvers.project")] | None = batched_field(
        projects_of, description="The project that it is about, as of now; null for all projects."
    )
    figures_changed: bool = batched_field(
        changes_of,
        description="Whether other figures are counted today for the same days and projects: by "
        "work of the day of issue that came later, late events, and corrections.",
        directives=[costs(5)],
    )

    @classmethod
    def of(cls, record: certificates.Certificate) -> Self:
        """The certificate of a record."""
        return cls(
            code=record.code,
            login=record.login,
            display_name=record.display_name or record.login,
            project_name=record.project_name,
            start=None if record.start_day is None else day_date(record.start_day),
            end=day_date(record.end_day),
            total_count=SafeInt(record.n),
            time_spent=record.ms / 1000,
            project_count=record.projects,
            issued_at=instant(record.issued_at),
            record=record,
        )


async def find_certificate(info: Info, code: str) -> Certificate | None:
    """The certificate with a code; None for unknown, revoked and erased ones alike."""
    # Also without a certificate: the headers of both answers must be alike.
    info.context.mark_secret()
    found = await info.context.loaders.certificates.load(digest_of(code))
    return None if found is None else Certificate.of(found)


async def load_own_certificates(info: Info, user_id: int) -> list[Certificate]:
    """A volunteer's certificates, the last one first, for who may see their private data."""
    info.context.mark_secret()
    found = await info.context.loaders.certificates_by_user.load(user_id)
    return [Certificate.of(one) for one in found]
