"""An index of the comments of a volunteer by project."""

from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.create_index(
        "ix_project_comment_rollup_volunteers",
        "project_comment_rollup",
        ["user_id", "grain", "bucket", "project_id"],
        unique=False,
    )
