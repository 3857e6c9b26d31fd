"""Viewer: the user, machine or anonymous client that an operation is executed for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Scope(StrEnum):
    """What an API key is for."""

    #: See everything as a site admin does, and change nothing.
    STATS_READ = "stats:read"
    #: Count the user groups.
    GROUPS_COUNT = "groups:count"


@dataclass(frozen=True, slots=True)
class Viewer:
    """A volunteer whose token has verified, a machine with an API key, or nobody (``ANONYMOUS``).

    Names are as the token gives them; the directory's may differ. A machine has no ``id``; one
    with the scope ``stats:read`` sees what a site admin sees.
    """

    id: int | None = None
    login: str | None = None
    display_name: str | None = None
    is_site_admin: bool = False
    api_key_id: str | None = None
    scopes: frozenset[Scope] = frozenset()
    #: Whether the token allows to change groups and memberships, see ``ClaimNames.group_scope``.
    may_change_groups: bool = True

    @property
    def is_anonymous(self) -> bool:
        """Whether no credentials were sent."""
        return self.id is None and self.api_key_id is None

    @property
    def kind(self) -> str:
        """What the log may say of them: no id, no name."""
        if self.api_key_id is not None:
            return "api_key"
        if self.id is None:
            return "anonymous"
        return "site_admin" if self.is_site_admin else "user"

    @property
    def only_reads(self) -> bool:
        """Whether mutations are refused, whatever else the viewer may see."""
        return self.api_key_id is not None


ANONYMOUS = Viewer()
