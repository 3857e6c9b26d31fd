"""Counts of volunteers beside the sums of the site, projects and workflows, and their index."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

#: What counts once, by the key of each set.
SITE = "SELECT DISTINCT 0 AS site_id, grain, bucket, user_id FROM user_rollup"
PROJECT = "SELECT DISTINCT project_id, grain, bucket, user_id FROM user_rollup"
WORKFLOW = (
    "SELECT workflow_id, grain, bucket, min(project_id) AS project_id FROM user_rollup"
    " GROUP BY workflow_id, grain, bucket, user_id"
)
FIRST_DAYS = (
    "SELECT project_id, min(bucket) AS day FROM user_rollup WHERE grain = 0"
    " GROUP BY project_id, user_id"
)
#: By grain, the bucket of a day.
POSTGRESQL = (
    "day",
    "date_trunc('month', DATE '1970-01-01' + CAST(day AS INTEGER))::date - DATE '1970-01-01'",
    "date_trunc('year', DATE '1970-01-01' + CAST(day AS INTEGER))::date - DATE '1970-01-01'",
    "0",
)
SQLITE = (
    "day",
    "CAST(strftime('%s', day * 86400, 'unixepoch', 'start of month') AS INTEGER) / 86400",
    "CAST(strftime('%s', day * 86400, 'unixepoch', 'start of year') AS INTEGER) / 86400",
    "0",
)


def upgrade() -> None:
    op.create_index(
        "ix_user_rollup_volunteers",
        "user_rollup",
        ["grain", "bucket", "project_id", "workflow_id", "user_id"],
        unique=False,
    )
    for table in ("site_rollup", "project_rollup", "workflow_rollup"):
        op.add_column(table, _count("active_users"))
    op.add_column("project_rollup", _count("new_users"))
    _fill("site_rollup", "active_users", ("site_id", "grain", "bucket"), SITE)
    _fill("project_rollup", "active_users", ("project_id", "grain", "bucket"), PROJECT)
    keys = ("workflow_id", "grain", "bucket", "project_id")
    _fill("workflow_rollup", "active_users", keys, WORKFLOW)
    buckets = POSTGRESQL if op.get_bind().dialect.name == "postgresql" else SQLITE
    for grain, bucket in enumerate(buckets):
        first = f"SELECT project_id, {grain} AS grain, {bucket} AS bucket FROM ({FIRST_DAYS}) AS d"  # noqa: S608
        _fill("project_rollup", "new_users", ("project_id", "grain", "bucket"), first)


def _count(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), server_default="0", nullable=False)


def _fill(table: str, column: str, keys: tuple[str, ...], volunteers: str) -> None:
    """Count the volunteers' rows by key, without one row for each of them in memory here."""
    by = ", ".join(keys)
    counted = f"SELECT {by}, count(*) AS n FROM ({volunteers}) AS v GROUP BY {by}"  # noqa: S608 (parts of ours)
    same = " AND ".join(f"{table}.{key} = counted.{key}" for key in keys)
    op.get_bind().exec_driver_sql(
        f"UPDATE {table} SET {column} = counted.n FROM ({counted}) AS counted WHERE {same}"  # noqa: S608
    )
