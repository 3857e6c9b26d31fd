"""Volunteers' public names."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import Row, select

from gateway.db.ids import among
from gateway.db.tables import user


class User(NamedTuple):
    """A volunteer; names are None where no source has given them."""

    id: int
    login: str | None
    display_name: str | None


def user_of(row: Row[Any]) -> User:
    """The user in a row of ``USERS_BY_ID``."""
    return User._make(row)


#: The users with these ``ids``, in no particular order.
USERS_BY_ID = select(user.c.id, user.c.login, user.c.display_name).where(among(user.c.id, "ids"))

#: The ids of all users, ascending.
USER_IDS = select(user.c.id).order_by(user.c.id)
