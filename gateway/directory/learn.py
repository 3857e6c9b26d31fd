"""Names that arrive beside events: the directory learns of users, projects and workflows."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, Table

from gateway.db.tables import project, user, workflow
from gateway.directory.rows import Change, Row, ids_in, read_rows, write_rows
from gateway.events.event import Names
from gateway.rollups.erasure import read_forgotten
from gateway.rollups.versions import touch


def learn(connection: Connection, names: Names) -> None:
    """Note that these ids exist, and their names where given: None leaves a known name alone.

    Runs in a writing transaction; only rows that really change are written, and only their data
    versions grow. Users who were erased are not learned again.
    """
    forgotten = read_forgotten(connection, names.users.keys())
    users = _learn(
        connection,
        user,
        {
            key: {"login": login, "display_name": names.display_names.get(key)}
            for key, login in names.users.items()
            if key not in forgotten
        },
    )
    projects = _learn(
        connection, project, {key: {"display_name": name} for key, name in names.projects.items()}
    )
    workflows = _learn(
        connection,
        workflow,
        {
            key: {"project_id": project_id, "display_name": name}
            for key, (project_id, name) in names.workflows.items()
        },
    )
    if users or projects or workflows:
        touch(
            connection,
            user_record=ids_in(users, "id"),
            project_record=ids_in(projects, "id") | ids_in(workflows, "project_id"),
            workflow_record=ids_in(workflows, "id"),
        )


def _learn(connection: Connection, table: Table, said: Mapping[int, Row]) -> list[Change]:
    if not said:
        return []
    known = read_rows(connection, table, said.keys())
    nothing: Row = dict.fromkeys(table.c.keys())
    wanted = [
        nothing
        | known.get((key,), {"id": key})
        | {name: value for name, value in row.items() if value is not None}
        for key, row in said.items()
    ]
    return write_rows(connection, table, known, wanted)
