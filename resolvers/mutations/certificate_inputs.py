"""Issuing and revoking certificates: the inputs."""

from __future__ import annotations

import strawberry

from gateway.arguments import read_id
from gateway.execution_hints import FrozenInput
from gateway.groups.commands import IssueCertificate, RevokeCertificate
from resolvers.ranges import DateRange, days_in


@strawberry.input(description="What `issueCertificate` takes.")
class IssueCertificateInput(FrozenInput):
    """Days, and one project or all."""

    range: DateRange | None = strawberry.field(
        default=None,
        description="The days that count, up to today: a range that ends later, or has no end, "
        "ends today (UTC). Default: all.",
    )
    project_id: strawberry.ID | None = strawberry.field(
        default=None, description="Only what was done in this project. Default: in all."
    )

    def command(self) -> IssueCertificate:
        """What is to be carried out."""
        project_id = None if self.project_id is None else read_id("projectId", self.project_id)
        return IssueCertificate(days_in(self.range), project_id)


@strawberry.input(description="What `revokeCertificate` takes.")
class RevokeCertificateInput(FrozenInput):
    """One certificate."""

    code: str = strawberry.field(
        description="Its code; letter case, spaces and hyphens make no difference."
    )

    def command(self) -> RevokeCertificate:
        """What is to be carried out."""
        return RevokeCertificate(self.code)
