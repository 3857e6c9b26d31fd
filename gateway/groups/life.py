"""Group life of one operation: how commands are run, and where the pages of groups are."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from gateway.auth.viewer import Viewer
from gateway.groups.commands import Command, Outcome
from gateway.groups.refusals import GroupRefusal, RefusalCode
from gateway.groups.rules import Action

#: Runs a command of a viewer, as ``GroupService.run`` does.
RunCommand = Callable[[Command, Viewer], Awaitable[Outcome]]

#: The join tokens of groups that a viewer leads, by the group.
ReadTokens = Callable[[Viewer, Sequence[int]], Awaitable[Mapping[int, str]]]

#: The part of a URL that browsers send to no server.
_FRAGMENT = "#join_token="


async def _refuse(_command: Command, _viewer: Viewer) -> Outcome:
    raise GroupRefusal(RefusalCode.NOT_SUPPORTED, "Groups cannot be changed here.")


@dataclass(frozen=True, slots=True)
class GroupLife:
    """The settings that an operation needs to change groups.

    ``is_on`` is whether groups are changed through this gateway at all, and ``unsupported`` are the
    actions that the home of groups cannot do. ``page_url`` is the address of a group's page, in
    which ``{id}`` stands for its id. ``read_tokens`` reads join tokens that are not stored here.
    """

    run: RunCommand = _refuse
    is_on: bool = False
    page_url: str | None = None
    unsupported: frozenset[Action] = frozenset()
    read_tokens: ReadTokens | None = None

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
