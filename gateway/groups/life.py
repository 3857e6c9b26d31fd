"""Group life as one operation knows it: how commands are carried out, and what pages show of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import quote

from gateway.auth.viewer import Viewer
from gateway.groups.commands import Command, Outcome
from gateway.groups.refusals import GroupRefusal, RefusalCode

#: Carries out a command of a viewer, as ``GroupService.run`` does.
RunCommand = Callable[[Command, Viewer], Awaitable[Outcome]]

#: The part of an address that no server sees.
_FRAGMENT = "#join_token="


async def _refuse(_command: Command, _viewer: Viewer) -> Outcome:
    raise GroupRefusal(RefusalCode.NOT_SUPPORTED, "Groups cannot be changed here.")


@dataclass(frozen=True, slots=True)
class GroupLife:
    """What of the settings an operation needs to change groups.

    ``is_on`` is whether this gateway decides about groups at all. ``page_url`` is the address of a
    group's page, in which ``{id}`` stands for its id.
    """

    run: RunCommand = _refuse
    is_on: bool = False
    page_url: str | None = None

    def join_url(self, group_id: int, token: str) -> str | None:
        """The address of the page on which whoever has the token joins; None without a page.

        The token stands in the fragment, which browsers send to no server.
        """
        if self.page_url is None:
            return None
        page = self.page_url.replace("{id}", str(group_id))
        return f"{page}{_FRAGMENT}{quote(token, safe='')}"


#: Groups that cannot be changed here.
NO_GROUP_LIFE = GroupLife()
