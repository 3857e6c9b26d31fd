"""What Alembic runs: it migrates over the connection that ``gateway.db.migrate`` hands it."""

from alembic import context

import gateway.db.bulk_tables
import gateway.db.certificate_tables
import gateway.db.goal_tables
import gateway.db.group_tables
import gateway.db.ticket_tables  # noqa: F401 - so that their tables are known
from gateway.db import tables

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=tables.classification.metadata,
    transactional_ddl=False,  # the caller's transaction is the only one
)
context.run_migrations()
