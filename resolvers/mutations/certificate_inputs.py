"""Inputs of issuing and revoking certificates."""

from __future__ import annotations

import strawberry

from gateway.arguments import read_id
from gateway.execution_hints import FrozenInput
from gateway.groups.commands import IssueCertificate, RevokeCertificate
from resolvers.ranges import DateRange, days_in


@strawberry.input(description="What `issueCertificate` takes.")
class IssueCertificateInput(FrozenInput):
    """A certificate to issue: its days, and one project or all."""

    range: DateRange | None = strawberry.field(
        default=None,
        description="The days that count, up to today: a range that ends later, or has no end, "
        "ends today (UTC). Default: all.",
    )
    project_id: strawberry.ID | None = strawberry.field(
        default=None, description="Only what was done in this project. Default: in all."
    )

    def command(self) -> IssueCertificate:
        """The command of this input."""
        project_id = None if self.project_id is None else read_id("projectId", self.project_id)
        return IssueCertificate(days_in(self.range), project_id)


@strawberry.input(description="What `revokeCertificate` takes.")
class RevokeCertificateInput(FrozenInput):
    """A certificate to revoke."""

    code: str = strawberry.field(
        description="Its code; letter case, spaces and hyphens make no difference."
    )

    def command(self) -> RevokeCertificate:
        """The command of this input."""
        return RevokeCertificate(self.code)
