"""Users whom commands name, and those who give them."""

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
from gateway.rollups.erasure import read_forgotten

_KNOWN = select(user.c.id).where(among(user.c.id, "users"))
# A file may list a user's memberships and not the user.
_MEMBERS = select(membership.c.user_id).where(among(membership.c.user_id, "users")).distinct()


def known_users(connection: Connection, user_ids: Collection[int]) -> set[int]:
    """Those of the users whom the directory knows and who were not erased."""
    asked = {"users": sorted(set(user_ids))}
    found = set(connection.execute(_KNOWN, asked).scalars())
    found |= set(connection.execute(_MEMBERS, asked).scalars())
    return found - read_forgotten(connection, found)


def users_of_logins(connection: Connection, logins: Collection[str]) -> dict[str, int]:
    """Who has each login, in any letter case; not those that nobody has, or that are ambiguous."""
    storable = {login for login in logins if _storable(login) is not None}
    found = find_by_login(connection, storable)
    return {login: users[0] for login, users in found.items() if len(users) == 1}


def check_number(argument: str, users: Sequence[object], least: int = 1) -> None:
    """OutOfBounds for a command that names more users than one may, or too few."""
    if not least <= len(users) <= MOST_USERS:
        raise OutOfBounds(
            argument,
            len(users),
            least,
            MOST_USERS,
            f"{argument} has {len(users)} users: it must have {least} to {MOST_USERS}.",
        )


def store_viewer_names(connection: Connection, viewer: Viewer) -> None:
    """Note whoever changes something, and the names that their token gives, as events do."""
    if viewer.id is None:
        return
    names = Names(users={viewer.id: _storable(viewer.login)})
    if (shown := _storable(viewer.display_name)) is not None:
        names.display_names[viewer.id] = shown
    store_names(connection, names, written_at(connection))


def _storable(text: str | None) -> str | None:
    """The text; None if it is empty, or no database stores it: NUL, or half a surrogate pair."""
    if not text or any(one == "\0" or "\ud800" <= one <= "\udfff" for one in text):
        return None
    return text
