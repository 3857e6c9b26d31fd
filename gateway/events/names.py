"""Collects the ids and names of users, projects and workflows that events contain.

Of two names of one the later said holds, of two said at the same time the greater text: the order
in which they come makes no difference. A mention without a name never takes one away. ``at`` is
as of when a name is said, in microseconds; None where only the whole source can tell.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TypeVar

from gateway.events.event import Classification, Comment, Names
from gateway.events.line_decoder import REPLACEMENT

#: In letters; what is longer is no name.
LONGEST_NAME = 1_000
_SURROGATE = re.compile("[\ud800-\udfff]")

_Said = TypeVar("_Said", str, int)


def collect_names(names: Names, event: Classification | Comment) -> None:
    """Note the ids that an event names."""
    if event.user_id is not None:
        names.users.setdefault(event.user_id)
    if event.project_id:
        names.projects.setdefault(event.project_id)
    if isinstance(event, Classification):
        updated_at = event.updated_at
        at = event.event_time if updated_at is None else updated_at
        known, instants = names.workflows.get(event.workflow_id), names.said_at.workflow_projects
        if known is None or known[0] != event.project_id:
            _say_project(names, event.workflow_id, event.project_id or None, at)
        elif at > instants.get(event.workflow_id, 0):
            instants[event.workflow_id] = at


def collect_all_names(names: Names, events: Sequence[Classification]) -> None:
    """Note the ids that many events name, as :func:`collect_names` does one by one."""
    projects: dict[tuple[int, int], int] = {}
    for event in events:
        place = (event.workflow_id, event.project_id)
        at = event.event_time if event.updated_at is None else event.updated_at
        if (known := projects.get(place)) is None or at > known:
            projects[place] = at
    for user_id in dict.fromkeys(event.user_id for event in events):
        if user_id is not None:
            names.users.setdefault(user_id)
    for (workflow_id, project_id), at in projects.items():
        if project_id:
            names.projects.setdefault(project_id)
        _say_project(names, workflow_id, project_id or None, at)


def merge_names(names: Names, more: Names) -> None:
    """Note all that ``more`` names as well."""
    said_at = more.said_at
    for user_id, login in more.users.items():
        name_user(names, user_id, login, at=said_at.users.get(user_id))
    for user_id, shown in more.display_names.items():
        name_user(names, user_id, None, shown, said_at.display_names.get(user_id))
    for project_id, name in more.projects.items():
        name_project(names, project_id, name, said_at.projects.get(project_id))
    for workflow_id, (project, name) in more.workflows.items():
        name_workflow(names, workflow_id, None, name, said_at.workflows.get(workflow_id))
        _say_project(names, workflow_id, project, said_at.workflow_projects.get(workflow_id))


def name_user(
    names: Names, user_id: int, login: object, display_name: object = None, at: int | None = None
) -> None:
    """Note a user and, if there are any, the login and the name as shown to others."""
    known, said_at = names.users.setdefault(user_id), names.said_at
    if name := _new_name(login, at, known, said_at.users, user_id):
        names.users[user_id] = name
    if display_name is None:
        return
    known = names.display_names.get(user_id)
    if name := _new_name(display_name, at, known, said_at.display_names, user_id):
        names.display_names[user_id] = name


def name_project(
    names: Names, project_id: int, display_name: object, at: int | None = None
) -> None:
    """Note a project and, if there is one, its name."""
    known = names.projects.setdefault(project_id)
    if name := _new_name(display_name, at, known, names.said_at.projects, project_id):
        names.projects[project_id] = name


def name_workflow(
    names: Names,
    workflow_id: int,
    project_id: int | None,
    display_name: object,
    at: int | None = None,
) -> None:
    """Note a workflow and, if they are known, its project and its name."""
    if project_id is not None:
        _say_project(names, workflow_id, project_id, at)
    project, known = names.workflows.setdefault(workflow_id, (None, None))
    if name := _new_name(display_name, at, known, names.said_at.workflows, workflow_id):
        names.workflows[workflow_id] = (project, name)


def _say_project(names: Names, workflow_id: int, project_id: int | None, at: int | None) -> None:
    known, name = names.workflows.setdefault(workflow_id, (None, None))
    if project_id == known and _is_again(at, names.said_at.workflow_projects, workflow_id):
        return
    if (
        project_id is not None
        and _holds(project_id, at, known, names.said_at.workflow_projects, workflow_id)
        and project_id != known
    ):
        names.workflows[workflow_id] = (project_id, name)


def _new_name(
    said: object, at: int | None, known: str | None, instants: dict[int, int], key: int
) -> str | None:
    """What is said if it is a name that holds over what is known."""
    if said == known and _is_again(at, instants, key):
        return None
    name = _name(said)
    return name if name is not None and _holds(name, at, known, instants, key) else None


def _holds(
    said: _Said, at: int | None, known: _Said | None, instants: dict[int, int], key: int
) -> bool:
    """Whether what is said holds over what is known; if so, as of when it was said is noted."""
    if at is None:
        return known is None or (key not in instants and said > known)
    if known is not None:
        before = instants.get(key, 0)
        if at < before or (at == before and said <= known):
            return False
    instants[key] = at
    return True


def _is_again(at: int | None, instants: dict[int, int], key: int) -> bool:
    """Note that what is known was said again: most is, thousands of times."""
    if at is None:
        return True
    before = instants.get(key)
    if before is None:
        return False
    if before < at:
        instants[key] = at
    return True


def _name(value: object) -> str | None:
    """A name that a database can hold: PostgreSQL has no NUL in a text.

    One with a letter that could not be read, or half of one, is none; one that is endless is none
    either.
    """
    if not isinstance(value, str) or REPLACEMENT in value or len(value) > LONGEST_NAME:
        return None
    if not value.isascii() and _SURROGATE.search(value):
        return None
    return (value.replace("\0", "") if "\0" in value else value).strip() or None
