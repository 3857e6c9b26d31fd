"""Store the names of users, projects and workflows that arrive with events."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from gateway.changes.log import log_change
from gateway.directory.name_sources import PROJECTS, USERS, WORKFLOWS, DatedValue, apply_event_names
from gateway.directory.rows import ids_in
from gateway.events.event import Names
from gateway.rollups.erasure import read_erased


def store_names(
    connection: Connection, names: Names, as_of: int = 0, *, note_again: bool = True
) -> None:
    """Store these ids, and their names where they override those that are known.

    ``as_of`` is the instant (microseconds) of names that have none themselves;
    ``note_again`` as for ``apply_event_names``. Runs in a writing transaction, and logs changes of
    what is called otherwise from now on alone. Users who were erased are not stored again.
    """

    def said(value: Any, at: int | None) -> DatedValue | None:
        return None if value is None else DatedValue(as_of if at is None else at, value)

    at = names.as_of
    erased = read_erased(connection, names.users.keys())
    users = apply_event_names(
        connection,
        USERS,
        {
            key: (
                said(login, at.users.get(key)),
                said(names.display_names.get(key), at.display_names.get(key)),
            )
            for key, login in names.users.items()
            if key not in erased
        },
        note_again=note_again,
    )
    projects = apply_event_names(
        connection,
        PROJECTS,
        {key: (said(name, at.projects.get(key)),) for key, name in names.projects.items()},
        note_again=note_again,
    )
    workflows = apply_event_names(
        connection,
        WORKFLOWS,
        {
            key: (
                said(project_id, at.workflow_projects.get(key)),
                said(name, at.workflows.get(key)),
            )
            for key, (project_id, name) in names.workflows.items()
        },
        note_again=note_again,
    )
    if users or projects or workflows:
        log_change(
            connection,
            user_record=ids_in(users, "id"),
            project_record=ids_in(projects, "id") | ids_in(workflows, "project_id"),
            workflow_record=ids_in(workflows, "id"),
        )
