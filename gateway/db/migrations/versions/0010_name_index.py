"""The index of names: who is found by which name, and in which order names are listed.

It is filled from what is stored, a number of rows at a time. A group that is hidden or has ended
is looked up by its name, and stands in no list.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

from gateway.name_keys import identifier_key, order_key, word_keys

revision = "0010"
down_revision = "0009"

#: Entities of one round.
ROUND = 5_000

LOGINS, SLUGS, GROUP_NAMES = 1, 2, 3
PROJECTS, WORKFLOWS, ACTIVE_WORKFLOWS, INACTIVE_WORKFLOWS, PUBLIC_GROUPS = 4, 5, 6, 7, 8
#: From this level of visibility on anyone sees what a group comes to.
PUBLIC_AGG_ONLY = 2

SELECTS = {
    "user": "SELECT id, login FROM user_account",
    "project": "SELECT id, slug, display_name FROM project",
    "workflow": "SELECT id, display_name, active FROM workflow",
    "group": (
        "SELECT id, name, display_name, stats_visibility, private, state FROM user_group"
        " LEFT JOIN group_record ON group_id = id"
    ),
}
#: A list, a key and an entity; with the key that orders it before the entity, where it is a word.
Entry = tuple[Any, ...]


def upgrade() -> None:
    text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    keys = op.create_table(
        "name_key",
        sa.Column("list", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("key", text, nullable=False),
        sa.Column("entity_id", number, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("list", "key", "entity_id", name=op.f("pk_name_key")),
        sqlite_with_rowid=False,
    )
    words = op.create_table(
        "name_word",
        sa.Column("list", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("word", text, nullable=False),
        sa.Column("order_key", text, nullable=False),
        sa.Column("entity_id", number, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint(
            "list", "word", "order_key", "entity_id", name=op.f("pk_name_word")
        ),
        sqlite_with_rowid=False,
    )
    for kind in SELECTS:
        for rows in in_rounds(kind):
            entries = {entry for row in rows for entry in entries_of(kind, *row)}
            for table in (keys, words):
                names = table.c.keys()
                found = sorted(entry for entry in entries if len(entry) == len(names))
                if found:
                    op.bulk_insert(table, [dict(zip(names, one, strict=True)) for one in found])


def in_rounds(kind: str) -> Iterator[list[Any]]:
    statement = sa.text(f"{SELECTS[kind]} WHERE id > :last ORDER BY id LIMIT {ROUND}")
    last = -(2**63)
    while rows := list(op.get_bind().execute(statement, {"last": last})):
        yield rows
        last = rows[-1][0]


def entries_of(kind: str, entity_id: int, *columns: Any) -> Iterator[Entry]:
    if kind == "user":
        yield from identified(LOGINS, columns[0], entity_id)
    elif kind == "project":
        slug, name = columns
        yield from identified(SLUGS, slug, entity_id)
        yield from listed(PROJECTS, name or slug, entity_id)
    elif kind == "workflow":
        name, active = columns
        yield from listed(WORKFLOWS, name, entity_id)
        if active is not None:
            which = ACTIVE_WORKFLOWS if active else INACTIVE_WORKFLOWS
            yield (which, order_key(name or ""), entity_id)
    else:
        name, shown, visibility, private, state = columns
        yield from identified(GROUP_NAMES, name, entity_id)
        if state in (None, "active") and not (private and visibility < PUBLIC_AGG_ONLY):
            yield from listed(PUBLIC_GROUPS, shown or name, entity_id)


def identified(which: int, name: str | None, entity_id: int) -> Iterator[Entry]:
    if name:
        yield (which, identifier_key(name), entity_id)


def listed(which: int, name: str | None, entity_id: int) -> Iterator[Entry]:
    key = order_key(name or "")
    yield (which, key, entity_id)
    for word in word_keys(name or ""):
        yield (which, word, key, entity_id)
