"""Names of users, projects and workflows in events: the latest wins.

Of two names with the same as-of time the greater text wins, so that the order of arrival makes no
difference. An event without a name never removes one. ``at`` is the as-of time of a name, in
microseconds; None where only the whole source determines it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TypeVar

from gateway.events.event import Classification, Comment, Names
from gateway.events.line_decoder import REPLACEMENT

#: In letters; longer names are ignored.
LONGEST_NAME = 1_000
_SURROGATE = re.compile("[\ud800-\udfff]")

_Value = TypeVar("_Value", str, int)


def collect_names(names: Names, event: Classification | Comment) -> None:
    """Add the ids that an event contains."""
    if event.user_id is not None:
        names.users.setdefault(event.user_id)
    if event.project_id:
        names.projects.setdefault(event.project_id)
    if isinstance(event, Classification):
        updated_at = event.updated_at
        at = event.event_time if updated_at is None else updated_at
        known, instants = names.workflows.get(event.workflow_id), names.as_of.workflow_projects
        if known is None or known[0] != event.project_id:
            _set_project(names, event.workflow_id, event.project_id or None, at)
        elif at > instants.get(event.workflow_id, 0):
            instants[event.workflow_id] = at


def collect_all_names(names: Names, events: Sequence[Classification]) -> None:
    """Add the ids that many events contain, as :func:`collect_names` does for one."""
    projects: dict[tuple[int, int], int] = {}
    for event in events:
        key = (event.workflow_id, event.project_id)
        at = event.event_time if event.updated_at is None else event.updated_at
        if (known := projects.get(key)) is None or at > known:
            projects[key] = at
    for user_id in dict.fromkeys(event.user_id for event in events):
        if user_id is not None:
            names.users.setdefault(user_id)
    for (workflow_id, project_id), at in projects.items():
        if project_id:
            names.projects.setdefault(project_id)
        _set_project(names, workflow_id, project_id or None, at)


def merge_names(names: Names, more: Names) -> None:
    """Merge ``more`` into ``names``."""
    as_of = more.as_of
    for user_id, login in more.users.items():
        name_user(names, user_id, login, at=as_of.users.get(user_id))
    for user_id, display_name in more.display_names.items():
        name_user(names, user_id, None, display_name, as_of.display_names.get(user_id))
    for project_id, name in more.projects.items():
        name_project(names, project_id, name, as_of.projects.get(project_id))
    for workflow_id, (project, name) in more.workflows.items():
        name_workflow(names, workflow_id, None, name, as_of.workflows.get(workflow_id))
        _set_project(names, workflow_id, project, as_of.workflow_projects.get(workflow_id))


def name_user(
    names: Names, user_id: int, login: object, display_name: object = None, at: int | None = None
) -> None:
    """Add a user and, if there are any, the login and the display name."""
    known, as_of = names.users.setdefault(user_id), names.as_of
    if name := _new_name(login, at, known, as_of.users, user_id):
        names.users[user_id] = name
    if display_name is None:
        return
    known = names.display_names.get(user_id)
    if name := _new_name(display_name, at, known, as_of.display_names, user_id):
        names.display_names[user_id] = name


def name_project(
    names: Names, project_id: int, display_name: object, at: int | None = None
) -> None:
    """Add a project and, if there is one, its name."""
    known = names.projects.setdefault(project_id)
    if name := _new_name(display_name, at, known, names.as_of.projects, project_id):
        names.projects[project_id] = name


def name_workflow(
    names: Names,
    workflow_id: int,
    project_id: int | None,
    display_name: object,
    at: int | None = None,
) -> None:
    """Add a workflow and, if they are known, its project and its name."""
    if project_id is not None:
        _set_project(names, workflow_id, project_id, at)
    project, known = names.workflows.setdefault(workflow_id, (None, None))
    if name := _new_name(display_name, at, known, names.as_of.workflows, workflow_id):
        names.workflows[workflow_id] = (project, name)


def _set_project(names: Names, workflow_id: int, project_id: int | None, at: int | None) -> None:
    known, name = names.workflows.setdefault(workflow_id, (None, None))
    if project_id == known and _is_repeated(at, names.as_of.workflow_projects, workflow_id):
        return
    if (
        project_id is not None
        and _supersedes(project_id, at, known, names.as_of.workflow_projects, workflow_id)
        and project_id != known
    ):
        names.workflows[workflow_id] = (project_id, name)


def _new_name(
    value: object, at: int | None, known: str | None, instants: dict[int, int], key: int
) -> str | None:
    """The value if it is a name that supersedes the known one."""
    if value == known and _is_repeated(at, instants, key):
        return None
    name = _name(value)
    return name if name is not None and _supersedes(name, at, known, instants, key) else None


def _supersedes(
    value: _Value, at: int | None, known: _Value | None, instants: dict[int, int], key: int
) -> bool:
    """Whether the value supersedes the known one; if so, its as-of time is stored."""
    if at is None:
        return known is None or (key not in instants and value > known)
    if known is not None:
        before = instants.get(key, 0)
        if at < before or (at == before and value <= known):
            return False
    instants[key] = at
    return True


def _is_repeated(at: int | None, instants: dict[int, int], key: int) -> bool:
    """Store the time at which the known value came again, as most do, thousands of times."""
    if at is None:
        return True
    before = instants.get(key)
    if before is None:
        return False
    if before < at:
        instants[key] = at
    return True


def _name(value: object) -> str | None:
    """A name that a database can store: PostgreSQL has no NUL in a text.

    None for a name with a letter that could not be decoded, or half of one, or one too long.
    """
    if not isinstance(value, str) or REPLACEMENT in value or len(value) > LONGEST_NAME:
        return None
    if not value.isascii() and _SURROGATE.search(value):
        return None
    return (value.replace("\0", "") if "\0" in value else value).strip() or None
