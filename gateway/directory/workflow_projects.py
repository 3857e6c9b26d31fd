"""Projects of workflows: what is stored, and what an import of an export says.

The directory (a file, Panoptes) holds over stream events, these hold over whoever imported an
export; whoever imports another says so in vain, unless events are to move. The callers of what
writes hold the writer lock.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from operator import attrgetter
from typing import NamedTuple

from sqlalchemy import Connection, select

from gateway.changes.log import log_change
from gateway.db.ids import among
from gateway.db.tables import workflow, workflow_name_sources
from gateway.directory.name_sources import BY_IMPORTER, WORKFLOWS, override_events
from gateway.directory.rows import ids_in
from gateway.events.event import Batch, Classification, Names

_workflow_of = attrgetter("workflow_id")
_ids_of = attrgetter("workflow_id", "project_id")

#: Workflow id and project id of every workflow whose project is known.
WORKFLOW_PROJECTS = select(workflow.c.id, workflow.c.project_id).where(
    workflow.c.project_id.is_not(None)
)

#: So many workflows are named in messages.
_MOST_NAMED = 10


class Source(Enum):
    """Source of a workflow's project; the value is its name in messages."""

    DIRECTORY = "according to the directory"
    EVENTS = "according to its events"
    IMPORTER = "according to an earlier import"


class Unfollowed(NamedTuple):
    """A workflow that stays in another project than an import has."""

    workflow_id: int
    project_id: int
    source: Source
    said: int

    def message(self, rows: int) -> str:
        """The message in the summary of an import."""
        way = "" if self.source is Source.DIRECTORY else "; --move moves the workflow as well"
        return (
            f"Workflow {self.workflow_id} belongs to project {self.project_id}, "
            f"{self.source.value}: --project-id {self.said} was not applied to "
            f"{_counted(rows, 'row')}{way}."
        )


@dataclass(slots=True)
class Followed:
    """Result of applying the project of an import to its workflows."""

    unfollowed: Counter[Unfollowed] = field(default_factory=Counter)
    #: Workflows that were taken from a project to another.
    moved: set[tuple[int, int, int]] = field(default_factory=set)

    def add(self, other: Followed) -> None:
        """Add the counts of another result."""
        self.unfollowed.update(other.unfollowed)
        self.moved |= other.moved

    def notes(self) -> Iterator[str]:
        """Messages: one for each workflow that moved or did not; of very many, of the first."""
        for workflow_id, here, there in sorted(self.moved)[:_MOST_NAMED]:
            yield f"Workflow {workflow_id} moved from project {here} to {there}."
        if (more := len(self.moved) - _MOST_NAMED) > 0:
            yield f"… and {_counted(more, 'more workflow')} moved."
        unfollowed = sorted(self.unfollowed.items(), key=lambda each: each[0][:2])
        for one, rows in unfollowed[:_MOST_NAMED]:
            yield one.message(rows)
        if rest := unfollowed[_MOST_NAMED:]:
            rows = sum(count for _, count in rest)
            yield (f"… nor to {_counted(len(rest), 'more workflow')} with {_counted(rows, 'row')}.")


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def follow(
    connection: Connection, batch: Batch, said: int | None, *, move: bool
) -> tuple[Batch, Followed]:
    """The batch of an export with each event in the project of its workflow, and with what the
    directory is to store.

    ``said`` is the project that whoever imports it says it is of. The events of the batch itself
    are left as they are.
    """
    followed = Followed()
    known = _read(connection, batch.names.workflows.keys())
    projects: dict[int, int] = {}
    for workflow_id in batch.names.workflows:
        project_id, source = known.get(workflow_id, (None, None))
        if project_id is None or project_id == said or said is None:
            projects[workflow_id] = project_id or said or 0
        elif move and source is not Source.DIRECTORY:
            projects[workflow_id] = said
            followed.moved.add((workflow_id, project_id, said))
        else:
            projects[workflow_id] = project_id
    if followed.moved:
        there = {workflow_id: project_id for workflow_id, _, project_id in followed.moved}
        changes = override_events(connection, WORKFLOWS, "project_id", there)
        log_change(
            connection,
            project_record=ids_in(changes, "project_id"),
            workflow_record=ids_in(changes, "id"),
        )
    if said and any(project_id != said for project_id in projects.values()):
        for workflow_id, rows in Counter(map(_workflow_of, batch.classifications)).items():
            project_id, source = known.get(workflow_id, (None, None))
            if project_id and source and projects[workflow_id] != said:
                followed.unfollowed[Unfollowed(workflow_id, project_id, source, said)] = rows
    result = replace(
        batch,
        classifications=_in_projects(batch.classifications, projects),
        comments=[*batch.comments],
    )
    result.names = _named(result, projects, said)
    return result, followed


def _read(
    connection: Connection, workflow_ids: Collection[int]
) -> dict[int, tuple[int | None, Source]]:
    if not workflow_ids:
        return {}
    sources = workflow_name_sources.c
    statement = (
        select(workflow.c.id, workflow.c.project_id, sources.directory, sources.project_id_at)
        .outerjoin(workflow_name_sources, sources.id == workflow.c.id)
        .where(among(workflow.c.id, "ids"))
    )
    bit = 1 << WORKFLOWS.fields.index("project_id")
    found = {}
    for workflow_id, project_id, directory, at in connection.execute(
        statement, {"ids": workflow_ids}
    ):
        source = Source.IMPORTER if at == BY_IMPORTER else Source.EVENTS
        found[workflow_id] = (
            project_id,
            Source.DIRECTORY if directory and directory & bit else source,
        )
    return found


def _in_projects(events: list[Classification], projects: Mapping[int, int]) -> list[Classification]:
    if all(projects[workflow] == project for workflow, project in set(map(_ids_of, events))):
        return [*events]
    return [event._replace(project_id=projects[event.workflow_id]) for event in events]


def _named(batch: Batch, projects: Mapping[int, int], said: int | None) -> Names:
    """The names beside these events; who imports them says the projects of workflows."""
    names = batch.names
    present = {project_id for project_id in projects.values() if project_id}
    present |= {post.project_id for post in batch.comments if post.project_id}
    assigned = {
        workflow_id: (said if projects[workflow_id] == said else None, name)
        for workflow_id, (_, name) in names.workflows.items()
    }
    said_by = dict.fromkeys(assigned, BY_IMPORTER)
    return replace(
        names,
        projects={key: names.projects.get(key) for key in sorted(present)},
        workflows=assigned,
        as_of=replace(names.as_of, workflow_projects=said_by),
    )
