"""Tables of what events said of names, and when.

Names that are there are taken to be as old as the latest event, so that what is older does not
turn them back; where there are no events, the directory said them.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

FIELDS: dict[str, tuple[str, dict[str, type[sa.types.TypeEngine[Any]]]]] = {
    "user": ("user_account", {"login": sa.Text, "display_name": sa.Text}),
    "project": ("project", {"display_name": sa.Text}),
    "workflow": ("workflow", {"project_id": sa.BigInteger, "display_name": sa.Text}),
}


def upgrade() -> None:
    for name, (table, fields) in FIELDS.items():
        said = [
            column
            for field, kind in fields.items()
            for column in (
                sa.Column(field, kind(), nullable=True),
                sa.Column(f"{field}_at", sa.BigInteger(), nullable=True),
            )
        ]
        op.create_table(
            f"{name}_sayings",
            sa.Column(
                "id",
                sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
                autoincrement=False,
                nullable=False,
            ),
            sa.Column("directory", sa.SmallInteger(), nullable=False),
            *said,
            sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}_sayings")),
            postgresql_with={"fillfactor": 80},
        )
        latest = "(SELECT last_event_at FROM ingestion)"
        bits = " + ".join(
            f"CASE WHEN {latest} IS NULL AND {field} IS NOT NULL THEN {1 << bit} ELSE 0 END"
            for bit, field in enumerate(fields)
        )
        columns = ", ".join(f"{field}, {field}_at" for field in fields)
        values = ", ".join(
            f"CASE WHEN {latest} IS NOT NULL THEN {field} END,"
            f" CASE WHEN {field} IS NOT NULL THEN {latest} END"
            for field in fields
        )
        op.execute(
            f"INSERT INTO {name}_sayings (id, directory, {columns})"  # noqa: S608 (names of ours)
            f" SELECT id, {bits}, {values} FROM {table}"
        )
