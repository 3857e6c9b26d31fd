"""Stored API keys: never the key itself, only a hash of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection, Row, bindparam, insert, or_, select, update

from gateway.changes.log import log_change
from gateway.db.tables import api_key
from gateway.errors import InvalidArgument

_LONGEST_NAME = 100


class ApiKey(NamedTuple):
    """A key that a machine sends. Instants are microseconds since the epoch; None is never."""

    id: str
    name: str
    scopes: tuple[str, ...]
    secret_hash: bytes
    created_at: int
    last_used_at: int | None = None
    revoked_at: int | None = None


_COLUMNS = tuple(api_key.c[name] for name in ApiKey._fields)

#: The key with this ``id``, revoked or not.
API_KEY_BY_ID = select(*_COLUMNS).where(api_key.c.id == bindparam("id"))
#: All keys, the oldest first.
API_KEYS = select(*_COLUMNS).order_by(api_key.c.created_at, api_key.c.id)
#: The ids of those that are not revoked.
API_KEYS_IN_USE = select(api_key.c.id).where(api_key.c.revoked_at.is_(None))
_IN_USE = select(*_COLUMNS).where(
    api_key.c.name == bindparam("name"), api_key.c.revoked_at.is_(None)
)


def api_key_of(row: Row[Any]) -> ApiKey:
    """The key in a row of ``API_KEY_BY_ID`` or ``API_KEYS``."""
    return ApiKey._make(row)._replace(scopes=tuple(orjson.loads(row.scopes)))


def add_api_key(connection: Connection, key: ApiKey) -> None:
    """Store a new key in a writing transaction; InvalidArgument if its name cannot be used."""
    if not 0 < len(key.name) <= _LONGEST_NAME or not key.name.isprintable():
        raise InvalidArgument(
            "name", f"The name of a key must have 1 to {_LONGEST_NAME} printable characters."
        )
    if connection.execute(_IN_USE, {"name": key.name}).first() is not None:
        raise InvalidArgument("name", f"There is a key named {key.name}: choose another name.")
    values = key._asdict() | {"scopes": orjson.dumps(key.scopes).decode()}
    connection.execute(insert(api_key).values(values))
    log_change(connection)


def revoke_api_key(connection: Connection, id_or_name: str, now_us: int) -> ApiKey:
    """Revoke a key in a writing transaction, and return it; again changes nothing.

    InvalidArgument if no key has the id and none in use has the name.
    """
    row = (
        connection.execute(API_KEY_BY_ID, {"id": id_or_name}).first()
        or connection.execute(_IN_USE, {"name": id_or_name}).first()
    )
    if row is None:
        # Not quoted: whoever revokes a key may have pasted the key itself.
        raise InvalidArgument(
            "key", "There is no API key with this id, and no active key with this name."
        )
    key = api_key_of(row)
    if key.revoked_at is not None:
        return key
    connection.execute(update(api_key).where(api_key.c.id == key.id).values(revoked_at=now_us))
    log_change(connection)
    return key._replace(revoked_at=now_us)


_RECORD_USE = (
    update(api_key)
    .where(
        api_key.c.id == bindparam("key_id"),
        or_(api_key.c.last_used_at.is_(None), api_key.c.last_used_at < bindparam("used_at")),
    )
    .values(last_used_at=bindparam("used_at"))
)


def record_uses(connection: Connection, uses: Mapping[str, int]) -> None:
    """Store when keys were last used, by their ids; never an earlier instant than is stored."""
    for key_id, used_at in uses.items():
        connection.execute(_RECORD_USE, {"key_id": key_id, "used_at": used_at})
