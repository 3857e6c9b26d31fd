"""Rows in the columns of ERAS's tables, which is how a site brings its history.

A cell holds what its file says: a text from CSV; from Parquet a number, a list, or an instant
already in microseconds.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import NamedTuple

import orjson

from gateway.errors import InvalidEvent
from gateway.events.event import Batch, Classification, Comment
from gateway.events.ids import read_cell_id
from gateway.events.instants import (
    LONGEST_SESSION_MS,
    bounded_instant,
    check_not_future,
    read_instant,
    read_session_ms,
    session_ms,
)
from gateway.events.mentions import mention
from gateway.events.shown import shown


class ClassificationRow(NamedTuple):
    """The cells of ``classification_events`` that count; None where there is none."""

    classification_id: object
    event_time: object
    project_id: object
    workflow_id: object
    user_id: object
    classification_updated_at: object = None
    started_at: object = None
    finished_at: object = None
    user_group_ids: object = None
    #: Seconds, already bounded by whoever wrote the table; used where the two instants lack.
    session_time: object = None


class CommentRow(NamedTuple):
    """The cells of ``comment_events``; None where there is none."""

    comment_id: object
    event_time: object
    project_id: object
    user_id: object
    comment_updated_at: object = None


def add_classification_row(batch: Batch, row: ClassificationRow, latest: int) -> None:
    """Add a row to a batch; InvalidEvent if it cannot be counted."""
    read = read_classification_row(row, latest)
    batch.classifications.append(read)
    mention(batch.names, read)


def add_comment_row(batch: Batch, row: CommentRow, latest: int) -> None:
    """Add a row to a batch; InvalidEvent if it cannot be counted."""
    read = read_comment_row(row, latest)
    batch.comments.append(read)
    mention(batch.names, read)


def read_classification_row(row: ClassificationRow, latest: int) -> Classification:
    """Read one row; InvalidEvent if it cannot be counted.

    ``latest`` is the last ``event_time`` that is believed, in microseconds.
    """
    event_id = read_cell_id(row.classification_id, "classification_id")
    event_time = _read_instant(row.event_time, "event_time")
    check_not_future(event_time, latest, "event_time")
    updated, user, project = row.classification_updated_at, row.user_id, row.project_id
    return Classification(
        event_id,
        event_time,
        None if updated is None else _read_instant(updated, "classification_updated_at"),
        None if user is None else read_cell_id(user, "user_id"),
        0 if project is None else read_cell_id(project, "project_id"),
        read_cell_id(row.workflow_id, "workflow_id"),
        _read_session(row),
        () if user is None else read_group_cell(row.user_group_ids),
    )


def read_comment_row(row: CommentRow, latest: int) -> Comment:
    """Read one row; InvalidEvent if it cannot be counted."""
    event_id = read_cell_id(row.comment_id, "comment_id")
    event_time = _read_instant(row.event_time, "event_time")
    check_not_future(event_time, latest, "event_time")
    updated, user, project = row.comment_updated_at, row.user_id, row.project_id
    return Comment(
        event_id,
        event_time,
        None if updated is None else _read_instant(updated, "comment_updated_at"),
        None if user is None else read_cell_id(user, "user_id"),
        0 if project is None else read_cell_id(project, "project_id"),
    )


def read_group_cell(cell: object) -> tuple[int, ...]:
    """Group ids from a list, a JSON list or PostgreSQL's ``{1,2}``: ascending, each once."""
    if cell is None:
        return ()
    values = cell
    if isinstance(cell, str):
        text = f"[{cell[1:-1]}]" if cell[:1] == "{" and cell[-1:] == "}" else cell
        try:
            values = orjson.loads(text)
        except orjson.JSONDecodeError:
            values = None
    if not isinstance(values, list):
        raise InvalidEvent(f"user_group_ids is {shown(cell)}: not a list of ids.")
    return tuple(sorted({read_cell_id(value, "user_group_ids") for value in values}))


def read_seconds_ms(cell: object) -> int:
    """Milliseconds from a cell in seconds, halves up, bounded like any session; else 0."""
    try:
        seconds = Decimal(str(cell))
    except InvalidOperation:
        return 0
    if seconds.is_nan() or seconds <= 0:
        return 0
    if seconds >= LONGEST_SESSION_MS // 1000:
        return LONGEST_SESSION_MS
    return int((seconds * 1000).quantize(Decimal(1), ROUND_HALF_UP))


def _read_session(row: ClassificationRow) -> int:
    started, finished = row.started_at, row.finished_at
    if started is None or finished is None:
        return read_seconds_ms(row.session_time)
    if isinstance(started, int) and isinstance(finished, int):
        return session_ms(started, finished)
    return read_session_ms(started, finished)


def _read_instant(cell: object, field: str) -> int:
    return bounded_instant(cell, field) if isinstance(cell, int) else read_instant(cell, field)
