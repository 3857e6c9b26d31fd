"""Rows of the classification export that a project owner downloads from the Project Builder.

It names the user by id and login, has no project (it is one project's), and keeps the session
and the groups inside the JSON of ``metadata``.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson

from gateway.errors import InvalidEvent
from gateway.events.event import Batch, Classification
from gateway.events.ids import read_cell_id, read_group_ids
from gateway.events.instants import check_not_future, read_instant, read_session_ms
from gateway.events.mentions import mention, name_project, name_user, name_workflow
from gateway.events.shown import shown


class ExportRow(NamedTuple):
    """The cells that count, as texts; None where the export has none."""

    classification_id: str | None
    created_at: str | None
    user_id: str | None
    workflow_id: str | None
    metadata: str | None
    user_name: str | None = None
    workflow_name: str | None = None


@dataclass(frozen=True, slots=True)
class Origin:
    """What an export does not say of itself: whose it is."""

    project_id: int | None = None
    project_name: str | None = None
    #: The project of each workflow known already, asked as rows are read when ``project_id`` is
    #: not given; whoever imports may add to it meanwhile.
    workflow_projects: MutableMapping[int, int] = field(default_factory=dict)

    def project_of(self, workflow_id: int) -> int:
        """The project of a row, 0 if it is unknown."""
        return self.project_id or self.workflow_projects.get(workflow_id, 0)


def add_export_row(batch: Batch, row: ExportRow, latest: int, origin: Origin) -> None:
    """Add a row and the names in it to a batch; InvalidEvent if it cannot be counted."""
    read = read_export_row(row, latest, origin)
    batch.classifications.append(read)
    mention(batch.names, read)
    if read.user_id is not None:
        name_user(batch.names, read.user_id, row.user_name)
    name_workflow(batch.names, read.workflow_id, None, row.workflow_name)
    if origin.project_id:
        name_project(batch.names, origin.project_id, origin.project_name)


def read_export_row(row: ExportRow, latest: int, origin: Origin) -> Classification:
    """Read one row; InvalidEvent if it cannot be counted.

    ``latest`` is the last ``created_at`` that is believed, in microseconds. An export does not
    say when a classification was last changed.
    """
    event_id = read_cell_id(row.classification_id, "classification_id")
    event_time = read_instant(row.created_at, "created_at")
    check_not_future(event_time, latest, "created_at")
    user_id = None if row.user_id is None else read_cell_id(row.user_id, "user_id")
    workflow_id = read_cell_id(row.workflow_id, "workflow_id")
    metadata = _read_metadata(row.metadata)
    return Classification(
        event_id,
        event_time,
        None,
        user_id,
        origin.project_of(workflow_id),
        workflow_id,
        read_session_ms(metadata.get("started_at"), metadata.get("finished_at")),
        ()
        if user_id is None
        else read_group_ids(metadata.get("user_group_ids"), "metadata.user_group_ids"),
    )


def _read_metadata(text: str | None) -> Mapping[str, Any]:
    """The object in the metadata cell; an empty cell is an empty object.

    A cell that is cut off is refused, not read as empty: its session and its groups would be
    lost without a word.
    """
    if text is None:
        return {}
    try:
        metadata = orjson.loads(text)
    except orjson.JSONDecodeError:
        metadata = text
    if not isinstance(metadata, dict):
        raise InvalidEvent(f"metadata is {shown(metadata)}: not a JSON object.")
    return metadata
