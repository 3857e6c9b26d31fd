"""Turn: one command's time as the only writer."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from gateway.auth.viewer import Viewer
from gateway.db.instants import written_at
from gateway.groups.limits import Limits


@dataclass(frozen=True, slots=True)
class Turn:
    """The transaction of a command, whose command it is, and what is allowed at most."""

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
