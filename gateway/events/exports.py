"""Classification export: rows of the CSV that a project owner gets from the Project Builder.

It names the user by id and login, has no project (it is one project's), and keeps the session
and the groups inside the JSON of ``metadata``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import MutableMapping
from dataclasses import dataclass, field
from typing import NamedTuple

import orjson

from gateway.errors import InvalidEvent
from gateway.events.bounds import Bounds
from gateway.events.event import Batch, Classification
from gateway.events.ids import read_cell_id
from gateway.events.instants import check_not_future, read_instant
from gateway.events.json_text import TooMuch, decode_leniently
from gateway.events.left_out import LeftOut
from gateway.events.literal import read_literal
from gateway.events.metadata import read_metadata
from gateway.events.missing import given_name, given_text
from gateway.events.names import collect_names, name_project, name_user, name_workflow
from gateway.events.quoted import quoted


class ExportRow(NamedTuple):
    """Row of an export: the cells that are used, as texts; None or empty if there is none."""

    classification_id: str | None
    created_at: str | None
    user_id: str | None
    workflow_id: str | None
    metadata: str | None = None
    user_name: str | None = None
    workflow_name: str | None = None


@dataclass(frozen=True, slots=True)
class Origin:
    """Origin of an export: the project, which the export does not name."""

    project_id: int | None = None
    project_name: str | None = None
    #: The project of each known workflow, used for rows when ``project_id`` is not given; the
    #: importer may add to it while rows are read.
    workflow_projects: MutableMapping[int, int] = field(default_factory=dict)

    def project_of(self, workflow_id: int) -> int:
        """Project of a row by its workflow; 0 if it is unknown."""
        return self.project_id or self.workflow_projects.get(workflow_id, 0)


def add_export_row(batch: Batch, row: ExportRow, bounds: Bounds, origin: Origin) -> None:
    """Add a row and the names in it to a batch; InvalidEvent if it cannot be counted."""
    read = read_export_row(row, bounds, origin, batch.left_out)
    batch.classifications.append(read)
    collect_names(batch.names, read)
    if read.user_id is not None:
        name_user(batch.names, read.user_id, given_name(row.user_name))
    name_workflow(batch.names, read.workflow_id, None, given_name(row.workflow_name))
    if origin.project_id:
        name_project(batch.names, origin.project_id, origin.project_name)


def read_export_row(
    row: ExportRow, bounds: Bounds, origin: Origin, left_out: Counter[LeftOut]
) -> Classification:
    """Parse one row; InvalidEvent if it cannot be counted.

    Parts that are left out of a row that counts are counted in ``left_out``. An export does not
    contain when a classification was last changed.
    """
    id_cell, time_cell, user_cell, workflow_cell = map(given_text, row[:4])
    event_id = read_cell_id(id_cell, "classification_id")
    event_time = read_instant(time_cell, "created_at")
    check_not_future(event_time, bounds.latest, "created_at")
    user_id = None if user_cell is None else read_cell_id(user_cell, "user_id")
    workflow_id = read_cell_id(workflow_cell, "workflow_id")
    return Classification(
        event_id,
        event_time,
        None,
        user_id,
        origin.project_of(workflow_id),
        workflow_id,
        # Last: it counts parts that are left out, only of a valid row.
        *read_metadata(_decode(row.metadata), user_id, bounds.groups, left_out),
    )


def _decode(text: str | None) -> object:
    """Decode a metadata cell; None for an empty one.

    A cell that is cut off is refused, not read as empty: its session and its groups would be
    lost, and a whole copy of the row that is there already with them.
    """
    if not text:
        return None
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        # Last, because it hashes the text, which is long.
        if given_text(text) is None:
            return None
    for read in (decode_leniently, read_literal):
        try:
            metadata = read(text)
        except TooMuch:
            # A browser may write anything: a complete row counts, without its metadata.
            if text.rstrip().endswith("}"):
                return text
            continue
        except ValueError:
            continue
        if isinstance(metadata, dict):
            return metadata
    raise InvalidEvent(f"metadata is {quoted(text)}: not a JSON object.")
