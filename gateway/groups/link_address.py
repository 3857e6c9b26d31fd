"""Addresses of join links."""

from __future__ import annotations

from urllib.parse import quote

#: The part of an address that browsers send to no server.
_FRAGMENT = "#join_token="


def join_url(page_url: str | None, group_id: int, token: str) -> str | None:
    """The address on which whoever has the token joins; None without a page of groups.

    In ``page_url`` ``{id}`` stands for the group's id.
    """
    if page_url is None:
        return None
    return f"{page_url.replace('{id}', str(group_id))}{_FRAGMENT}{quote(token, safe='')}"
