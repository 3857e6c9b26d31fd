"""Join links: whoever has the token of a group's link may join it."""

from __future__ import annotations

import hmac
from secrets import token_hex
from typing import NamedTuple

from sqlalchemy import Connection, delete, select

from gateway.db.group_tables import group_join_link, wrong_join
from gateway.db.ids import among
from gateway.db.upsert import replace_rows
from gateway.errors import RateLimited
from gateway.groups.transaction import Transaction

#: 128 bits, 32 hexadecimal characters.
TOKEN_BYTES = 16
#: Wrong tokens that one volunteer may try within the window.
MOST_WRONG = 10
#: Microseconds.
WINDOW = 60_000_000

#: What tokens are compared with where there is no link. It is never sent to anybody.
_DUMMY = token_hex(TOKEN_BYTES)
_LINKS = select(group_join_link).where(among(group_join_link.c.group_id, "ids"))
_WRONG = select(wrong_join.c.began_at, wrong_join.c.number)


class JoinLink(NamedTuple):
    """The link of a group; instants in microseconds. The columns of its table, in their order."""

    group_id: int
    token: str
    enabled: bool
    expires_at: int | None
    #: None where the home of the group does not answer it.
    created_at: int | None
    #: None for a site operator.
    created_by: int | None
    #: How many links the group has had.
    generation: int

    def works(self, now: int) -> bool:
        """Whether it is switched on and has not expired."""
        return self.enabled and (self.expires_at is None or now < self.expires_at)


def read_link(connection: Connection, group_id: int) -> JoinLink | None:
    """The link of a group; None if it has none."""
    row = connection.execute(_LINKS, {"ids": [group_id]}).first()
    return None if row is None else JoinLink._make(row)


def opens(link: JoinLink | None, token: str, now: int) -> bool:
    """Whether the token is the link's and works now, in constant time."""
    given, expected = _bytes(token), _bytes(_DUMMY if link is None else link.token)
    is_right = hmac.compare_digest(given, expected)
    return is_right and link is not None and bool(token) and link.works(now)


def write_link(connection: Connection, link: JoinLink) -> None:
    """Store the link of a group instead of the one it had."""
    replace_rows(connection, group_join_link, [link])


def make_link(transaction: Transaction, group_id: int) -> None:
    """Make a link for a group that has none yet."""
    if read_link(transaction.connection, group_id) is None:
        write_link(transaction.connection, new_link(transaction, group_id))


def new_link(transaction: Transaction, group_id: int, generation: int = 1) -> JoinLink:
    """A link with a new token that works at once and always."""
    token = token_hex(TOKEN_BYTES)
    return JoinLink(group_id, token, True, None, transaction.now, transaction.viewer.id, generation)


class WrongJoins(NamedTuple):
    """Wrong tokens of a volunteer since an instant, within the window."""

    began_at: int
    number: int

    def check(self, now: int) -> None:
        """RateLimited if the volunteer may not try now, not even the right token."""
        if self.number >= MOST_WRONG:
            seconds = -((now - self.began_at - WINDOW) // 1_000_000)
            raise RateLimited(
                f"You have sent {MOST_WRONG} wrong tokens within a minute: try again in {seconds} "
                "seconds.",
                seconds,
            )


def read_wrong_joins(transaction: Transaction) -> WrongJoins:
    """The wrong tokens of the viewer within the last minute."""
    row = transaction.connection.execute(
        _WRONG.where(wrong_join.c.user_id == transaction.viewer_id)
    ).first()
    if row is not None and 0 <= transaction.now - row.began_at < WINDOW:
        return WrongJoins(row.began_at, row.number)
    return WrongJoins(transaction.now, 0)


def count_wrong_join(transaction: Transaction) -> None:
    """Count one more wrong token of the viewer, and delete expired counts."""
    known = read_wrong_joins(transaction)
    transaction.connection.execute(
        delete(wrong_join).where(wrong_join.c.began_at <= transaction.now - WINDOW)
    )
    counted = (transaction.viewer_id, known.began_at, known.number + 1)
    replace_rows(transaction.connection, wrong_join, [counted])


def _bytes(token: str) -> bytes:
    # Half of a surrogate pair is in no token, and must not raise.
    return token.encode("utf-8", "surrogatepass")
