"""Transaction of a command on a group, and the limits of what it may do."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from gateway.auth.viewer import Viewer
from gateway.db.instants import written_at


@dataclass(frozen=True, slots=True)
class Limits:
    """What is allowed at most: the settings of the same names."""

    groups_per_volunteer: int = 200
    groups_per_day: int = 20
    groups_of_volunteer: int = 500
    memberships_per_group: int = 50_000
    invitations_per_day: int = 200
    open_invitations: int = 500
    group_changes_per_day: int = 5_000


@dataclass(frozen=True, slots=True)
class Transaction:
    """The writing transaction of one command, its viewer, and what is allowed at most."""

    connection: Connection
    viewer: Viewer
    limits: Limits

    @property
    def now(self) -> int:
        """When the transaction began, in microseconds."""
        return written_at(self.connection)

    @property
    def viewer_id(self) -> int:
        """The viewer's id; 0, which nobody has, for a site operator."""
        return self.viewer.id or 0
