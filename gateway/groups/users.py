"""Users in commands: those whom they name, and those who give them."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import Connection, select

from gateway.auth.viewer import Viewer
from gateway.db.ids import among
from gateway.db.instants import written_at
from gateway.db.tables import membership, user
from gateway.directory.logins import find_by_login
from gateway.directory.store_names import store_names
from gateway.errors import OutOfBounds
from gateway.events.event import Names
from gateway.groups.limits import MOST_USERS
from gateway.rollups.erasure import read_erased

_KNOWN = select(user.c.id).where(among(user.c.id, "users"))
# A file may list a user's memberships and not the user.
_MEMBERS = select(membership.c.user_id).where(among(membership.c.user_id, "users")).distinct()


def known_users(connection: Connection, user_ids: Collection[int]) -> set[int]:
    """Those of the users who are in the directory and were not erased."""
    parameters = {"users": sorted(set(user_ids))}
    found = set(connection.execute(_KNOWN, parameters).scalars())
    found |= set(connection.execute(_MEMBERS, parameters).scalars())
    return found - read_erased(connection, found)


def users_of_logins(connection: Connection, logins: Collection[str]) -> dict[str, int]:
    """Users by login, in any letter case; unknown and ambiguous logins are left out."""
    storable = {login for login in logins if _storable(login) is not None}
    found = find_by_login(connection, storable)
    return {login: users[0] for login, users in found.items() if len(users) == 1}


def check_number(argument: str, users: Sequence[object], least: int = 1) -> None:
    """OutOfBounds for a command that names too many users, or too few."""
    if not least <= len(users) <= MOST_USERS:
        raise OutOfBounds(
            argument,
            len(users),
            least,
            MOST_USERS,
            f"{argument} has {len(users)} users: it must have {least} to {MOST_USERS}.",
        )


def store_viewer_names(connection: Connection, viewer: Viewer) -> None:
    """Store the names in the viewer's token, as events store those of users."""
    if viewer.id is None:
        return
    names = Names(users={viewer.id: _storable(viewer.login)})
    if (display_name := _storable(viewer.display_name)) is not None:
        names.display_names[viewer.id] = display_name
    store_names(connection, names, written_at(connection))


def _storable(text: str | None) -> str | None:
    """The text; None if it is empty, or no database stores it: NUL, or half a surrogate pair."""
    if not text or any(one == "\0" or "\ud800" <= one <= "\udfff" for one in text):
        return None
    return text
