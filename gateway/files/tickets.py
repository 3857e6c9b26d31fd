"""Download tickets: each allows one download of one file by one viewer, within a minute.

A browser that saves a file cannot send a header, and a URL must not contain a token. A ticket is a
row that all gateways of a database share; its first use deletes it.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from functools import partial
from hashlib import sha256
from typing import NamedTuple

import orjson
from sqlalchemy import Connection, bindparam, delete, func, insert, select

from gateway.auth.spender import spender_of
from gateway.auth.viewer import Scope, Viewer
from gateway.db import Database
from gateway.db.instants import written_at
from gateway.db.ticket_tables import file_ticket
from gateway.files.refusals import TooManyFiles

GOOD_SECONDS = 60
#: Valid tickets of one viewer.
TICKETS_OF_VIEWER = 10
_RANDOM_BYTES = 32

_c = file_ticket.c
_CUT = delete(file_ticket).where(_c.expires_at <= bindparam("now"))
_NUMBER = select(func.count()).where(_c.spender == bindparam("whose"))
_USE = (
    delete(file_ticket).where(_c.digest == bindparam("sent")).returning(_c.expires_at, _c.content)
)


class Pass(NamedTuple):
    """Pass of a ticket: what it allows, a path with its query in a media type, to a viewer."""

    viewer: Viewer
    path: str
    media: str
    #: When the viewer's token ends, in seconds since 1970; None for an API key.
    until: float | None
    #: The consistency tokens of what the viewer has seen, of which there may be none.
    seen: str | None = None


class NewTicket(NamedTuple):
    """New ticket; only its viewer gets the text. ``expires_at`` is in microseconds since 1970."""

    text: str
    expires_at: int


class Tickets:
    """Store of tickets in a database; ``random_bytes`` makes their secrets."""

    def __init__(
        self,
        database: Database,
        random_bytes: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self._database = database
        self._random_bytes = random_bytes

    async def issue(self, granted: Pass) -> NewTicket:
        """Issue a ticket; TooManyFiles for a viewer with too many unused ones."""
        text = self._random_bytes(_RANDOM_BYTES).hex()
        expires_at = await self._database.write(partial(_store, text, granted))
        return NewTicket(text, expires_at)

    async def use(self, text: str) -> Pass | None:
        """Use up a ticket and return its pass; None if it is unknown, used or expired."""
        return await self._database.write(partial(_use, text))


def _store(text: str, granted: Pass, connection: Connection) -> int:
    now, whose = written_at(connection), spender_of(granted.viewer, "")
    connection.execute(_CUT, {"now": now})
    if connection.execute(_NUMBER, {"whose": whose}).scalar_one() >= TICKETS_OF_VIEWER:
        raise TooManyFiles(
            f"You have {TICKETS_OF_VIEWER} tickets that are not used: use them, or try again in a "
            "minute.",
            TICKETS_OF_VIEWER,
            GOOD_SECONDS,
        )
    expires_at = now + GOOD_SECONDS * 1_000_000
    if granted.until is not None:
        expires_at = min(expires_at, int(granted.until * 1_000_000))
    connection.execute(
        insert(file_ticket).values(
            digest=_digest(text),
            spender=whose,
            expires_at=expires_at,
            content=_encoded(granted),
        )
    )
    return expires_at


def _use(text: str, connection: Connection) -> Pass | None:
    row = connection.execute(_USE, {"sent": _digest(text)}).first()
    if row is None or row.expires_at <= written_at(connection):
        return None
    return _decoded(row.content)


def _digest(text: str) -> bytes:
    return sha256(text.encode()).digest()


def _encoded(granted: Pass) -> str:
    viewer = granted.viewer
    return orjson.dumps(
        {
            "user": viewer.id,
            "admin": viewer.is_site_admin,
            "key": viewer.api_key_id,
            "scopes": sorted(viewer.scopes),
            "path": granted.path,
            "media": granted.media,
            "seen": granted.seen,
        }
    ).decode()


def _decoded(content: str) -> Pass:
    found = orjson.loads(content)
    viewer = Viewer(
        id=found["user"],
        is_site_admin=found["admin"],
        api_key_id=found["key"],
        scopes=frozenset(map(Scope, found["scopes"])),
        may_change_groups=False,
    )
    # A gateway of the version before does not store what was seen.
    return Pass(viewer, found["path"], found["media"], None, found.get("seen"))
