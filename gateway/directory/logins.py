"""Look-up of users by login. Letter case makes no difference."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence

from sqlalchemy import Connection, bindparam, select

from gateway.db.tables import name_key, user
from gateway.directory.name_lists import NameList
from gateway.events.quoted import quoted
from gateway.name_keys import identifier_key

#: Keys of one statement: SQLite takes no more than some thousand parameters.
_CHUNK = 500

_HAVING = (
    select(name_key.c.key, user.c.id, user.c.login)
    .join(user, user.c.id == name_key.c.entity_id)
    .where(
        name_key.c.list == int(NameList.LOGINS),
        name_key.c.key.in_(bindparam("keys", expanding=True)),
    )
    .order_by(user.c.id)
)


def find_by_login(connection: Connection, logins: Collection[str]) -> dict[str, list[int]]:
    """The ids of the users who have each login: of several those who are spelled so, if any is.

    Runs under the writer lock.
    """
    keys = sorted({identifier_key(login) for login in logins if "\0" not in login})
    having: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for first in range(0, len(keys), _CHUNK):
        chunk = keys[first : first + _CHUNK]
        for key, user_id, login in connection.execute(_HAVING, {"keys": chunk}):
            having[key].append((user_id, login))
    found = {}
    for login in logins:
        users = having.get(identifier_key(login), [])
        spelled = [user_id for user_id, one in users if one == login]
        found[login] = spelled or [user_id for user_id, _ in users]
    return found


def why_not_one(login: str, ids: Sequence[int]) -> str | None:
    """The reason why a login is not of exactly one user; None if it is."""
    if len(ids) > 1:
        examples = " and ".join(map(str, ids[:2]))
        return f"several users have the login {quoted(login)}, as {examples}; name one by id"
    return None if ids else f"there is no user with the login {quoted(login)}"
