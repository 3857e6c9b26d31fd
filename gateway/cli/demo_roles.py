"""Roles of the demo: users as whom one can sign in."""

from __future__ import annotations

from typing import NamedTuple


class Role(NamedTuple):
    """Role of the demo: a user to sign in as; the token is in a file of the role's name."""

    name: str
    user_id: int
    sees: str
    is_site_admin: bool = False


#: Two volunteers of the first export (the member came back on 22 days) and somebody in no group.
ADMIN = Role("admin", 1304710, "An admin of the group also sees the statistics of each member")
MEMBER = Role("member", 1631617, "A member of the group sees its totals")
SITE_ADMIN = Role("site-admin", 1, "A site admin sees everything", is_site_admin=True)
ROLES = (MEMBER, ADMIN, SITE_ADMIN)
