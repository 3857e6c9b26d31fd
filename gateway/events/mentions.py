"""Noting which users, projects and workflows a source speaks of, and what it calls them.

The last name given wins; a mention without a name never takes one away.
"""

from __future__ import annotations

from gateway.events.event import Classification, Comment, Names


def mention(names: Names, event: Classification | Comment) -> None:
    """Note the ids that an event names."""
    if event.user_id is not None:
        names.users.setdefault(event.user_id)
    if event.project_id:
        names.projects.setdefault(event.project_id)
    if isinstance(event, Classification):
        known = names.workflows.get(event.workflow_id)
        if known is None or (event.project_id and known[0] != event.project_id):
            name_workflow(names, event.workflow_id, event.project_id or None, None)


def mention_again(names: Names, later: Names) -> None:
    """Note all that ``later`` names, as if it had come after ``names``."""
    for user_id, login in later.users.items():
        name_user(names, user_id, login, later.display_names.get(user_id))
    for project_id, name in later.projects.items():
        name_project(names, project_id, name)
    for workflow_id, (project, name) in later.workflows.items():
        name_workflow(names, workflow_id, project, name)


def name_user(names: Names, user_id: int, login: object, display_name: object = None) -> None:
    """Note a user and, if there are any, the login and the name as shown to others."""
    names.users[user_id] = _name(login) or names.users.get(user_id)
    if shown := _name(display_name):
        names.display_names[user_id] = shown


def name_project(names: Names, project_id: int, display_name: object) -> None:
    """Note a project and, if there is one, its name."""
    names.projects[project_id] = _name(display_name) or names.projects.get(project_id)


def name_workflow(
    names: Names, workflow_id: int, project_id: int | None, display_name: object
) -> None:
    """Note a workflow and, if they are known, its project and its name."""
    project, name = names.workflows.get(workflow_id, (None, None))
    names.workflows[workflow_id] = (project_id or project, _name(display_name) or name)


def _name(value: object) -> str | None:
    """A name that a database can hold: PostgreSQL has no NUL in a text."""
    return value.replace("\0", "").strip() or None if isinstance(value, str) else None
