"""Generated classifications, as events of the stream."""

from __future__ import annotations

from datetime import datetime
from typing import Any

#: Of generated files, what an event is made of.
COLUMNS = (
    "classification_id, event_time, classification_updated_at, started_at, finished_at,"
    " project_id, workflow_id, user_id, user_group_ids"
)


def stream_event(
    event_id: int,
    happened: datetime,
    updated: datetime,
    started: datetime,
    finished: datetime,
    project: int,
    workflow: int,
    user: int | None,
    groups: list[int],
) -> dict[str, Any]:
    """As Panoptes publishes it; the arguments are those columns."""
    links = {"project": str(project), "workflow": str(workflow)}
    if user is not None:
        links["user"] = str(user)
    metadata = {
        "started_at": _text(started),
        "finished_at": _text(finished),
        "user_group_ids": groups,
    }
    data = {
        "id": str(event_id),
        "created_at": _text(happened),
        "updated_at": _text(updated),
        "metadata": metadata,
        "links": links,
    }
    return {"source": "panoptes", "type": "classification", "data": data, "linked": {}}


def _text(instant: datetime) -> str:
    return instant.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
