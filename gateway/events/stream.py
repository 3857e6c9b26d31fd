"""Stream events of the Zooniverse, as Panoptes and Talk publish them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from gateway.errors import InvalidEvent
from gateway.events.bounds import MOST_GROUPS, Bounds, bounds_at
from gateway.events.event import Batch, Classification, Comment, Names, Reject
from gateway.events.ids import read_id, read_id_or_none
from gateway.events.instants import (
    bounded_instant,
    check_not_future,
    parse_instant,
    read_instant,
)
from gateway.events.left_out import LeftOut
from gateway.events.metadata import read_metadata
from gateway.events.missing import not_blank
from gateway.events.names import collect_names, name_project, name_user, name_workflow
from gateway.events.quoted import quoted, written_id

#: A decoded JSON object, with any content.
_Object = Mapping[str, Any]

#: Takes half the time that a call of the class does.
_make = Classification._make


def read_payload(events: Sequence[object], now: datetime, most_groups: int = MOST_GROUPS) -> Batch:
    """Parse decoded events; a reject's position counts from 0."""
    batch = Batch()
    bounds = bounds_at(now, most_groups)
    for position, event in enumerate(events):
        add_event(batch, event, bounds, position)
    return batch


def add_event(batch: Batch, event: object, bounds: Bounds, position: int) -> None:
    """Add one decoded event to a batch, or a reject with the reason."""
    try:
        read = read_event(event, bounds, batch.left_out)
    except InvalidEvent as error:
        batch.rejects.append(Reject(position, _event_id(event), error.message))
        return
    if read is None:
        batch.ignored += 1
        return
    if isinstance(read, Classification):
        batch.classifications.append(read)
    else:
        batch.comments.append(read)
    collect_names(batch.names, read)
    # ``read`` came from it: it is an object.
    if linked := event.get("linked"):  # type: ignore[attr-defined]
        read_linked(batch.names, linked, read.as_of)


def read_event(
    event: object, bounds: Bounds, left_out: Counter[LeftOut]
) -> Classification | Comment | None:
    """Parse one decoded event; None if its type is not counted, InvalidEvent if it is invalid.

    Parts that are left out of an event that counts are counted in ``left_out``.
    """
    if not isinstance(event, dict):
        raise InvalidEvent(f"The event is {quoted(event)}: not a JSON object.")
    source, kind = event.get("source"), event.get("type")
    if source == "panoptes" and kind == "classification":
        return _classification(_object(event, "data"), bounds, left_out)
    if source == "talk" and kind == "comment":
        return _comment(_object(event, "data"), bounds)
    return None


def read_linked(names: Names, linked: object, at: int) -> None:
    """Add the names in an event's ``linked``, as of ``at`` (microseconds); skips invalid ones.

    The sender need not send them: no count depends on them.
    """
    if not isinstance(linked, dict):
        return
    for user_id, user in _entries(linked.get("users")):
        name_user(names, user_id, user.get("login"), user.get("display_name"), at)
    for project_id, project in _entries(linked.get("projects")):
        name_project(names, project_id, project.get("display_name"), at)
    for workflow_id, workflow in _entries(linked.get("workflows")):
        name_workflow(names, workflow_id, None, workflow.get("display_name"), at)


def _classification(data: _Object, bounds: Bounds, left_out: Counter[LeftOut]) -> Classification:
    event_id = read_id(data.get("id"), "id")
    event_time = _event_time(data, bounds)
    links = _object(data, "links")
    user_id = read_id_or_none(links.get("user"), "links.user")
    updated_at = _updated_at(data)
    project_id = read_id_or_none(links.get("project"), "links.project") or 0
    workflow_id = read_id(links.get("workflow"), "links.workflow")
    # Last: it counts parts that are left out, only of a valid event.
    session_ms, groups = read_metadata(data.get("metadata"), user_id, bounds.groups, left_out)
    return _make(
        (event_id, event_time, updated_at, user_id, project_id, workflow_id, session_ms, groups)
    )


def _comment(data: _Object, bounds: Bounds) -> Comment:
    event_id = read_id(data.get("id"), "id")
    event_time = _event_time(data, bounds)
    return Comment(
        event_id,
        event_time,
        _updated_at(data),
        read_id_or_none(data.get("user_id"), "user_id"),
        read_id_or_none(data.get("project_id"), "project_id") or 0,
    )


def _event_time(data: _Object, bounds: Bounds) -> int:
    created = read_instant(data.get("created_at"), "created_at")
    check_not_future(created, bounds.latest, "created_at")
    return created


def _updated_at(data: _Object) -> int | None:
    updated = data.get("updated_at")
    instant = parse_instant(updated)
    if instant is not None:
        return bounded_instant(instant, "updated_at")
    return None if not_blank(updated) is None else read_instant(updated, "updated_at")


def _object(parent: _Object, field: str) -> _Object:
    """The object under ``field``; an empty one if there is none."""
    value = parent.get(field)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise InvalidEvent(f"{field} is {quoted(value)}: not a JSON object.")
    return value


def _entries(entries: object) -> list[tuple[int, _Object]]:
    """The objects with a usable id, in a list or alone."""
    found: list[tuple[int, _Object]] = []
    for entry in entries if isinstance(entries, list) else [entries]:
        if isinstance(entry, dict):
            try:
                found.append((read_id(entry.get("id"), "id"), entry))
            except InvalidEvent:
                continue
    return found


def _event_id(event: object) -> str | None:
    data = event.get("data") if isinstance(event, dict) else None
    return written_id(data.get("id")) if isinstance(data, dict) else None
